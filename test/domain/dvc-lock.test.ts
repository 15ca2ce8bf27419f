import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type LockStage, openLockReader, parseLock, splitLock } from '../../src/domain/dvc-lock.ts';
import { quoteScalar } from '../../src/domain/dvc-quoting.ts';
import { CmfError } from '../../src/domain/errors.ts';

const it = suite('dvc-lock');
const MD5 = 'd3b07384d113edec49eaa6238ad5ff00';
const HEAD = "schema: '2.0'\nstages:\n";

const LOCK = `${HEAD}  train:
    cmd:
    - python train.py
    - "printf '{\\"auc\\": 1}'
      > metrics.json"
    deps:
    - path: data
      hash: md5
      md5: ${MD5}.dir
      size: 12
      nfiles: 2
    - path: old.csv
      md5: ${MD5}
      size: 3
    params:
      params.yaml:
        lr: 0.10
        train.layers:
        - 16
        - 8
    outs:
    - path: model.bin
      hash: md5
      md5: ${MD5}
      size: 6
  score@fr:
    cmd: sh score.sh fr
`;

it('reads what DVC writes, folded lines too', () => {
  const [train, score] = openLockReader().read(LOCK, 'dvc.lock');
  assert.equal(train?.commands, ['python train.py', `printf '{"auc": 1}' > metrics.json`]);
  assert.equal(
    train?.deps.map(({ path, digest, sizeBytes, files }) => [path, digest?.kind, sizeBytes, files]),
    [
      ['data', 'md5-dir', 12, 2],
      ['old.csv', 'md5-dos2unix', 3, undefined],
    ],
  );
  const params = train?.params.get('params.yaml');
  assert.equal(
    [...(params ?? [])],
    [
      ['lr', { $num: '0.10' }],
      ['train.layers', [16, 8]],
    ],
  );
  assert.equal([score?.name, score?.commands, score?.outs], ['score@fr', ['sh score.sh fr'], []]);
});

it('parses the same text of a stage once', () => {
  const reader = openLockReader();
  const [first] = reader.read(LOCK, 'dvc.lock');
  const [second] = reader.read(LOCK.replace('score.sh fr', 'score.sh de'), 'dvc.lock');
  assert.is(first, second);
});

it('reads a lock of before DVC 2, which has no schema', () => {
  const [stage] = parseLock(`train:\n  cmd: x\n  outs:\n  - path: m\n    md5: ${MD5}\n`, 'dvc.lock');
  assert.equal([stage?.name, stage?.outs[0]?.digest?.kind], ['train', 'md5-dos2unix']);
});

it('names a folder on a versioned remote by the hash of its list', () => {
  const files = `files: [{relpath: b, md5: ${MD5}}, {relpath: a, md5: ${MD5}}]`;
  const [stage] = parseLock(`${HEAD}  s: {cmd: x, outs: [{path: d, ${files}}]}\n`, 'dvc.lock');
  assert.is(stage?.outs[0]?.digest?.kind, 'md5-dir');
});

it('goes by what a lock says, not by how it is written', () => {
  const plain = parseLock(`${HEAD}  s:\n    cmd: x\n    outs:\n    - path: a\n      md5: ${MD5}\n`, 'l');
  const flow = parseLock(`schema: "2.0"\nstages: {s: {outs: [{md5: ${MD5}, path: a}], cmd: x}}\n`, 'l');
  assert.is(plain[0]?.content, flow[0]?.content);
});

for (const [what, text] of [
  ['another schema', "schema: '3.0'\nstages: {}\n"],
  ['a stage without a command', `${HEAD}  a:\n    deps: []\n`],
  ['a stage that is there twice', `${HEAD}  a:\n    cmd: x\n  a:\n    cmd: y\n`],
  ['a key that is there twice', `${HEAD}  a:\n    cmd: x\n    cmd: y\n`],
  ['a hash that is none', `${HEAD}  a:\n    cmd: x\n    outs:\n    - path: p\n      hash: md5\n      md5: xyz\n`],
  ['a size beyond counting', `${HEAD}  a:\n    cmd: x\n    outs:\n    - path: p\n      size: ${'9'.repeat(40)}\n`],
  ['a size that is no number', `${HEAD}  a:\n    cmd: x\n    outs:\n    - path: p\n      size: .nan\n`],
  ['an entry without a path', `${HEAD}  a:\n    cmd: x\n    outs:\n    - md5: ${MD5}\n`],
  ['an alias of nothing', `${HEAD}  a:\n    cmd: *x\n`],
  ['a text without an end', `${HEAD}  a:\n    cmd: "x\n`],
] as const) {
  it(`refuses ${what}`, () => {
    try {
      openLockReader().read(text, 'dir/dvc.lock');
    } catch (error) {
      assert.ok(error instanceof CmfError, String(error));
      assert.match(error.message, 'dir/dvc.lock');
      return;
    }
    assert.unreachable(`${what} was read`);
  });
}

it('reads an anchor that another stage refers to', () => {
  const text = `${HEAD}  a:\n    cmd: &c x\n  b:\n    cmd: *c\n`;
  assert.equal(
    openLockReader()
      .read(text, 'l')
      .map(({ commands }) => commands),
    [['x'], ['x']],
  );
});

/** Locks as DVC lays them out, with any words in them, and some as a hand or a merge may leave them. */
const word = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.constantFrom('a', '012', 'true', '- x', 'a: b', '  two', '#', '&a', '*a', "it's", 'x\n  y:\n', '...', '---'),
);
const entryText = fc.tuple(word, fc.boolean()).map(([path, isNew]) => {
  const hash = isNew ? '      hash: md5\n' : '';
  return `    - path: ${quoteScalar(`p${path}`)}\n${hash}      md5: ${MD5}\n      size: 3\n`;
});
const stageText = fc
  .tuple(fc.stringMatching(/^[\w@.-]{1,6}$/), word, fc.array(entryText, { maxLength: 2 }), word)
  .map(([name, cmd, outs, param]) => {
    const params = `    params:\n      params.yaml:\n        ${quoteScalar(`k${param}`)}: ${quoteScalar(param)}\n`;
    return `  ${name}:\n    cmd: ${quoteScalar(`c${cmd}`)}\n${params}${outs.length === 0 ? '' : `    outs:\n${outs.join('')}`}`;
  });
const lockText = fc
  .tuple(fc.array(stageText, { maxLength: 4 }), fc.constantFrom('', '\n', 'datasets: []\n', '# end\n', '    odd: 1\n'))
  .map(([stages, end]) => HEAD + stages.join('') + end);

function outcome(read: () => readonly LockStage[]): unknown {
  try {
    // The order of stages says nothing, and JavaScript has one of its own for names that are numbers.
    return read()
      .map(({ content, name }) => `${name} ${content}`)
      .sort();
  } catch (error) {
    if (error instanceof CmfError) return 'refused';
    throw error;
  }
}

it('reads stage by stage what it reads as a whole', () => {
  let cut = 0;
  const law = (text: string): void => {
    if (splitLock(text) !== undefined) cut++;
    const whole = outcome(() => parseLock(text, 'l'));
    assert.equal(
      outcome(() => openLockReader().read(text, 'l')),
      whole,
    );
  };
  fc.assert(fc.property(lockText, law), { numRuns: 400 });
  assert.ok(cut > 100, `only ${cut} were cut`);
});

it.run();
