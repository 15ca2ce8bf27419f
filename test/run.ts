/**
 * The test runner: each test file in its own process, two at a time, one line per file, and one tally line at the end.
 *
 * Usage: node --import tsx test/run.ts [--timeout-ms N] [--jobs N] [FILE | FOLDER | PART-OF-A-PATH]…
 */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findTestFiles, NoTestFile } from './helpers/runner/find-test-files.ts';
import { type FileResult, killRunning, runFile } from './helpers/runner/run-file.ts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'timeout-ms': { type: 'string', default: '600000' }, jobs: { type: 'string', default: '2' } },
  });
  process.chdir(ROOT);
  const waiting = [...findTestFiles(ROOT, positionals)];
  const results: FileResult[] = [];
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile(file, Number(values['timeout-ms']));
      results.push(result);
      process.stdout.write(renderResult(result));
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  finish(results);
}

function renderResult({ file, durationMs, output, verdict }: FileResult): string {
  const isGood = verdict.problems.length === 0;
  const tests = `${verdict.passed} test${verdict.passed === 1 ? '' : 's'}`.padStart(9);
  const line = `${isGood ? 'ok  ' : 'FAIL'} ${(durationMs / 1000).toFixed(2).padStart(6)} s ${tests}  ${file}\n`;
  if (isGood) return line;
  const problems = verdict.problems.map((problem) => `     ${problem}\n`).join('');
  return `${line}${problems}${output.trimEnd().replace(/^/gm, '     | ')}\n`;
}

function finish(results: readonly FileResult[]): void {
  const bad = results.filter((result) => result.verdict.failed > 0);
  const passed = results.reduce((sum, result) => sum + result.verdict.passed, 0);
  const failed = bad.reduce((sum, result) => sum + result.verdict.failed, 0);
  if (results.length > 1 && bad.length > 0) {
    process.stdout.write(`\nfailed files:\n${bad.map((result) => `  ${result.file}\n`).join('')}`);
  }
  process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    killRunning();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  });
}

try {
  await main();
} catch (error) {
  if (!(error instanceof NoTestFile)) throw error;
  process.stdout.write(`${error.message}\n\n0 passed, 1 failed\n`);
  process.exitCode = 1;
}
