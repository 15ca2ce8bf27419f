import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  compareDigests,
  formatDigest,
  isStrongKind,
  isWeakKind,
  isWellFormedDigest,
  parseDigest,
  sha256Hex,
  sha256OfLines,
} from '../../src/domain/digest.ts';
import { errorOf } from '../helpers/error-of.ts';

const it = suite('digest');

it('reads and writes KIND:VALUE', () => {
  for (const text of [
    `blake3:${'0'.repeat(64)}`,
    `blake3-tree:${'f'.repeat(64)}`,
    `md5-dir:${'9'.repeat(32)}`,
    `sha256:${'a'.repeat(64)}`,
    'etag:"a:b/c d"-7',
    'xxh128:whatever',
  ]) {
    assert.is(formatDigest(parseDigest(text)), text);
  }
});

it('refuses what has not the shape of its kind', () => {
  const bad = ['', 'md5', ':x', 'md5:', `md5:${'a'.repeat(31)}`, `md5:${'A'.repeat(32)}`, `md5:${'g'.repeat(32)}`];
  const worse = [
    `MD5:${'a'.repeat(32)}`,
    `blake3:${'a'.repeat(32)}`,
    'etag:',
    `etag:${'x'.repeat(257)}`,
    '-x:1',
    'a b:1',
  ];
  for (const text of [...bad, ...worse, `md5:${'a'.repeat(32)}\n`, `${'k'.repeat(33)}:1`]) {
    assert.match(
      errorOf(() => parseDigest(text)),
      /^usage: .* is not a digest: it must be KIND:VALUE/s,
    );
  }
  // A kind that happens to be a member of every object is a kind like any other.
  assert.ok(isWellFormedDigest({ kind: 'constructor', value: 'x' }));
});

it('lets only known kinds say what is the same', () => {
  assert.ok(isStrongKind('blake3') && isStrongKind('blake3-tree') && isStrongKind('sha256'));
  assert.ok(isWeakKind('md5') && isWeakKind('md5-dos2unix-dir'));
  for (const kind of ['etag', 'xxh128', 'constructor', '']) assert.not.ok(isStrongKind(kind) || isWeakKind(kind));
});

it('sorts by kind and value', () => {
  const sorted = ['blake3:1', 'etag:1', 'etag:2', 'md5:0'].map((text) => {
    const [kind = '', value = ''] = text.split(':');
    return { kind, value };
  });
  assert.equal([...sorted].reverse().sort(compareDigests), sorted);
  assert.is(compareDigests(sorted[0] as never, sorted[0] as never), 0);
});

it('hashes text as UTF-8, and lines as the text they make', () => {
  assert.is(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  assert.is(sha256Hex('é'), sha256Hex(Uint8Array.of(0xc3, 0xa9)));
  const lines = Array.from({ length: 5000 }, (_, i) => `line ${i} ${'é\u{1f600}'.repeat(i % 40)}`);
  assert.is(sha256OfLines(lines), sha256Hex(lines.map((line) => `${line}\n`).join('')));
  assert.is(sha256OfLines([]), sha256Hex(''));
});

it.run();
