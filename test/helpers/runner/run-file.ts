import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ChildEnd, type ChildReport, judge, type Verdict } from './verdict.ts';

/** One test file after its run. */
export type FileResult = {
  readonly file: string;
  readonly durationMs: number;
  readonly output: string;
  readonly verdict: Verdict;
};

const CHILD_PATH = fileURLToPath(new URL('child.ts', import.meta.url));
const LEFTOVER_GRACE_MS = 1000;
const running = new Set<ChildProcess>();

/**
 * Runs one test file in its own process group, with no stdin, an empty home and no GIT_* or CMF_* of the caller.
 *
 * Whatever the file does (exits, hangs, leaves processes behind) ends in a FileResult; this never rejects for it.
 */
export async function runFile(file: string, timeoutMs: number): Promise<FileResult> {
  const startedAt = performance.now();
  const home = mkdtempSync(join(tmpdir(), 'cmf-test-home-'));
  const reportPath = join(home, 'report.json');
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD_PATH, file, reportPath], {
    // A group of its own: what is still in it afterwards is a leftover, and a time-out ends all of it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: cleanEnvironment(home),
  });
  running.add(child);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const end = await waitForEnd(child, timeoutMs);
  running.delete(child);
  const report = existsSync(reportPath) ? (JSON.parse(readFileSync(reportPath, 'utf8')) as ChildReport) : undefined;
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  return {
    file,
    durationMs: performance.now() - startedAt,
    output: Buffer.concat(chunks).toString(),
    verdict: judge(report, end),
  };
}

/** Ends every test process that still runs; for a runner that is interrupted. */
export function killRunning(): void {
  for (const child of running) killGroup(child);
}

async function waitForEnd(child: ChildProcess, timeoutMs: number): Promise<ChildEnd> {
  const closed = once(child, 'close').then(() => true);
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    killGroup(child);
  }, timeoutMs);
  const [exitCode, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  const hasLeftovers = !isTimedOut && !(await isGroupGone(child));
  if (hasLeftovers) killGroup(child);
  const isOutputHeldOpen = !(await Promise.race([closed, sleep(LEFTOVER_GRACE_MS, false)]));
  if (isOutputHeldOpen) {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
  return { exitCode, signal, isTimedOut, hasLeftovers, isOutputHeldOpen };
}

/** Waits a little: helpers that end because their stdin closed need some milliseconds. */
async function isGroupGone(child: ChildProcess): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < LEFTOVER_GRACE_MS; waitedMs += 100) {
    if (!signalGroup(child, 0) || !hasLivingMember(child)) return true;
    await sleep(100);
  }
  return false;
}

/** A zombie still answers a signal; in a container, process 1 may take seconds to reap it. */
function hasLivingMember(child: ChildProcess): boolean {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' });
  return (stdout ?? '').split('\n').some((line) => {
    const [group, state = ''] = line.trim().split(/\s+/);
    return group === String(child.pid) && !state.startsWith('Z');
  });
}

function killGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGKILL');
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  try {
    return process.kill(-child.pid, signal);
  } catch {
    // ESRCH: nobody is left in the group.
    return false;
  }
}

function cleanEnvironment(home: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !/^(GIT_|CMF_(?!LAW_RUNS$)|XDG_|NODE_OPTIONS$|FORCE_COLOR$)/.test(name),
  );
  return { ...Object.fromEntries(kept), HOME: home, GIT_CONFIG_NOSYSTEM: '1', NO_COLOR: '1' };
}
