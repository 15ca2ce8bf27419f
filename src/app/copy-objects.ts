/**
 * Moving objects between the cache and a storage on the disks of this machine: many at once, in all threads, as objects come
 * into the cache while files are added. What does not go so is left to those who move one after the other, and say why.
 */
import type { ObjectFolder } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import type { HashProgress } from '../ports/hasher.ts';
import type { SizedObject, VerifyReport } from '../ports/object-cache.ts';
import { inBatches, type Movable, type Transfer } from './move-objects.ts';

/** What a kill loses at most. The larger a batch, the more of a new folder of objects is made in one go. */
const BATCH_OBJECTS = 80 * 1024;
const BATCH_BYTES = 1024 * 1024 * 1024;

type Copyable = Movable & SizedObject;

type Copy = (
  folder: ObjectFolder,
  objects: Iterable<SizedObject>,
  onProgress: (progress: HashProgress) => void,
) => Promise<VerifyReport>;

/**
 * Copies objects, each of which then has an outcome.
 * @param folder that of the storage; undefined: it lies elsewhere, and nothing is copied
 * @param copy does it, as ObjectCache.copy
 * @returns those that are left, without an outcome
 */
export async function copyObjects<Object extends Copyable>(
  transfer: Transfer,
  objects: Iterable<Object>,
  folder: ObjectFolder | undefined,
  copy: Copy,
): Promise<Iterable<Object>> {
  if (folder === undefined) return objects;
  const left: Object[] = [];
  const copyable = function* (): Generator<Object> {
    for (const one of objects) {
      if (one.digest.kind === 'md5') yield one;
      else left.push(one);
    }
  };
  for (const batch of inBatches(copyable(), BATCH_OBJECTS, BATCH_BYTES)) {
    const notCopied = await copyBatch(transfer, batch, (...order) => copy(folder, ...order));
    for (const one of batch) {
      if (notCopied?.has(one.digest.value) === false) finish(transfer, one);
      else left.push(one);
    }
  }
  return left;
}

/** @returns the MD5s of what is wrong; undefined when it ended early, for one that is gone or a full disk */
async function copyBatch(
  { progress, report }: Transfer,
  batch: readonly Copyable[],
  copy: (objects: Iterable<SizedObject>, onProgress: (progress: HashProgress) => void) => Promise<VerifyReport>,
): Promise<ReadonlySet<string> | undefined> {
  const { files, bytes } = progress;
  try {
    const { bad } = await copy(batch, (copied) =>
      report({ ...progress, files: files + copied.files, bytes: bytes + copied.bytes }),
    );
    return new Set(bad.map(({ digest }) => digest.value));
  } catch (error) {
    if (error instanceof CmfError && error.code !== 'internal') return undefined;
    throw error;
  }
}

function finish({ outcomes, progress }: Transfer, { object, sizeBytes, repairs }: Copyable): void {
  outcomes.set(object, { kind: 'moved', bytes: sizeBytes, repairs });
  progress.files++;
  progress.bytes += sizeBytes;
}
