/** What one suite of a test file did, as uvu counts it. */
export type SuiteCount = {
  readonly passed: number;
  readonly skipped: number;
  readonly total: number;
  /** uvu swallows what a hook throws: the count is short and no error is shown. */
  readonly isHookSilent: boolean;
};

/** What the child process of one test file says about it; absent when the process ended too early to say anything. */
export type ChildReport = {
  readonly suites: readonly SuiteCount[];
  readonly warnings: readonly string[];
  /** What still kept the process alive some seconds after its last test; empty when it ended by itself. */
  readonly openHandles: readonly string[];
};

/** How the child process ended, seen from outside. */
export type ChildEnd = {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly isTimedOut: boolean;
  readonly hasLeftovers: boolean;
  readonly isOutputHeldOpen: boolean;
};

/** The judgement on one test file: it is good when `problems` is empty. */
export type Verdict = {
  readonly passed: number;
  /** At least 1 when there is any problem, so a broken file always counts. */
  readonly failed: number;
  readonly problems: readonly string[];
};

/**
 * Judges one test file.
 *
 * uvu exits with 0 in five situations that are failures (a hook throws, `.run()` is forgotten, `.only`, a skip, no
 * test at all). So nothing here trusts an exit code alone: every test that exists must have passed.
 */
export function judge(report: ChildReport | undefined, end: ChildEnd): Verdict {
  const problems = [...endProblems(report, end), ...reportProblems(report)];
  const suites = report?.suites ?? [];
  const passed = suites.reduce((sum, each) => sum + each.passed, 0);
  const missed = suites.reduce((sum, each) => sum + each.total - each.passed + each.skipped, 0);
  return { passed, failed: problems.length === 0 ? 0 : Math.max(1, missed), problems };
}

function endProblems(report: ChildReport | undefined, end: ChildEnd): string[] {
  const problems: string[] = [];
  if (end.isTimedOut) problems.push('took longer than its time limit and was killed (--timeout-ms raises the limit)');
  else if (report === undefined) problems.push(`ended before its tests did (${describeEnd(end)}): see the output`);
  else if (end.exitCode !== 0 && report.openHandles.length === 0) problems.push(`ended with ${describeEnd(end)}`);
  if (end.hasLeftovers) problems.push('left child processes behind: end them in an `after` hook');
  if (end.isOutputHeldOpen) problems.push('left a background process that holds its output open: detach its stdio');
  return problems;
}

function reportProblems(report: ChildReport | undefined): string[] {
  if (report === undefined) return [];
  const problems = report.suites.flatMap((each, index) => suiteProblems(each, `suite ${index + 1}`));
  if (report.suites.length === 0) problems.push('registers no suite: end each suite with .run()');
  problems.push(...report.warnings.map((warning) => `raised a Node warning: ${warning}`));
  if (report.openHandles.length > 0) {
    problems.push(`kept running after its last test (${report.openHandles.join(', ')}): close what it opened`);
  }
  return problems;
}

function suiteProblems(each: SuiteCount, name: string): string[] {
  const problems: string[] = [];
  if (each.total === 0) problems.push(`${name} has no test: add one, or remove the suite`);
  if (each.skipped > 0) problems.push(`${name} skips ${each.skipped}: remove .only and .skip`);
  if (each.passed < each.total) {
    const hidden = each.isHookSilent ? '; a hook threw and uvu hides its error: call its body inside a test' : '';
    problems.push(`${name} passed ${each.passed} of ${each.total}${hidden}`);
  }
  return problems;
}

function describeEnd(end: ChildEnd): string {
  return end.signal === null ? `exit code ${end.exitCode}` : `signal ${end.signal}`;
}
