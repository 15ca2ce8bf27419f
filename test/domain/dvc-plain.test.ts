import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { splitLock } from '../../src/domain/dvc-lock.ts';
import { readPlain } from '../../src/domain/dvc-plain.ts';
import { typedValue } from '../../src/domain/dvc-typed.ts';
import { parseDvcYaml } from '../../src/domain/dvc-yaml.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { goldenHistory } from '../helpers/dvc-history.ts';

const it = suite('dvc-plain');

/** What the YAML parser makes of a text; undefined if it refuses it. */
function parsed(text: string): unknown {
  try {
    const yaml = parseDvcYaml(text, 'x');
    return JSON.parse(JSON.stringify({ value: yaml.value, typed: typedValue(yaml, 'x') }));
  } catch (error) {
    if (error instanceof CmfError) return undefined;
    throw error;
  }
}

/** True if it read the text; then it must have read what the parser reads. */
function agrees(text: string): boolean {
  const plain = readPlain(text);
  if (plain === undefined) return false;
  assert.equal(JSON.parse(JSON.stringify(plain)), parsed(text), text);
  return true;
}

it('reads nearly all that DVC writes', () => {
  const locks = goldenHistory().flatMap(({ files }) => [files['dvc.lock'] ?? '', files['eval/dvc.lock'] ?? '']);
  const parts = locks.flatMap((lock) => splitLock(lock) ?? []);
  const read = parts.filter(agrees);
  assert.ok(parts.length >= 20 && read.length >= parts.length * 0.6, `${read.length} of ${parts.length}`);
});

const line = fc
  .tuple(
    fc.constantFrom(0, 0, 2, 2, 4, 4, 6, 3),
    fc.constantFrom('', '', '- ', '- - ', '-'),
    fc.constantFrom('', 'a:', 'b:', 'a: ', 'k-1.x: ', '? ', '"q": ', '1: ', '<<: ', '# '),
    fc.constantFrom(
      '',
      'x',
      'x y',
      "'1'",
      '1.50',
      '012',
      'true',
      '~',
      '.nan',
      '[]',
      '*a',
      '&a x',
      '|',
      'x: y',
      'x #c',
      "'",
      '...',
      '-1',
      '- x',
      'x:',
      '!t x',
    ),
  )
  .map(([indent, dash, key, value]) => `${' '.repeat(indent)}${dash}${key}${value}`);

const BASE = `s:
  cmd:
  - x y
  - 'z'
  deps:
  - path: a/b.csv
    hash: md5
    size: 012
  params:
    p.yaml:
      lr: 1e-08
      l:
      - 1
      deep:
        name: x
`.split('\n');

/** A plain text in which some lines were replaced, put in, moved or taken out. */
const mutants = fc
  .array(fc.tuple(fc.nat(BASE.length - 1), fc.nat(2), line, fc.nat(2)), { maxLength: 3 })
  .map((changes) => {
    const lines = [...BASE];
    for (const [at, gone, fresh, shift] of changes) {
      const old = lines[at] ?? '';
      lines.splice(at, gone, ...(shift === 0 ? [fresh] : [' '.repeat(shift) + old.trimStart()]));
    }
    return lines.join('\n');
  });

it('is never of another opinion than a YAML parser', () => {
  let read = 0;
  const law = (text: string): void => {
    if (agrees(text)) read++;
  };
  fc.assert(
    fc.property(
      fc.oneof(
        mutants,
        fc.array(line, { maxLength: 5 }).map((lines) => `${lines.join('\n')}\n`),
      ),
      law,
    ),
    {
      numRuns: 6000,
    },
  );
  assert.ok(read > 200, `it read only ${read}`);
});

it.run();
