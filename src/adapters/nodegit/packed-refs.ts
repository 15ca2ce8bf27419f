import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { failed } from './cannot.ts';

const WAIT_MS = 20;
const WAIT_LIMIT_MS = 5_000;

/**
 * Takes names out of `packed-refs` under git's lock on it. libgit2 0.28 would rewrite the file from what it read before it
 * took that lock, and lose what a `git pack-refs` wrote in between.
 *
 * @param commonDir where the file lies
 */
export async function removePackedRefs(commonDir: string, names: ReadonlySet<string>): Promise<void> {
  const path = join(commonDir, 'packed-refs');
  if (!existsSync(path) || !linesOf(path).some((line) => names.has(nameIn(line)))) return;
  const lock = `${path}.lock`;
  const file = await takeLock(lock);
  try {
    let isDropped = false;
    const kept = linesOf(path).filter((line) => {
      // A line `^<id>` says what the tag above it points at.
      if (!line.startsWith('^')) isDropped = names.has(nameIn(line));
      return !isDropped;
    });
    writeSync(file, kept.map((line) => `${line}\n`).join(''), null, 'latin1');
    fsyncSync(file);
    renameSync(lock, path);
  } catch (error) {
    rmSync(lock, { force: true });
    throw failed('rewrite packed-refs', error);
  } finally {
    closeSync(file);
  }
}

function linesOf(path: string): string[] {
  const lines = readFileSync(path, 'latin1').split('\n');
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** The name in a line, its bytes as UTF-8; lines that are no ref have none. */
function nameIn(line: string): string {
  return /^[0-9a-f]{40} /.test(line) ? Buffer.from(line.slice(41), 'latin1').toString() : '';
}

async function takeLock(lock: string): Promise<number> {
  for (const until = Date.now() + WAIT_LIMIT_MS; ; await wait(WAIT_MS)) {
    try {
      return openSync(lock, 'wx', 0o666);
    } catch (error) {
      const isTaken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!isTaken || Date.now() > until) throw failed(`lock packed-refs (${lock})`, error);
    }
  }
}
