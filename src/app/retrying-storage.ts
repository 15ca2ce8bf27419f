/** A storage whose operations are tried again when that may help. */
import { createDigestSet } from '../domain/digest-set.ts';
import { digestOfObject } from '../domain/dvc-cache.ts';
import { PATIENT, pauseMs, type RetryPolicy } from '../domain/retry.ts';
import { StorageFailure } from '../domain/storage-failure.ts';
import type { Effects } from '../ports/effects.ts';
import type { ObjectStorage, StoredObject } from '../ports/object-storage.ts';

type Patience = Pick<Effects, 'sleep' | 'randomBytes'>;

/** @param onRetry is told of each failure that is tried again */
export function retryingStorage(
  storage: ObjectStorage,
  patience: Patience,
  policy: RetryPolicy = PATIENT,
  onRetry: (failure: StorageFailure) => void = () => undefined,
): ObjectStorage {
  const pauseAfter = async (error: unknown, failed: number): Promise<void> => {
    const chance = (patience.randomBytes(1)[0] ?? 0) / 256;
    const isWorth = error instanceof StorageFailure && error.retryable;
    const pause = isWorth ? pauseMs(policy, failed, chance) : undefined;
    if (pause === undefined) throw error;
    onRetry(error as StorageFailure);
    await patience.sleep(pause);
  };
  const again = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    for (let failed = 1; ; failed++) {
      try {
        return await work();
      } catch (error) {
        await pauseAfter(error, failed);
      }
    }
  };
  return {
    parallel: storage.parallel,
    ...(storage.folder === undefined ? {} : { folder: storage.folder }),
    list: (prefix) => listAgain(storage, prefix, pauseAfter),
    sizes: (keys) => again(() => storage.sizes(keys)),
    put: (key, source) => again(() => storage.put(key, source)),
    get: (key, path, options) => again(() => storage.get(key, path, options)),
    unfinished: () => again(() => storage.unfinished()),
    remove: (key) => again(() => storage.remove(key)),
    settle: () => storage.settle(),
    close: () => storage.close(),
  };
}

/** Begins again from the start, since there is no order, and leaves out what was told already. */
async function* listAgain(
  storage: ObjectStorage,
  prefix: string,
  pauseAfter: (error: unknown, failed: number) => Promise<void>,
): AsyncGenerator<readonly StoredObject[]> {
  const told = toldObjects();
  for (let failed = 1; ; failed++) {
    try {
      for await (const batch of storage.list(prefix)) {
        const fresh = batch.filter(({ key }) => told.isNew(key));
        if (fresh.length > 0) yield fresh;
      }
      return;
    } catch (error) {
      await pauseAfter(error, failed);
    }
  }
}

/** Nearly all keys are those of objects, of which there may be millions. */
function toldObjects() {
  const digests = createDigestSet();
  const others = new Set<string>();
  return {
    /** True the first time. */
    isNew(key: string): boolean {
      const digest = digestOfObject(key);
      const before = digests.size + others.size;
      if (digest === undefined) others.add(key);
      else digests.add(digest);
      return digests.size + others.size > before;
    },
  };
}
