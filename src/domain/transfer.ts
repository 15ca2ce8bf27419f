/** What became of objects that were to be moved, and so of the artifacts that they are parts of. */
import type { Digest } from './digest.ts';
import type { StorageKey } from './storage-key.ts';

/** What became of one object. */
export type ObjectOutcome =
  | { readonly kind: 'there' }
  /** `repairs`: what was there under its name was wrong, or was missing although its folder's list was there. */
  | { readonly kind: 'moved'; readonly bytes: number; readonly repairs: boolean }
  /** Not begun: over the limit (`isTooLarge`: by itself, so it never goes), or the storage failed before. */
  | { readonly kind: 'queued'; readonly bytes: number; readonly isTooLarge?: true }
  /** It is nowhere, and nobody said that it would be kept. */
  | { readonly kind: 'unkept' }
  | { readonly kind: 'failed'; readonly reason: string; readonly hint: string | undefined };

/** An artifact with the keys of its objects, each once; a folder's list comes first. */
export type TransferPart = { readonly path: string; readonly digest: Digest; readonly keys: readonly StorageKey[] };

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
export function transferOf(
  { path, digest, keys }: TransferPart,
  outcomes: ReadonlyMap<StorageKey, ObjectOutcome>,
): ArtifactTransfer {
  const counts = countOutcomes(keys, outcomes);
  const order = ['failed', 'queued', 'unkept', 'moved'] as const;
  const state = order.find((kind) => counts[kind] > 0) ?? 'there';
  return { path, digest, state, counts, ...whyNot(keys, outcomes) };
}

function whyNot(keys: readonly StorageKey[], outcomes: ReadonlyMap<StorageKey, ObjectOutcome>) {
  let reason: string | undefined;
  for (const key of keys) {
    const outcome = outcomes.get(key);
    if (outcome?.kind === 'failed') return { reason: outcome.reason, hint: outcome.hint };
    if (outcome?.kind === 'queued' && outcome.isTooLarge === true) reason = 'larger than the limit, so it never goes';
  }
  return { reason, hint: undefined };
}

/** Sums up outcomes. */
export function countOutcomes(
  keys: Iterable<StorageKey>,
  outcomes: ReadonlyMap<StorageKey, ObjectOutcome>,
): TransferCounts {
  const counts = { moved: 0, movedBytes: 0, repaired: 0, there: 0, queued: 0, queuedBytes: 0, failed: 0, unkept: 0 };
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
