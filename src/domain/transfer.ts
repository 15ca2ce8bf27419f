/** What became of objects that were to be moved, and so of the artifacts that they are parts of. */
import type { Digest } from './digest.ts';
import type { ObjectOutcomes } from './object-outcomes.ts';

/** Outcomes by the number of the object. */
export type Outcomes = Pick<ObjectOutcomes, 'get'>;

/** An artifact with the numbers of its objects, each once; a folder's list comes first. */
export type TransferPart = { readonly path: string; readonly digest: Digest; readonly objects: Iterable<number> };

/** `there`: nothing had to be moved. `unkept`: its bytes were never kept anywhere. */
export type ArtifactTransferState = 'moved' | 'there' | 'queued' | 'failed' | 'unkept';

export type ArtifactTransfer = {
  readonly path: string;
  readonly digest: Digest;
  readonly state: ArtifactTransferState;
  readonly counts: TransferCounts;
  /** The first failure, or why it will not go. */
  readonly reason: string | undefined;
  readonly hint: string | undefined;
};

/** Objects, each counted once. */
export type TransferCounts = {
  readonly moved: number;
  readonly movedBytes: number;
  /** Of those that were moved. */
  readonly repaired: number;
  readonly there: number;
  readonly queued: number;
  readonly queuedBytes: number;
  readonly failed: number;
  readonly unkept: number;
};

/** What became of one artifact: failed if a part of it did, else queued if a part of it is, and so on. */
export function transferOf({ path, digest, objects }: TransferPart, outcomes: Outcomes): ArtifactTransfer {
  const counts = countOutcomes(objects, outcomes);
  const order = ['failed', 'queued', 'unkept', 'moved'] as const;
  const state = order.find((kind) => counts[kind] > 0) ?? 'there';
  return { path, digest, state, counts, ...whyNot(objects, outcomes) };
}

function whyNot(objects: Iterable<number>, outcomes: Outcomes) {
  let reason: string | undefined;
  for (const object of objects) {
    const outcome = outcomes.get(object);
    if (outcome?.kind === 'failed') return { reason: outcome.reason, hint: outcome.hint };
    if (outcome?.kind === 'queued' && outcome.isTooLarge === true) reason = 'larger than the limit, so it never goes';
  }
  return { reason, hint: undefined };
}

const NONE = { moved: 0, movedBytes: 0, repaired: 0, there: 0, queued: 0, queuedBytes: 0, failed: 0, unkept: 0 };

/** So many objects, of which none had to be moved. */
export function allThere(objects: number): TransferCounts {
  return { ...NONE, there: objects };
}

/** Sums up outcomes. */
export function countOutcomes(objects: Iterable<number>, outcomes: Outcomes): TransferCounts {
  const counts = { ...NONE };
  for (const object of objects) {
    const outcome = outcomes.get(object);
    if (outcome === undefined) continue;
    counts[outcome.kind]++;
    if (outcome.kind === 'moved') {
      counts.movedBytes += outcome.bytes;
      if (outcome.repairs) counts.repaired++;
    }
    if (outcome.kind === 'queued') counts.queuedBytes += outcome.bytes;
  }
  return counts;
}

/** True when all of these objects are where they should be. */
export function areThere(objects: Iterable<number>, outcomes: Outcomes): boolean {
  for (const object of objects) {
    const kind = outcomes.get(object)?.kind;
    if (kind !== 'there' && kind !== 'moved') return false;
  }
  return true;
}
