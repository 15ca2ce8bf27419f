import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Pointer, type PointerOut, parsePointer } from '../../src/domain/dvc-pointer.ts';
import { CmfError } from '../../src/domain/errors.ts';

const test = suite('dvc-pointer');
const MD5 = 'd3b07384d113edec49eaa6238ad5ff00';
const BLAKE3 = 'ab'.repeat(32);

function read(text: string): Pointer {
  return parsePointer(text, 'x.dvc');
}

function readOut(fields: string): PointerOut {
  const [out] = read(`outs:\n- path: x\n${fields.replace(/^(?=.)/gm, '  ')}`).outs;
  if (out === undefined) throw new Error('no out');
  return out;
}

function damage(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof CmfError && error.code === 'damaged') return error.message;
    throw error;
  }
  throw new Error(`accepted: ${text.slice(0, 100)}`);
}

test('a file as DVC 3 writes it', () => {
  assert.equal(read(`outs:\n- md5: ${MD5}\n  size: 4\n  isexec: true\n  hash: md5\n  path: x\n`), {
    wdir: '.',
    imported: false,
    fromRepository: false,
    outs: [
      {
        path: 'x',
        digest: { kind: 'md5', value: MD5 },
        claim: undefined,
        sizeBytes: 4,
        nfiles: undefined,
        executable: true,
        cached: true,
        pushed: true,
        storage: undefined,
        members: [],
      },
    ],
  });
});

test('where its bytes belong', () => {
  assert.is(readOut('remote: Lake').storage, 'lake');
  assert.is(readOut('push: false').pushed, false);
  const url = read('deps:\n- path: https://data.example/x\nouts:\n- path: x\n');
  assert.equal([url.imported, url.fromRepository], [true, false]);
  const repository = read('deps:\n- path: x\n  repo:\n    url: https://git.example/a\nouts:\n- path: x\n');
  assert.equal([repository.imported, repository.fromRepository], [true, true]);
});

test('the kind of digest follows from hash and .dir', () => {
  assert.equal(readOut(`md5: ${MD5}.dir\nhash: md5`).digest, { kind: 'md5-dir', value: MD5 });
  assert.equal(readOut(`md5: ${MD5}`).digest, { kind: 'md5-dos2unix', value: MD5 });
  assert.equal(readOut(`md5: ${MD5}.dir`).digest, { kind: 'md5-dos2unix-dir', value: MD5 });
  assert.equal(readOut(`md5: ${MD5.toUpperCase()}\nhash: md5`).digest, { kind: 'md5', value: MD5 });
  assert.is(readOut(`md5: ${MD5}\nhash: blake3`).digest, undefined);
  assert.is(readOut('hash: md5').digest, undefined);
  assert.is(readOut("md5: ''").digest, undefined);
});

test('an unquoted hash of digits keeps its zeros', () => {
  assert.is(readOut('md5: 00351026346872286776657643321132').digest?.value, '00351026346872286776657643321132');
});

test('everything that DVC reads: no size, CR LF, several outs, wdir, flow style, anchors and merge keys', () => {
  assert.is(readOut('').sizeBytes, undefined);
  assert.equal(
    read(`wdir: ..\r\nouts:\r\n- path: a\r\n- path: 'b c'\r\n`).outs.map((out) => out.path),
    ['a', 'b c'],
  );
  assert.is(read('wdir: ..\nouts: []').wdir, '..');
  assert.is(read(`{outs: [{path: "x", md5: ${MD5}, hash: md5}]}`).outs[0]?.digest?.value, MD5);
  const merged = read(`meta: &m {size: 5}\nouts:\n- <<: *m\n  path: x\n`);
  assert.is(merged.outs[0]?.sizeBytes, 5);
  assert.equal(read('').outs, []);
  assert.equal(read('outs:\ndesc: text\n').outs, []);
  assert.equal(read('outs: null\n').outs, []);
  assert.ok(read(`md5: ${MD5}\nfrozen: true\ndeps:\n- path: s3://b/k\nouts:\n- path: k\n`).imported);
});

test('flags and versioned files', () => {
  const out = readOut(
    `cache: false\npush: false\nfiles:\n- relpath: a/b\n  md5: ${MD5}\n  size: 3\n  version_id: v1\nhash: md5`,
  );
  assert.not.ok(out.cached);
  assert.not.ok(out.pushed);
  assert.equal(out.members, [{ relpath: 'a/b', digest: { kind: 'md5', value: MD5 }, sizeBytes: 3 }]);
});

test('a claim of BLAKE3 is read, and any other meta is left alone', () => {
  assert.equal(readOut(`meta:\n  cmf:\n    blake3: ${BLAKE3}`).claim, { kind: 'blake3', value: BLAKE3 });
  assert.equal(readOut(`meta:\n  cmf:\n    tree: ${BLAKE3}`).claim, { kind: 'blake3-tree', value: BLAKE3 });
  for (const meta of [
    'meta: text',
    'meta: [a, b]',
    'meta:',
    'meta: {cmf: 5}',
    'meta: {cmf: {blake3: short}}',
    'meta: {cmf: {blake3: [x]}}',
  ]) {
    assert.is(readOut(meta).claim, undefined, meta);
  }
});

test('what is no pointer is damaged, and the message names the file', () => {
  const texts = [
    'outs: text',
    'outs: [text]',
    'outs: [{}]',
    'outs: [{path: }]',
    'outs: [{path: [a]}]',
    'outs: [{path: "a\\0b"}]',
    '- a',
    'text',
    'outs: [{path: x, md5: abc}]',
    'outs: [{path: x, size: -1}]',
    'outs: [{path: x, size: 1.5}]',
    'outs: [{path: x, size: 99999999999999999999}]',
    'outs: [{path: x, files: [{relpath: ../y}]}]',
    'outs: [{path: x, files: [{md5: x}]}]',
    'outs: [{path: x, path: y}]',
    'a: 1\n---\nb: 2',
    'a: [',
    '\t- x',
    'a: *nothing',
    '? [a, b]\n: c',
  ];
  for (const text of texts) assert.match(damage(text), /^x\.dvc /, text);
});

test('hostile sizes and shapes end in an error, not in a crash', () => {
  assert.match(damage('['.repeat(200_000)), /nested/);
  assert.match(damage('- '.repeat(100_000)), /nested/);
  assert.match(damage(`{a: `.repeat(50_000)), /nested/);
  assert.match(damage('#'.repeat(17 * 1024 * 1024)), /larger/);
  const levels = Array.from(
    { length: 12 },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]\n`,
  );
  assert.match(damage(`a0: &a0 [x, x, x, x, x, x, x, x, x]\n${levels.join('')}`), /aliases/);
});

test('a key named __proto__ changes nothing', () => {
  const pointer = read('__proto__: {outs: [{path: evil}], wdir: /}\nouts: [{path: x, __proto__: {md5: evil}}]');
  assert.is(pointer.wdir, '.');
  assert.equal(
    pointer.outs.map((out) => [out.path, out.digest]),
    [['x', undefined]],
  );
});

test.run();
