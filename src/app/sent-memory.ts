/**
 * What a storage on the disks of this machine is known to have. Where a push found all of its artifacts there, object by
 * object, and no object came or went since, the next push of the same looks at nothing: it was there, so it is. A change
 * within an object changes no folder, so each object is looked at again at least once a day.
 */
import type { Digest } from '../domain/digest.ts';
import { isDirDigest } from '../domain/dvc-cache.ts';
import type { ObjectOutcomes } from '../domain/object-outcomes.ts';
import { allThere, countOutcomes } from '../domain/transfer.ts';
import type { WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectCache } from '../ports/object-cache.ts';
import { type ArtifactObjects, allOf } from './artifact-objects.ts';
import type { KnownTransfer, Reach } from './artifact-transfer.ts';

export interface SentMemory {
  /** What a push of these artifacts would find; undefined where it has to look. Then `remember` is to follow. */
  recall(group: readonly WantedArtifact[]): KnownTransfer | undefined;
  /** Remembers what a push found, if that was everything. */
  remember(plan: readonly ArtifactObjects[], outcomes: ObjectOutcomes): void;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** Each is remembered by itself, so of more of them nothing is. */
const FOLDERS_MAX = 64;
const KINDS: ReadonlySet<string> = new Set(['md5', 'md5-dir']);

/** @returns undefined for a storage that lies elsewhere */
export function openSentMemory(
  { storage: { address } }: Pick<Reach, 'storage'>,
  objects: ObjectCache,
  nowMs: number,
): SentMemory | undefined {
  if (address.kind !== 'folder') return undefined;
  const watch = objects.watch({ directory: address.path, group: false });
  if (watch === undefined) return undefined;
  const prefix = `sent ${Math.floor(nowMs / DAY_MS)}`;
  const nameOf = (artifacts: readonly { readonly digest: Digest }[]): string =>
    [prefix, ...new Set(artifacts.map(({ digest: { kind, value } }) => `${kind}:${value}`).sort())].join(' ');
  return {
    recall(group) {
      if (!isRemembered(group)) return undefined;
      const total = watch.recall(nameOf(group));
      const counts = group.map((one) => (isDirDigest(one.digest) ? watch.recall(nameOf([one])) : 1));
      if (total === undefined || counts.includes(undefined)) {
        watch.begin();
        return undefined;
      }
      const artifacts = group.map(({ path, digest }, i) => {
        const state = 'there' as const;
        return { path, digest, state, counts: allThere(counts[i] ?? 0), reason: undefined, hint: undefined };
      });
      return { artifacts, counts: allThere(total) };
    },
    remember(plan, outcomes) {
      const group = plan.map(({ artifact }) => artifact);
      const total = countOutcomes(outcomes.keys(), outcomes);
      if (!isRemembered(group) || total.there !== outcomes.objects.size) return;
      if (!plan.every(({ isListed }) => isListed)) return;
      for (const one of plan.filter(({ list }) => list !== undefined)) {
        watch.remember(nameOf([one.artifact]), countOutcomes(allOf(one), outcomes).there);
      }
      watch.remember(nameOf(group), total.there);
    },
  };
}

/** DVC 2's objects lie in other folders than those that are watched. */
function isRemembered(group: readonly WantedArtifact[]): boolean {
  const folders = group.filter(({ digest }) => isDirDigest(digest));
  return group.length > 0 && folders.length <= FOLDERS_MAX && group.every(({ digest }) => KINDS.has(digest.kind));
}
