/**
 * Short locks between the processes of one clone. A lock is an optimisation here, never a condition: it names its holder,
 * and is broken when that process is surely dead. Of one in another container or on another machine nobody can tell, so a
 * holder adds a line feed to its lock every few seconds, and a lock to which nothing was added for long is broken too.
 */
import { CmfError } from '../domain/errors.ts';
import type { Disk } from '../ports/disk.ts';
import type { ProcessIdentity } from '../ports/effects.ts';
import { type Context, stateDirectory } from './clone.ts';
import { fileSystemNowMs } from './file-age.ts';

/** How often a holder shows that it lives. */
const BEAT_MS = 5_000;
/**
 * After so long without a sign a holder is taken for dead of which nobody can tell. One that only was busy, or suspended,
 * loses nothing: what the lock guards is safe without it.
 */
const SILENT_MAX_MS = 6 * BEAT_MS;
const POLL_MS = 20;
/** After waiting so long a person is told. */
const SILENCE_MS = 2000;
const NONCE_BYTES = 8;

/**
 * Runs the work while holding a lock.
 * @returns undefined when somebody else holds it and `wait` is false
 */
export async function withLock<Result>(
  context: Context,
  name: string,
  wait: boolean,
  work: () => Promise<Result>,
): Promise<Result | undefined> {
  const { disk, effects } = context;
  const folder = `${stateDirectory(context)}/lock`;
  const path = `${folder}/${name}`;
  // A copy or a backup may have left out what was empty.
  if (disk.stat(folder) === undefined) disk.makeDirectory(folder);
  const nonce = Buffer.from(effects.randomBytes(NONCE_BYTES)).toString('hex');
  const text = JSON.stringify({ ...effects.process(), nonce });
  if (!take(context, path, text)) {
    if (!wait) return undefined;
    await waitFor(context, path, text);
  }
  const stop = effects.every(BEAT_MS, () => beat(disk, path, text));
  try {
    return await work();
  } finally {
    stop();
    // Somebody who took us for dead may hold it now.
    if (isHeld(disk, path, text)) disk.remove(path);
  }
}

/** Appended, so that the time is the file system's own, and a lock that somebody else took meanwhile stays whole. */
function beat(disk: Disk, path: string, text: string): void {
  try {
    if (!isHeld(disk, path, text)) return;
    const file = disk.openAppend(path, { create: false });
    file.append(Buffer.from('\n'));
    file.close();
  } catch (error) {
    // Broken in this moment, or the disk refuses: then it is as if this process were gone.
    if (!(error instanceof CmfError)) throw error;
  }
}

function isHeld(disk: Disk, path: string, text: string): boolean {
  return textOf(disk, path)?.trimEnd() === text;
}

async function waitFor(context: Context, path: string, text: string): Promise<void> {
  const { effects, reporter } = context;
  const startMs = effects.nowMs();
  let isTold = false;
  do {
    await effects.sleep(POLL_MS);
    if (!isTold && effects.nowMs() - startMs > SILENCE_MS) {
      reporter.note('waiting for another git cmf in this clone…');
      isTold = true;
    }
  } while (!take(context, path, text));
}

function take({ disk, effects }: Context, path: string, text: string): boolean {
  if (disk.createExclusive(path, text, { durable: false })) return true;
  const held = textOf(disk, path);
  if (held === undefined) return false;
  const holder = lockHolder(held);
  const liveness = holder === undefined ? 'dead' : effects.liveness(holder);
  if (liveness === 'alive' || (liveness === 'unknown' && !isSilent(disk, path))) return false;
  // Two may break it at once; then both work, which compare-and-swap makes harmless.
  disk.remove(path);
  return disk.createExclusive(path, text, { durable: false });
}

function isSilent(disk: Disk, path: string): boolean {
  const nowMs = fileSystemNowMs(disk, `${path}.now`);
  const lock = disk.stat(path);
  return nowMs !== undefined && lock !== undefined && nowMs - lock.modifiedMs > SILENT_MAX_MS;
}

/** The process that the text of a lock names; undefined when it is not a lock of this kind. */
export function lockHolder(text: string): ProcessIdentity | undefined {
  try {
    const json = JSON.parse(text) as Partial<ProcessIdentity> | null;
    return typeof json?.bootId === 'string' && typeof json.pid === 'number' ? (json as ProcessIdentity) : undefined;
  } catch {
    return undefined;
  }
}

function textOf(disk: Disk, path: string): string | undefined {
  const bytes = disk.read(path);
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8');
}
