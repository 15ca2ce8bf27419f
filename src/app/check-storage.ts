/** Whether a storage can be used, step by step, so that the first step that fails says what to do. */
import { CmfError } from '../domain/errors.ts';
import { sizeText } from '../domain/progress-line.ts';
import type { RetryPolicy } from '../domain/retry.ts';
import { type Storage, shownUrl } from '../domain/storage.ts';
import { isStorageKey, OBJECTS_PREFIX, type StorageKey } from '../domain/storage-key.ts';
import type { Disk } from '../ports/disk.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import { type Context, stateDirectory } from './clone.ts';
import type { Finding } from './finding.ts';
import type { StorageContext } from './storages.ts';

/** Enough to show that listing works; a storage may hold millions. */
const LISTED_MAX = 1000;

export type CheckOptions = {
  /** True: put, get and remove a probe object too, in a folder that is not DVC's. */
  readonly writes: boolean;
  /** True: removes what killed puts left unfinished. */
  readonly tidies: boolean;
};

/** Nobody writes one object for longer. Who does all the same fails, and the same command again sends it. */
const UNFINISHED_MS = 86_400_000;

/** Who checks wants to know now. */
const HASTY: RetryPolicy = { triesMax: 2, firstPauseMs: 500, pauseMaxMs: 500 };

/** Looks at a storage. Never throws for what is wrong with it: that is a finding. */
export async function checkStorage(
  context: Context,
  storage: Storage,
  open: StorageContext['open'],
  { writes, tidies }: CheckOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  let objects: ObjectStorage | undefined;
  try {
    objects = await open(storage, HASTY);
    findings.push(await checkListing(objects, storage));
    if (writes) findings.push(...(await checkWriting(context, objects)));
    else
      findings.push({
        level: 'notice',
        message: 'writing was not tried',
        help: `git cmf storage check ${storage.name} --write`,
      });
    if (tidies) findings.push(await tidy(context, objects));
  } catch (error) {
    findings.push(failed(error, storage));
  }
  await objects?.close().catch(() => undefined);
  return findings;
}

async function checkListing(objects: ObjectStorage, storage: Storage): Promise<Finding> {
  let count = 0;
  for await (const batch of objects.list(OBJECTS_PREFIX)) {
    count += batch.length;
    if (count >= LISTED_MAX) break;
  }
  const found = count >= LISTED_MAX ? `${LISTED_MAX} objects or more` : count === 1 ? '1 object' : `${count} objects`;
  return { level: 'ok', message: `${shownUrl(storage)} answers: ${count === 0 ? 'nothing is in it yet' : found}` };
}

/** A probe goes there and back, and is gone in the end. */
async function checkWriting(context: Context, objects: ObjectStorage): Promise<Finding[]> {
  const { disk, effects } = context;
  const name = Buffer.from(effects.randomBytes(8)).toString('hex');
  const key = probeKey(name);
  const bytes = effects.randomBytes(64);
  const directory = `${stateDirectory(context)}/probe-${name}`;
  const files = { source: `${directory}-out`, back: `${directory}-back` };
  try {
    disk.writeHint(files.source, bytes);
    await objects.put(key, { path: files.source, sizeBytes: bytes.length });
    await objects.get(key, files.back);
    if (!isSame(disk, files.back, bytes)) {
      return [
        { level: 'wrong', message: 'what was written came back with other bytes', help: 'ask who runs the storage' },
      ];
    }
    await objects.remove(key);
    if ((await objects.sizes([key])).has(key)) {
      return [{ level: 'wrong', message: `${key} is still there after it was removed` }];
    }
    return [{ level: 'ok', message: 'writing, reading and removing work' }];
  } catch (error) {
    await objects.remove(key).catch(() => undefined);
    throw error;
  } finally {
    for (const path of Object.values(files)) disk.remove(path);
  }
}

/** Ages are by our clock, and the storage's may be hours off, which a day forgives. */
async function tidy({ effects }: Context, objects: ObjectStorage): Promise<Finding> {
  const olderThanMs = effects.nowMs() - UNFINISHED_MS;
  const left = (await objects.unfinished()).filter(({ modifiedMs }) => modifiedMs < olderThanMs);
  for (const { key } of left) await objects.remove(key);
  if (left.length === 0) return { level: 'ok', message: 'nothing was left unfinished more than a day ago' };
  const files = left.length === 1 ? '1 file' : `${left.length} files`;
  const bytes = left.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { level: 'ok', message: `removed ${files} that killed pushes left unfinished, ${sizeText(bytes)}` };
}

/** Outside of what DVC's gc looks at: neither below files/md5 nor in a folder with a name of two characters. */
function probeKey(name: string): StorageKey {
  const key = `cmf/probe/${name}`;
  if (!isStorageKey(key)) throw new CmfError('internal', { message: `${key} is no key` });
  return key;
}

function isSame(disk: Disk, path: string, bytes: Uint8Array): boolean {
  const back = disk.read(path);
  return back !== undefined && Buffer.from(back).equals(bytes);
}

function failed(error: unknown, { name }: Storage): Finding {
  if (!(error instanceof CmfError) || error.code === 'internal') throw error;
  return {
    level: 'wrong',
    message: error.message,
    help: error.hint ?? `git cmf storage list, then git cmf storage set ${name} KEY=VALUE`,
  };
}
