/** What pushing and pulling artifacts have in common: the storages of a scope, their objects, and the report. */
import type { Digest } from '../domain/digest.ts';
import { createDigestSet } from '../domain/digest-set.ts';
import { isDirDigest } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import { findStorage, type Storage } from '../domain/storage.ts';
import { OBJECTS_PREFIX, type StorageKey } from '../domain/storage-key.ts';
import {
  type ArtifactTransfer,
  countOutcomes,
  type ObjectOutcome,
  type TransferCounts,
  type TransferPart,
  transferOf,
} from '../domain/transfer.ts';
import { keyOfDigest, type WantedArtifact } from '../domain/wanted-artifact.ts';
import type { ObjectStorage } from '../ports/object-storage.ts';
import { readConfig, type StorageContext } from './storages.ts';

export type TransferOptions = {
  /** The storage to use, whatever pointers say; else the one that each names, else the default one. */
  readonly storage?: string;
  /** How many bytes may go; what does not fit is queued. */
  readonly limitBytes?: number;
};

/** What went to or came from one storage. */
export type StorageTransfer = {
  readonly storage: Storage;
  readonly artifacts: readonly ArtifactTransfer[];
  readonly counts: TransferCounts;
};

/** The artifacts by the storage that keeps them. @throws CmfError those of findStorage */
export async function groupByStorage(
  storages: StorageContext,
  artifacts: readonly WantedArtifact[],
  chosen: string | undefined,
): Promise<ReadonlyMap<Storage, readonly WantedArtifact[]>> {
  const config = await readConfig(storages);
  const known = new Map<string | undefined, Storage>();
  const groups = new Map<Storage, WantedArtifact[]>();
  for (const artifact of artifacts) {
    const name = chosen ?? artifact.storage;
    const storage = known.get(name) ?? findStorage(config, name);
    known.set(name, storage);
    const group = groups.get(storage);
    if (group === undefined) groups.set(storage, [artifact]);
    else group.push(artifact);
  }
  return groups;
}

/** So many objects are asked for one by one; more by listing all that the storage has. */
const ASKED_MAX = 2000;

/** The sizes of those of these objects that a storage has. */
export async function sizesThere(
  objects: ObjectStorage,
  digests: readonly Digest[],
): Promise<ReadonlyMap<StorageKey, number>> {
  const keys = digests.map(keyOfDigest);
  if (keys.length <= ASKED_MAX) return objects.sizes(keys);
  const wanted = new Set(keys);
  const sizes = new Map<StorageKey, number>();
  // DVC 2's objects lie beside anything else that the folder may hold, in 256 folders of their own.
  const legacy = new Set(keys.filter((key) => !key.startsWith(OBJECTS_PREFIX)).map((key) => key.slice(0, 3)));
  const prefixes = keys.some((key) => key.startsWith(OBJECTS_PREFIX)) ? [OBJECTS_PREFIX, ...legacy] : [...legacy];
  for (const prefix of prefixes) {
    for await (const batch of objects.list(prefix)) {
      for (const { key, sizeBytes } of batch) if (wanted.has(key)) sizes.set(key, sizeBytes);
    }
  }
  return sizes;
}

/** An artifact with its objects: `list` is a folder's, and `members` are its files, or the file itself. */
export type ArtifactObjects = {
  readonly artifact: WantedArtifact;
  readonly list: Digest | undefined;
  readonly members: readonly Digest[];
};

/** @param membersOf the files of a folder; none where its list cannot be had */
export function objectsOf(artifact: WantedArtifact, membersOf: (list: Digest) => readonly Digest[]): ArtifactObjects {
  const { digest } = artifact;
  if (!isDirDigest(digest)) return { artifact, list: undefined, members: [digest] };
  return { artifact, list: digest, members: membersOf(digest) };
}

/** Each object once. */
export function uniqueDigests(digests: Iterable<Digest>): Digest[] {
  return [...createDigestSet(digests).values()];
}

/** Sums up what became of artifacts. */
export function summarise(
  storage: Storage,
  all: readonly ArtifactObjects[],
  outcomes: ReadonlyMap<StorageKey, ObjectOutcome>,
): StorageTransfer {
  const parts = all.map(({ artifact: { path, digest }, list, members }): TransferPart => {
    const keys = members.map(keyOfDigest);
    return { path, digest, keys: list === undefined ? keys : [keyOfDigest(list), ...keys] };
  });
  return {
    storage,
    artifacts: parts.map((part, i) => withOrigin(all[i]?.artifact, transferOf(part, outcomes))),
    counts: countOutcomes(outcomes.keys(), outcomes),
  };
}

/** What no program ever sends there comes from somewhere else. */
function withOrigin(artifact: WantedArtifact | undefined, transfer: ArtifactTransfer): ArtifactTransfer {
  if (artifact?.isSent !== false || transfer.state !== 'failed') return transfer;
  return { ...transfer, hint: 'its pointer keeps it out of storages; what was imported comes with dvc pull' };
}

/** What to say after the report; undefined when nothing failed. @param what `go` or `come` */
export function failureOf(transfers: readonly StorageTransfer[], what: 'go' | 'come'): CmfError | undefined {
  const failed = transfers.flatMap(({ artifacts }) => artifacts.filter(({ state }) => state === 'failed'));
  const [first] = failed;
  if (first === undefined) return undefined;
  const many = failed.length === 1 ? '1 artifact' : `${failed.length} artifacts`;
  return new CmfError('check-failed', {
    message: `${many} did not ${what} as a whole`,
    hint: first.hint ?? 'the same command again goes on where this one stopped',
  });
}
