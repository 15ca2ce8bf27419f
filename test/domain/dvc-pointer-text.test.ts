import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parsePointer } from '../../src/domain/dvc-pointer.ts';
import { type PointerTarget, writePointer } from '../../src/domain/dvc-pointer-text.ts';
import { CmfError } from '../../src/domain/errors.ts';

const test = suite('dvc-pointer-text');
const OLD = '0123456789abcdef0123456789abcdef';
const MD5 = 'd3b07384d113edec49eaa6238ad5ff00';
const BLAKE3 = 'ab'.repeat(32);
const META = `  meta:\n    cmf:\n      blake3: ${BLAKE3}\n`;

function target(change: Partial<PointerTarget> = {}): PointerTarget {
  const digests = [
    { kind: 'md5', value: MD5 },
    { kind: 'blake3', value: BLAKE3 },
  ];
  return { path: 'x', digests, sizeBytes: 4, ...change };
}

function directory(): PointerTarget {
  const digests = [
    { kind: 'md5-dir', value: MD5 },
    { kind: 'blake3-tree', value: BLAKE3 },
  ];
  return { path: 'x', digests, sizeBytes: 0, nfiles: 0 };
}

function write(existing: string | undefined, change: Partial<PointerTarget> = {}): string {
  return writePointer(existing, target(change), 'x.dvc');
}

function refusal(existing: string): CmfError {
  try {
    write(existing);
  } catch (error) {
    if (error instanceof CmfError) return error;
    throw error;
  }
  throw new Error(`written over: ${existing}`);
}

test('a fresh pointer has the keys of DVC in the order of DVC', () => {
  assert.is(write(undefined), `outs:\n- md5: ${MD5}\n  size: 4\n  hash: md5\n  path: x\n${META}`);
  assert.match(write(undefined, { executable: true }), /\n {2}size: 4\n {2}isexec: true\n {2}hash: md5\n/);
  assert.is(
    writePointer(undefined, directory(), 'x.dvc'),
    `outs:\n- md5: ${MD5}.dir\n  size: 0\n  nfiles: 0\n  hash: md5\n  path: x\n${META.replace('blake3', 'tree')}`,
  );
});

test('no line of our own is longer than 80 columns, at which DVC breaks lines when it writes a pointer again', () => {
  for (const pointer of [write(undefined), writePointer(undefined, directory(), 'x.dvc')]) {
    assert.ok(pointer.split('\n').every((line) => line.length <= 80));
  }
});

test('any path is read back as it was', () => {
  const word = fc.constantFrom('~', 'null', 'true', '=', '<<', '012', '1e5', '2024-01-01');
  const path = fc.oneof(
    word,
    fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('\0')),
  );
  fc.assert(
    fc.property(path, (name) => {
      assert.is(parsePointer(write(undefined, { path: name }), 'x.dvc').outs[0]?.path, name);
    }),
  );
});

test('writing again what is there gives the same text, whatever its style', () => {
  const texts = [
    write(undefined),
    `# c\nouts:   # d\n\n  - path:   "x"\n    md5: '${MD5}'\n    size: 4\n    hash: md5\n    meta: {cmf: {blake3: ${BLAKE3}}, a: [ 1 ]}\n`,
    write(undefined).replaceAll('\n', '\r\n'),
    `outs: &o\n- {md5: ${MD5}, size: 4, hash: md5, path: x, meta: text}\n`,
  ];
  for (const text of texts) assert.is(write(text), text);
});

test('a rewrite keeps comments, the order of keys, other outs and unknown meta', () => {
  const existing = [
    '# top',
    'desc: 012',
    'outs:',
    '# before',
    '- path: other',
    `  md5: ${OLD}`,
    '- path: x # the data',
    '  desc: |',
    '    two',
    '    lines',
    '  labels: [ a, b ]',
    `  md5: ${OLD}  # old`,
    '  # the size',
    '  size: 9',
    '  hash: md5',
    '  meta:',
    "    owner: '007'",
    '    n: 1_000',
    '    empty:',
    '    cmf:',
    `      blake3: ${'cd'.repeat(32)}`,
    '      unknown: 1',
    '    list:',
    '    - a',
    'meta: { free: 1e5 }',
    '# end',
    '',
  ].join('\n');
  assert.is(
    write(existing),
    existing
      .replace(`md5: ${OLD}  # old`, `md5: ${MD5} # old`)
      .replace('size: 9', 'size: 4')
      .replace(`${'cd'.repeat(32)}\n      unknown: 1`, BLAKE3)
      .replace('# end', '\n# end'),
  );
});

test('keys that are gone go, new ones are appended, a hash that looks like a number is quoted', () => {
  const existing = `outs:\n- md5: ${OLD}.dir\n  size: 9\n  nfiles: 3\n  path: x\n  etag: abc\n`;
  const digits = '00351026346872286776657643321132';
  const digests = [
    { kind: 'md5', value: digits },
    { kind: 'blake3', value: BLAKE3 },
  ];
  assert.is(
    write(existing, { executable: true, digests }),
    `outs:\n- md5: '${digits}'\n  size: 4\n  path: x\n  isexec: true\n  hash: md5\n${META}`,
  );
  assert.is(
    write(`outs:\n- isexec: true\n  md5: ${OLD}\n  size: 4\n  hash: md5\n  path: x\n`),
    `outs:\n- md5: ${MD5}\n  size: 4\n  hash: md5\n  path: x\n${META}`,
  );
});

test('styles stay: flow, indented lists, CR LF read as LF', () => {
  assert.is(
    write(`outs: [{md5: ${OLD}, size: 4, hash: md5, path: x, meta: text}]\n`),
    `outs: [{md5: ${MD5}, size: 4, hash: md5, path: x, meta: text}]\n`,
  );
  const indented = `outs:\n  - md5: ${OLD}\n    size: 4\n    hash: md5\n    path: x\n    meta: [a]\n`;
  assert.is(write(indented.replace('[a]', 'text')), indented.replace('[a]', 'text').replace(OLD, MD5));
  const long = `outs:\n- md5: ${OLD}\n  size: 4\n  hash: md5\n  path: x\n  meta: ${'word '.repeat(40)}end\n`;
  assert.is(write(long.replaceAll('\n', '\r\n')), long.replace(OLD, MD5));
});

test('the path is found through wdir', () => {
  const existing = `wdir: sub/..\nouts:\n- md5: ${OLD}\n  size: 4\n  hash: md5\n  path: ./x\n  meta: text\n`;
  assert.is(write(existing), existing.replace(OLD, MD5));
});

test('an empty file and one of comments are filled', () => {
  assert.is(write(''), write(undefined));
  assert.is(write('# mine'), `# mine\n${write(undefined)}`);
});

test('what is not ours to rewrite is refused with a reason', () => {
  assert.match(refusal('deps:\n- path: s3://b/x\nouts:\n- path: x\n').message, /imported/);
  assert.match(refusal('outs:\n- path: y\n').message, /no out for x/);
  assert.match(refusal(`desc: &d text\nouts:\n- path: x\n`).message, /anchors/);
  assert.is(refusal('outs: [').code, 'damaged');
});

test.run();
