import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { typedValue, typedWord } from '../../src/domain/dvc-typed.ts';
import { parseDvcYaml } from '../../src/domain/dvc-yaml.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { isStoredValue } from '../../src/domain/value.ts';

const it = suite('dvc-typed');

function read(text: string): unknown {
  return typedValue(parseDvcYaml(text, 'x.yaml'), 'x.yaml');
}

function num(text: string): unknown {
  return { $num: text };
}

for (const [word, value] of [
  ['0.1', 0.1],
  ['0.10', num('0.10')],
  ['1e-08', num('1e-08')],
  ['1E5', num('1E5')],
  ['-.5', -0.5],
  ['5.', num('5.0')],
  ['+5', 5],
  ['012', 12],
  ['-0', 0],
  ['1_000', 1000],
  ['0x1F', 31],
  ['0o17', 15],
  ['0b101', 5],
  ['9223372036854775808', num('9223372036854775808')],
  ['.nan', num('NaN')],
  ['-.INF', num('-Infinity')],
  ['true', true],
  ['False', false],
  ['~', null],
  ['', null],
  ['Null', null],
  ['yes', 'yes'],
  ['12:30', '12:30'],
  ['2024-01-01', '2024-01-01'],
  ['1.2.3', '1.2.3'],
  ['e5', 'e5'],
  ['+', '+'],
  ['.', '.'],
] as const) {
  it(`takes ${word || 'nothing'} for what DVC takes it for`, () => {
    assert.equal(typedWord(word, 'x'), value);
    assert.ok(isStoredValue(typedWord(word, 'x')));
  });
}

it('keeps quoted words text, follows aliases and merges', () => {
  const text = 'a: "1"\nb: &x [1, \'2\']\nc: *x\nd: {<<: {p: 1, q: 2}, q: 3}\n$e: {$num: 1}\nf: |\n  10\n';
  assert.equal(read(text), {
    a: '1',
    b: [1, '2'],
    c: [1, '2'],
    d: { q: 3, p: 1 },
    $$e: { $$num: 1 },
    f: '10\n',
  });
});

for (const [what, text] of [
  ['aliases that stand for billions', bomb()],
  ['an alias of itself', 'a: &a [*a]\n'],
  ['a number without end', `a: ${'9'.repeat(5000)}\n`],
  ['half a surrogate pair', 'a: "\\ud800"\n'],
] as const) {
  it(`refuses ${what}`, () => {
    try {
      read(text);
    } catch (error) {
      assert.ok(error instanceof CmfError && error.code === 'damaged', String(error));
      return;
    }
    assert.unreachable(`${what} was read`);
  });
}

function bomb(): string {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++)
    lines.push(`a${i}: &a${i} [${Array.from({ length: 10 }, () => `*a${i - 1}`).join(', ')}]`);
  return `${lines.join('\n')}\n`;
}

it.run();
