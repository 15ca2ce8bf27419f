/**
 * Runs the suites of one test file in this process and writes a ChildReport.
 *
 * Usage: node --import tsx child.ts TEST-FILE REPORT-FILE
 *
 * uvu keeps its queue in globals; with UVU_DEFER set it only queues, and this file calls each queued suite itself. So
 * the true counts are known, which uvu's own `exec` throws away.
 */
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { ChildReport, SuiteCount } from './verdict.ts';

/** A queued suite, see `runner` in uvu 0.5.6: [errors or true, passed, skipped, total]. */
type QueuedSuite = () => Promise<readonly [string | true, number, number, number]>;

const OPEN_HANDLE_GRACE_MS = 3000;

const [testFile = '', reportFile = ''] = process.argv.slice(2);
const warnings: string[] = [];
let openHandles: readonly string[] = [];
process.on('warning', (warning) => warnings.push(`${warning.name}: ${warning.message}`));

const queue: [null, ...QueuedSuite[]] = [null];
Object.assign(globalThis, { UVU_DEFER: 1, UVU_INDEX: 0, UVU_QUEUE: [queue] });

await import(pathToFileURL(testFile).href);
const suites: SuiteCount[] = [];
for (const run of queue.slice(1) as QueuedSuite[]) suites.push(await countSuite(run));

// Written at the very end, so that late warnings count; a file that dies before this line leaves no report.
process.on('exit', () => {
  const report: ChildReport = { suites, warnings, openHandles };
  writeFileSync(reportFile, JSON.stringify(report));
});

// A server, timer or child that nobody closed would keep the process alive until the time limit: say what it is.
setTimeout(() => {
  openHandles = process.getActiveResourcesInfo();
  process.exit(1);
}, OPEN_HANDLE_GRACE_MS).unref();

async function countSuite(run: QueuedSuite): Promise<SuiteCount> {
  const [errors, passed, skipped, total] = await run();
  if (errors !== true) process.stdout.write(`\n${errors}\n`);
  return { passed, skipped, total, isHookSilent: errors === true && passed < total };
}
