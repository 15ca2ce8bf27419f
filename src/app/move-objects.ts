/** Moving many objects to or from a storage: several at once, within a limit, and no further than makes sense. */
import { CmfError } from '../domain/errors.ts';
import type { StorageKey } from '../domain/storage-key.ts';
import type { ObjectOutcome } from '../domain/transfer.ts';
import type { HashProgress } from '../ports/hasher.ts';

export type Movable = {
  readonly key: StorageKey;
  readonly sizeBytes: number;
  /** See ObjectOutcome. */
  readonly repairs: boolean;
};

/** How much may be moved, to all storages together. */
export type Budget = { readonly limitBytes: number; leftBytes: number };

/** @param limitBytes undefined: as much as there is */
export function openBudget(limitBytes: number | undefined): Budget {
  const limit = limitBytes ?? Number.POSITIVE_INFINITY;
  return { limitBytes: limit, leftBytes: limit };
}

/** What all steps of one transfer share. */
export type Transfer = {
  readonly outcomes: Map<StorageKey, ObjectOutcome>;
  readonly budget: Budget;
  /** The failure that ended it: it is no object's fault, so the next one would fail in the same way. */
  stopped: CmfError | undefined;
  readonly progress: { files: number; bytes: number; filesTotal: number; bytesTotal: number };
  readonly report: (progress: HashProgress) => void;
};

export function beginTransfer(budget: Budget, report: Transfer['report']): Transfer {
  const progress = { files: 0, bytes: 0, filesTotal: 0, bytesTotal: 0 };
  return { outcomes: new Map(), budget, stopped: undefined, progress, report };
}

/** Those that may go within the limit; the others are queued, and smaller ones behind them go. What is chosen counts as gone. */
export function withinLimit<Object extends Movable>(transfer: Transfer, objects: readonly Object[]): Object[] {
  const { outcomes, progress, budget } = transfer;
  return objects.filter(({ key, sizeBytes }) => {
    if (sizeBytes > budget.leftBytes) {
      const isTooLarge = sizeBytes > budget.limitBytes;
      outcomes.set(key, { kind: 'queued', bytes: sizeBytes, ...(isTooLarge ? { isTooLarge } : {}) });
      return false;
    }
    budget.leftBytes -= sizeBytes;
    progress.filesTotal++;
    progress.bytesTotal += sizeBytes;
    return true;
  });
}

/** Failures of one object; after any other nothing more is begun. */
const OWN_FAILURES: ReadonlySet<string> = new Set(['not-found', 'damaged', 'conflict']);

/** Moves objects, each of which then has an outcome. @param move resolves to the bytes that went */
export async function moveObjects<Object extends Movable>(
  transfer: Transfer,
  objects: Iterable<Object>,
  parallel: number,
  move: (object: Object) => Promise<number>,
): Promise<void> {
  const rest = objects[Symbol.iterator]();
  const { outcomes, progress } = transfer;
  const moveNext = async (object: Object): Promise<void> => {
    const { key, sizeBytes, repairs } = object;
    if (transfer.stopped !== undefined) {
      outcomes.set(key, { kind: 'queued', bytes: sizeBytes });
      return;
    }
    try {
      outcomes.set(key, { kind: 'moved', bytes: await move(object), repairs });
      progress.files++;
      progress.bytes += sizeBytes;
      transfer.report(progress);
    } catch (error) {
      if (!(error instanceof CmfError) || error.code === 'internal') throw error;
      outcomes.set(key, { kind: 'failed', reason: error.message, hint: error.hint });
      if (!OWN_FAILURES.has(error.code)) transfer.stopped ??= error;
    }
  };
  const worker = async (): Promise<void> => {
    for (let next = rest.next(); !next.done; next = rest.next()) await moveNext(next.value);
  };
  const ended = await Promise.allSettled(Array.from({ length: Math.max(1, parallel) }, worker));
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}

/** Cuts objects into batches of so many, or so many bytes; an object that is larger has a batch to itself or ends one. */
export function* inBatches<Object extends Movable>(
  objects: readonly Object[],
  objectsMax: number,
  bytesMax: number,
): Generator<readonly Object[]> {
  let batch: Object[] = [];
  let bytes = 0;
  for (const object of objects) {
    batch.push(object);
    bytes += object.sizeBytes;
    if (batch.length < objectsMax && bytes < bytesMax) continue;
    yield batch;
    batch = [];
    bytes = 0;
  }
  if (batch.length > 0) yield batch;
}

/**
 * Makes what was moved good for ever; where that fails, nothing of it counts.
 * @throws what `settle` throws
 */
export async function settleMoved(
  { outcomes }: Transfer,
  keys: Iterable<StorageKey>,
  settle: () => Promise<void>,
): Promise<void> {
  try {
    await settle();
  } catch (error) {
    const { message: reason, hint } =
      error instanceof CmfError ? error : { message: 'it could not be made durable', hint: undefined };
    for (const key of keys) {
      if (outcomes.get(key)?.kind === 'moved') outcomes.set(key, { kind: 'failed', reason, hint });
    }
    throw error;
  }
}
