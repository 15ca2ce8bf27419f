/** Moving many objects to or from a storage: several at once, within a limit, and no further than makes sense. */
import { CmfError } from '../domain/errors.ts';
import { createObjectOutcomes, type ObjectOutcomes } from '../domain/object-outcomes.ts';
import type { HashProgress } from '../ports/hasher.ts';

export type Movable = {
  /** Its number among the objects of the transfer. */
  readonly object: number;
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
  readonly outcomes: ObjectOutcomes;
  readonly budget: Budget;
  /** The failure that ended it: it is no object's fault, so the next one would fail in the same way. */
  stopped: CmfError | undefined;
  readonly progress: { files: number; bytes: number; filesTotal: number; bytesTotal: number };
  readonly report: (progress: HashProgress) => void;
};

export function beginTransfer(budget: Budget, report: Transfer['report']): Transfer {
  const progress = { files: 0, bytes: 0, filesTotal: 0, bytesTotal: 0 };
  return { outcomes: createObjectOutcomes(), budget, stopped: undefined, progress, report };
}

/**
 * Those that may go within the limit; the others are queued, and smaller ones behind them go. What is chosen counts as gone.
 * @param sizes in bytes, by object
 */
export function withinLimit(transfer: Transfer, objects: Iterable<number>, sizes: ArrayLike<number>): number[] {
  const { outcomes, progress, budget } = transfer;
  const chosen: number[] = [];
  for (const object of objects) {
    const bytes = sizes[object] ?? 0;
    if (bytes > budget.leftBytes) {
      const isTooLarge = bytes > budget.limitBytes;
      outcomes.set(object, { kind: 'queued', bytes, ...(isTooLarge ? { isTooLarge } : {}) });
      continue;
    }
    budget.leftBytes -= bytes;
    progress.filesTotal++;
    progress.bytesTotal += bytes;
    chosen.push(object);
  }
  return chosen;
}

/** Failures of one object; after any other nothing more is begun. */
const OWN_FAILURES: ReadonlySet<string> = new Set(['not-found', 'damaged', 'conflict']);

/** Moves objects, each of which then has an outcome. @param move resolves to the bytes that went */
export async function moveObjects<Object extends Movable>(
  transfer: Transfer,
  objects: Iterable<Object>,
  parallel: number,
  move: (one: Object) => Promise<number>,
): Promise<void> {
  const rest = objects[Symbol.iterator]();
  const { outcomes, progress } = transfer;
  const moveNext = async (one: Object): Promise<void> => {
    const { object, sizeBytes, repairs } = one;
    if (transfer.stopped !== undefined) {
      outcomes.set(object, { kind: 'queued', bytes: sizeBytes });
      return;
    }
    try {
      outcomes.set(object, { kind: 'moved', bytes: await move(one), repairs });
      progress.files++;
      progress.bytes += sizeBytes;
      transfer.report(progress);
    } catch (error) {
      if (!(error instanceof CmfError) || error.code === 'internal') throw error;
      outcomes.set(object, { kind: 'failed', reason: error.message, hint: error.hint });
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
  objects: Iterable<Object>,
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
  objects: Iterable<number>,
  settle: () => Promise<void>,
): Promise<void> {
  try {
    await settle();
  } catch (error) {
    const { message: reason, hint } =
      error instanceof CmfError ? error : { message: 'it could not be made durable', hint: undefined };
    for (const object of objects) {
      if (outcomes.get(object)?.kind === 'moved') outcomes.set(object, { kind: 'failed', reason, hint });
    }
    throw error;
  }
}
