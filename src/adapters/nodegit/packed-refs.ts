import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { failed } from './cannot.ts';

const WAIT_MS = 20;
const WAIT_LIMIT_MS = 5_000;

/**
 * Deletes refs, whose own locks the caller holds, packed ones first, all under git's lock on `packed-refs`: a `git pack-refs`
 * must not pack a loose one again in between. libgit2 0.28 would rewrite the file from what it read before it took that lock,
 * and lose what was packed since.
 *
 * @param commonDir where refs and the file lie
 */
export async function deleteRefs(commonDir: string, names: ReadonlySet<string>): Promise<void> {
  if (names.size === 0) return;
  const path = join(commonDir, 'packed-refs');
  const lock = `${path}.lock`;
  closeSync(await takeLock(lock));
  try {
    if (existsSync(path)) rewriteWithout(path, names);
    for (const name of names) rmSync(join(commonDir, name), { force: true });
  } catch (error) {
    throw failed('delete refs', error);
  } finally {
    rmSync(lock, { force: true });
  }
}

/** As git does it: beside the lock, so that the lock is held on. */
function rewriteWithout(path: string, names: ReadonlySet<string>): void {
  const lines = linesOf(path);
  if (!lines.some((line) => names.has(nameIn(line)))) return;
  let isDropped = false;
  const kept = lines.filter((line) => {
    // A line `^<id>` says what the tag above it points at.
    if (!line.startsWith('^')) isDropped = names.has(nameIn(line));
    return !isDropped;
  });
  const file = openSync(`${path}.new`, 'w', 0o666);
  try {
    writeSync(file, kept.map((line) => `${line}\n`).join(''), null, 'latin1');
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
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
