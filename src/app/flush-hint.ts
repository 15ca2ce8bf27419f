/**
 * What the last flush left behind to save work; believed only for the very commit that it names.
 *
 *     <common git dir>/cmf/flush.json     {"commit","tips":[[bucket,{"number","sha256"}]…],"journaled":[[log,lines]…]}
 */
import type { Bucket } from '../domain/ids.ts';
import type { BucketTip } from '../domain/pack.ts';
import type { Oid } from '../ports/git.ts';
import { type Clone, ownJournal, stateDirectory } from './clone.ts';
import { attemptHint } from './hint.ts';

export type FlushHint = {
  /** The last segment of each bucket; undefined where it must be read from the journal. */
  readonly tips: ReadonlyMap<Bucket, BucketTip> | undefined;
  /** How many lines of a log that is still there are in the journal already. */
  readonly journaled: ReadonlyMap<string, number>;
};

/** Nothing is known. */
export const NO_HINT: FlushHint = { tips: undefined, journaled: new Map() };

type StoredHint = {
  readonly commit: string;
  readonly tips: readonly (readonly [Bucket, BucketTip])[];
  readonly journaled: readonly (readonly [string, number])[];
};

/** How many lines of each log that is still there are in the journal already, as far as is known. */
export async function journaledLines(clone: Clone): Promise<ReadonlyMap<string, number>> {
  return readFlushHint(clone, await clone.repository.refs.resolve(ownJournal(clone))).journaled;
}

/** The hint for this tip of the clone's own journal. */
export function readFlushHint(clone: Clone, tip: Oid | undefined): FlushHint {
  const bytes = clone.disk.read(`${stateDirectory(clone)}/flush.json`);
  try {
    const stored = JSON.parse(Buffer.from(bytes ?? new Uint8Array()).toString('utf8')) as StoredHint;
    if (stored.commit === tip) return { tips: new Map(stored.tips), journaled: new Map(stored.journaled) };
  } catch {
    // A hint that a crash cut short is no hint.
  }
  return NO_HINT;
}

/** Leaves a hint. A disk that refuses is a warning. */
export function writeFlushHint(
  clone: Clone,
  commit: Oid,
  tips: ReadonlyMap<Bucket, BucketTip>,
  journaled: ReadonlyMap<string, number>,
): void {
  const stored: StoredHint = { commit, tips: [...tips], journaled: [...journaled] };
  attemptHint(clone, () => clone.disk.writeHint(`${stateDirectory(clone)}/flush.json`, JSON.stringify(stored)));
}
