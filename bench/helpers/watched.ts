/** Runs one command to its end: time, processor time and peak memory of it and all that it starts. */
import { execFile, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a command took. Memory is the sum over all its processes, so what they share counts more than once. */
export type Watched = {
  readonly ms: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
  readonly output: string;
};

const LOOK_EVERY_MS = 200;
const list = promisify(execFile);

/**
 * Watches a command. Its processor time is that of all processes that were waited for.
 * @throws Error when it ends with another status than 0
 */
export async function watched(cwd: string, words: readonly string[], input = ''): Promise<Watched> {
  const startedAt = performance.now();
  // The shell tells what its children took; a shell is on every machine, GNU time is not.
  const child = spawn('sh', ['-c', '"$@"; status=$?; times >&2; exit $status', 'sh', ...words], { cwd, stdio: 'pipe' });
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    texts.stdout = (texts.stdout + chunk.toString()).slice(-2000);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    texts.stderr = (texts.stderr + chunk.toString()).slice(-2000);
  });
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const memory = { peakBytes: 0, isOver: false };
  const looking = look(child.pid ?? 0, memory);
  const code = await ended;
  const ms = performance.now() - startedAt;
  memory.isOver = true;
  await looking;
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${texts.stderr}`);
  return { ms, cpuMs: childrenCpuMs(texts.stderr), peakBytes: memory.peakBytes, output: texts.stdout };
}

async function look(pid: number, memory: { peakBytes: number; isOver: boolean }): Promise<void> {
  while (!memory.isOver) {
    const { stdout } = await list('ps', ['-axo', 'pid=,ppid=,rss=']);
    memory.peakBytes = Math.max(memory.peakBytes, residentBytes(stdout, pid));
    await sleep(LOOK_EVERY_MS);
  }
}

/** Parents have been listed before their children nearly always; a process that was missed is seen at the next look. */
function residentBytes(listed: string, root: number): number {
  const family = new Set([root]);
  let sum = 0;
  for (const line of listed.trim().split('\n')) {
    const [pid = 0, parent = 0, kibibytes = 0] = line.trim().split(/\s+/).map(Number);
    if (pid !== root && !family.has(parent)) continue;
    family.add(pid);
    sum += kibibytes * 1024;
  }
  return sum;
}

/** The last line that `times` prints: user and system time of the children, as in `1m2.345s 0m0.678s`. */
function childrenCpuMs(stderr: string): number {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return last
    .split(' ')
    .map((word) => /^(\d+)m([\d.]+)s$/.exec(word))
    .reduce((sum, match) => sum + Number(match?.[1] ?? 0) * 60_000 + Number(match?.[2] ?? 0) * 1000, 0);
}
