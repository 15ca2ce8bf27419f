/**
 * Short locks between the processes of one clone. A lock is an optimisation here, never a condition: it names its holder,
 * and is broken when that process is surely dead, or when it is older than LOCK_MAX_MS.
 */
import type { ProcessIdentity } from '../ports/effects.ts';
import { type Context, stateDirectory } from './clone.ts';

/** No holder needs a lock for longer; what it guards is safe without it. */
const LOCK_MAX_MS = 5 * 60 * 1000;
const POLL_MS = 20;

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
  const path = `${stateDirectory(context)}/lock/${name}`;
  while (!take(context, path)) {
    if (!wait) return undefined;
    await context.effects.sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    context.disk.remove(path);
  }
}

function take(context: Context, path: string): boolean {
  const { disk, effects } = context;
  const text = JSON.stringify(effects.process());
  if (disk.createExclusive(path, text, { durable: false })) return true;
  const holder = disk.read(path);
  const stat = disk.stat(path);
  if (holder === undefined || stat === undefined) return false;
  const isStale = effects.nowMs() - stat.modifiedMs > LOCK_MAX_MS || isDead(context, Buffer.from(holder).toString());
  if (!isStale) return false;
  // Two may break it at once; then both work, which compare-and-swap makes harmless.
  disk.remove(path);
  return disk.createExclusive(path, text, { durable: false });
}

function isDead(context: Context, holder: string): boolean {
  try {
    return context.effects.liveness(JSON.parse(holder) as ProcessIdentity) === 'dead';
  } catch {
    return true;
  }
}
