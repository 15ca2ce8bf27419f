import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findTestFiles } from './helpers/runner/find-test-files.ts';
import { runFile } from './helpers/runner/run-file.ts';
import { type ChildEnd, judge } from './helpers/runner/verdict.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FIXTURES = join(ROOT, 'test/fixtures/runner');

/** Each trap, and the words with which the runner must name it. */
const TRAPS: readonly (readonly [string, RegExp])[] = [
  ['fails', /passed 1 of 2/],
  ['before-throws', /passed 0 of 1; a hook threw/],
  ['after-throws', /ended before its tests did/],
  ['after-each-hides-failure', /passed 0 of 1; a hook threw/],
  ['only', /skips 1/],
  ['skip', /skips 1/],
  ['no-run', /registers no suite/],
  ['no-test', /has no test/],
  ['unhandled-rejection', /exit code 1/],
  ['warning', /Node warning: DeprecationWarning: this is old/],
  ['exits-early', /ended before its tests did \(exit code 0\)/],
  ['open-handle', /kept running after its last test/],
  ['leftover-child', /left child processes behind/],
  ['held-output', /holds its output open/],
];

const CLEAN_END: ChildEnd = {
  exitCode: 0,
  signal: null,
  isTimedOut: false,
  hasLeftovers: false,
  isOutputHeldOpen: false,
};

const it = suite('test runner');

for (const [name, expected] of TRAPS) {
  it(`reports ${name}`, async () => {
    const { verdict } = await runFile(join(FIXTURES, `${name}.ts`), 60_000);
    assert.match(verdict.problems.join('\n'), expected);
    assert.is(verdict.problems.length, 1);
    assert.ok(verdict.failed > 0);
  });
}

it('kills what runs too long', async () => {
  const { verdict } = await runFile(join(FIXTURES, 'hangs.ts'), 1500);
  assert.match(verdict.problems.join('\n'), /longer than its time limit/);
});

it('finds nothing wrong with a good file', async () => {
  const { verdict } = await runFile(join(FIXTURES, 'passes.ts'), 60_000);
  assert.equal(verdict, { passed: 2, failed: 0, problems: [] });
});

it('counts a broken file as at least one failure', () => {
  const { failed } = judge({ suites: [], warnings: [], openHandles: [] }, CLEAN_END);
  assert.is(failed, 1);
});

it('exits with 1 and ends with the tally when a test fails', () => {
  const { status, stdout } = runRunner('test/fixtures/runner/fails.ts', 'test/fixtures/runner/passes.ts');
  assert.is(status, 1);
  assert.match(stdout, /\n3 passed, 1 failed\n$/);
});

it('exits with 0 and ends with the tally when all pass', () => {
  const { status, stdout } = runRunner('test/fixtures/runner/passes.ts');
  assert.is(status, 0);
  assert.match(stdout, /\n2 passed, 0 failed\n$/);
});

it('fails when a pattern selects nothing', () => {
  const { status, stdout } = runRunner('no-such-thing');
  assert.is(status, 1);
  assert.match(stdout, /no test file matches "no-such-thing"/);
});

it('selects by part of a path and never a fixture', () => {
  assert.equal(findTestFiles(ROOT, ['test/run.test']), ['test/run.test.ts']);
  assert.not.ok(findTestFiles(ROOT, []).some((file) => file.includes('fixtures')));
});

function runRunner(...words: readonly string[]): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'test/run.ts', ...words], { cwd: ROOT, encoding: 'utf8' });
}

it.run();
