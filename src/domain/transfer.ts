/** What became of objects that were to be moved, and so of the artifacts that they are parts of. */
import type { Digest } from './digest.ts';
import type { StorageKey } from './storage-key.ts';

/** What became of one object. */
export type ObjectOutcome =
  | { readonly kind: 'there' }
  /** `repairs`: what was there under its name was wrong, or was missing although its folder's list was there. */
  | { readonly kind: 'moved'; readonly bytes: number; readonly repairs: boolean }
  /** Not begun: over the limit, or the storage failed before. */
  | { readonly kind: 'queued'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly reason: string; readonly hint: string | undefined };

/** An artifact with the keys of its objects, each once; a folder's list comes first. */
export type TransferPart = { readonly path: string; readonly digest: Digest; readonly keys: readonly StorageKey[] };

/** `there`: nothing had to be moved. `excluded`: its pointer says that it is not to be sent. */
export type ArtifactTransferState = 'moved' | 'there' | 'queued' | 'failed' | 'excluded';

export type ArtifactTransfer = {
  readonly path: string;
  readonly digest: Digest;
  readonly state: ArtifactTransferState;
  readonly counts: TransferCounts;
  /** The first failure. */
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
};

/** What became of one artifact: failed if a part of it did, else queued if a part of it is. */
export function transferOf(
  { path, digest, keys }: TransferPart,
  outcomes: ReadonlyMap<StorageKey, ObjectOutcome>,
): ArtifactTransfer {
  const counts = countOutcomes(keys, outcomes);
  const failure = keys.map((key) => outcomes.get(key)).find((outcome) => outcome?.kind === 'failed');
  const state =
    counts.failed > 0 ? 'failed' : counts.queued > 0 ? 'queued' : counts.moved > 0 ? 'moved' : ('there' as const);
  return { path, digest, state, counts, reason: failure?.reason, hint: failure?.hint };
}

/** Sums up outcomes. */
export function countOutcomes(
  keys: Iterable<StorageKey>,
  outcomes: ReadonlyMap<StorageKey, ObjectOutcome>,
): TransferCounts {
  const counts = { moved: 0, movedBytes: 0, repaired: 0, there: 0, queued: 0, queuedBytes: 0, failed: 0 };
  for (const key of keys) {
    const outcome = outcomes.get(key);
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
export function areThere(keys: readonly StorageKey[], outcomes: ReadonlyMap<StorageKey, ObjectOutcome>): boolean {
  return keys.every((key) => {
    const kind = outcomes.get(key)?.kind;
    return kind === 'there' || kind === 'moved';
  });
}
