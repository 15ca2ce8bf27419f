/** Artifacts whose bytes are to be moved, and what names them in a storage. */
import type { Artifact, ArtifactIndex } from './artifact-index.ts';
import { type Digest, formatDigest } from './digest.ts';
import { createDigestSet, type DigestSet } from './digest-set.ts';
import { isDirDigest, memberDigest } from './dvc-cache.ts';
import type { DvcDirEntry } from './dvc-dir.ts';
import { relpathProblem } from './dvc-dir.ts';
import type { UseView } from './execution-view.ts';
import { isGreater } from './field.ts';
import { objectKey, type StorageKey } from './storage-key.ts';

/** An artifact by the digest that names its object in DVC's layout. */
export type WantedArtifact = {
  /** Relative to the top of the work tree; of a use that somebody recorded, whatever path that one said. */
  readonly path: string;
  readonly digest: Digest;
  /** Other digests that name an object of the same content, which does as well; the better one first. */
  readonly aliases: readonly Digest[];
  /** The storage that its pointer names instead of the default one. */
  readonly storage?: string | undefined;
  /** False: its pointer says that it is never to be sent, or that it comes from elsewhere. */
  readonly isSent: boolean;
  /** False: nobody said that its bytes are kept, so they may be nowhere. */
  readonly isKept: boolean;
};

/** What some uses speak of. */
export type UsedArtifacts = {
  /** Each digest once, under the latest path that it was used by. */
  readonly wanted: readonly WantedArtifact[];
  /** Recorded with no digest that a storage knows. */
  readonly nameless: readonly { readonly path: string; readonly digest: Digest }[];
};

/** Kinds that name an object, the better one first. */
const OBJECT_KINDS = ['md5-dir', 'md5', 'md5-dos2unix-dir', 'md5-dos2unix'] as const;

/** What these uses speak of. Of an ambiguous digest every artifact that it may be. */
export function artifactsOfUses(index: ArtifactIndex, uses: Iterable<UseView>): UsedArtifacts {
  const latest = new Map<Artifact, UseView>();
  for (const use of uses) {
    for (const artifact of index.artifactsOf(use)) {
      const before = latest.get(artifact);
      if (before === undefined || isGreater(use.claim, before.claim)) latest.set(artifact, use);
    }
  }
  const wanted = new Map<string, WantedArtifact>();
  const nameless = [];
  const isKept = ({ uses: all }: Artifact): boolean => all.some(({ operation }) => operation.pointer !== undefined);
  for (const [artifact, { operation }] of latest) {
    const path = typeof operation.path === 'string' ? operation.path : formatDigest(artifact.digests[0] as Digest);
    const [digest, ...others] = objectDigests(artifact);
    if (digest !== undefined) {
      // Which content an ambiguous name stands for is not known, so it stands for no other name.
      const aliases = artifact.isAmbiguous ? [] : others;
      wanted.set(formatDigest(digest), { path, digest, aliases, isSent: true, isKept: isKept(artifact) });
    } else nameless.push({ path, digest: artifact.digests[0] as Digest });
  }
  return { wanted: [...wanted.values()], nameless };
}

/** Those that name its object in one layout or the other. */
function objectDigests({ digests }: Artifact): readonly Digest[] {
  return OBJECT_KINDS.flatMap((kind) => digests.filter((one) => one.kind === kind));
}

/** All digests by which an artifact goes. */
export function namesOf({ digest, aliases }: WantedArtifact): readonly Digest[] {
  return [digest, ...aliases];
}

/** The key of an object by its digest, which must be of one of the four kinds that name one. */
export function keyOfDigest(digest: Digest): StorageKey {
  const layout = digest.kind.startsWith('md5-dos2unix') ? 'legacy' : 'md5';
  return objectKey({ layout, md5: digest.value, isDirectory: isDirDigest(digest) });
}

/** The digests of a folder's files, each once. */
export function uniqueMembers(list: Digest, entries: Iterable<DvcDirEntry>): DigestSet {
  const members = createDigestSet();
  for (const { md5 } of entries) members.add(memberDigest(list, md5));
  return members;
}

const VERSION_LENGTH = 12;
/** Longer names are refused by file systems; DVC's temporary names add to them. */
const NAME_BYTES_MAX = 200;
/** What a name that is made here looks like; no recorded path may be mistaken for one. */
const MADE_NAME = /(?:^|\/)(?:[^/]*@[0-9a-f]{12}|[0-9a-f]{32})(?:\/|$)/;

/**
 * Where each artifact goes in a folder that takes them all: to its own path, or, where several versions of one path are
 * wanted or something else lies within it, to `PATH@<12 digits of the digest>`, so that none overwrites another. A path that
 * leads out of the folder is taken by its last part.
 * @param artifacts of different digests
 */
export function versionPlaces(artifacts: readonly WantedArtifact[]): ReadonlyMap<WantedArtifact, string> {
  // As file systems compare names that do not tell letters or accents apart.
  const fold = (path: string): string => path.normalize('NFC').toLowerCase();
  const versions = new Map<string, number>();
  const folders = new Set<string>();
  for (const artifact of artifacts) {
    const path = fold(plainPath(artifact));
    versions.set(path, (versions.get(path) ?? 0) + 1);
    for (const { index } of path.matchAll(/\//g)) folders.add(path.slice(0, index));
  }
  const place = (artifact: WantedArtifact): string => {
    const path = plainPath(artifact);
    const isAlone = versions.get(fold(path)) === 1 && !folders.has(fold(path));
    return isAlone ? path : `${path}@${artifact.digest.value.slice(0, VERSION_LENGTH)}`;
  };
  return new Map(artifacts.map((artifact) => [artifact, place(artifact)]));
}

function plainPath({ path, digest }: WantedArtifact): string {
  const last = path.slice(path.lastIndexOf('/') + 1);
  const isPlain = (one: string): boolean => relpathProblem(one) === undefined && !MADE_NAME.test(one) && isShort(one);
  return [path, last].find(isPlain) ?? digest.value;
}

function isShort(path: string): boolean {
  return path.length < 2000 && path.split('/').every((part) => new TextEncoder().encode(part).length <= NAME_BYTES_MAX);
}
