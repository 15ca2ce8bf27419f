import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gitignoreLine } from '../../src/domain/dvc-ignore-line.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';

const test = suite('dvc-ignore-line');

test('the line is what DVC writes', () => {
  assert.is(gitignoreLine('data.csv'), '/data.csv');
  assert.is(gitignoreLine('a b[1]!*#?'), '/a b\\[1\\]\\!\\*\\#\\?');
});

test('what is no name of one file is refused', () => {
  for (const name of ['', '.', '..', 'a/b']) assert.throws(() => gitignoreLine(name));
});

test('git ignores every name with its line, and not a longer name', async () => {
  const repository = await makeRepository();
  const unit = fc.constantFrom(
    'a',
    ' ',
    '\\',
    '[',
    ']',
    '!',
    '*',
    '#',
    '?',
    '\n',
    '\r',
    '\t',
    '"',
    'é',
    '\u{1f600}',
    '.',
    '-',
    '~',
  );
  const names = fc
    .sample(fc.string({ unit, minLength: 1, maxLength: 8 }), { numRuns: 200, seed: 7 })
    .filter((name) => !/^\.\.?$/.test(name));
  const asked = [...new Set(['x ', 'x  ', '\\', 'x\r', '#', '!x', '[ab]', '*', ' ', ...names])];
  writeFileSync(join(repository, '.gitignore'), asked.map((name) => `${gitignoreLine(name)}\n`).join(''));
  const { stdout } = await git(['check-ignore', '--no-index', '-z', '--stdin'], {
    cwd: repository,
    input: asked.map((name) => `./${name}\0`).join(''),
  });
  assert.equal(
    stdout.split('\0').slice(0, -1),
    asked.map((name) => `./${name}`),
  );
  const longer = await git(['check-ignore', '--no-index', '-z', '--stdin'], {
    cwd: repository,
    input: asked.map((name) => `./${name}${'z'.repeat(9)}\0`).join(''),
    expectExit: 1,
  });
  assert.is(longer.stdout, '');
});

test.run();
