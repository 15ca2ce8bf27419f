/** Appending to a journal: entries become segments, one commit, and the ref moves by compare-and-swap. */
import { gitBlobId } from '../domain/digest.ts';
import type { SealedLine } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import { type Bucket, REFS } from '../domain/ids.ts';
import { GATE, segmentPath, WRITER_JSON } from '../domain/layout.ts';
import { type BucketTip, packSegments } from '../domain/pack.ts';
import type { Segment } from '../domain/segment.ts';
import type { CommitResult, Oid, TreeChange } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { pathsOf, readSegments } from './journal-tree.ts';
import type { Identity } from './keyring.ts';

/** A writer, the current one of a clone or a former one, that signs what it appends. */
export type Author = Pick<Context, 'repository' | 'effects'> & Identity;

/** What is known of the journal, and what comes to it. */
export type Addition = {
  readonly tip: Oid | undefined;
  /** The last segment of each bucket; undefined: they are read from the journal. */
  readonly tips: ReadonlyMap<Bucket, BucketTip> | undefined;
  readonly entries: readonly SealedLine[];
};

/** What the journal is now. */
export type Appended = {
  readonly commit: Oid;
  readonly tips: ReadonlyMap<Bucket, BucketTip>;
  readonly entries: number;
};

/** How often appending begins again because somebody else moved the ref. Each time somebody made progress. */
const TRIES_MAX = 50;

/**
 * Appends entries to the author's journal; those that it has already are left out after a lost race.
 * @param nextTips the last segment of each bucket, for a tip that another process made
 * @returns undefined when nothing was left to append
 * @throws CmfError `conflict` when others moved the ref first TRIES_MAX times
 */
export async function appendEntries(
  author: Author,
  addition: Addition,
  nextTips: (tip: Oid | undefined) => Addition['tips'],
): Promise<Appended | undefined> {
  let { tip, tips: known, entries } = addition;
  const ref = REFS.journal + author.writer;
  for (let tries = 0; tries < TRIES_MAX && entries.length > 0; tries++) {
    const before = known ?? (await bucketTips(author, tip));
    const segments = packSegments(entries, before, author.secret);
    const result = await commitSegments(author, ref, tip, segments);
    if (result.kind !== 'lost') {
      const tips = new Map(before);
      for (const { header, sha256 } of segments) tips.set(header.bucket, { number: header.number, sha256 });
      return { commit: result.commit, tips, entries: entries.length };
    }
    const moved = await author.repository.refs.resolve(ref);
    if (moved !== undefined) entries = await withoutJournaled(author, entries, tip, moved);
    tip = moved;
    known = nextTips(tip);
  }
  if (entries.length === 0) return undefined;
  throw new CmfError('conflict', {
    message: `${ref} was moved by others ${TRIES_MAX} times in a row; the records are safe in the log`,
    hint: 'git cmf push',
  });
}

/** Writes segments on top of a tip of the author's journal, and moves a ref from there. */
async function commitSegments(
  author: Author,
  ref: string,
  tip: Oid | undefined,
  segments: readonly Segment<SealedLine>[],
): Promise<CommitResult> {
  const { writer, refs } = author.repository;
  const count = segments.reduce((sum, segment) => sum + segment.entries.length, 0);
  const result = await writer.commit({
    ref,
    expected: tip,
    parents: tip === undefined ? [] : [tip],
    changes: changesOf(author, tip, segments),
    message: `cmf: ${count} entries\n`,
    timeSeconds: Math.floor(author.effects.nowMs() / 1000),
  });
  if (result.kind !== 'moved' || (await isStored(author, result, segments))) return result;
  await refs.update([{ name: ref, expected: result.commit, to: tip }]);
  return { kind: 'lost' };
}

/** What segments add to the tree of a tip; a first commit also says who writes. */
export function changesOf(
  author: Author,
  tip: Oid | undefined,
  segments: readonly Segment<SealedLine>[],
): TreeChange[] {
  const changes: TreeChange[] = segments.map((segment) => ({ path: segmentPath(segment), bytes: segment.text }));
  if (tip !== undefined) return changes;
  return [...changes, { path: GATE, bytes: '' }, { path: WRITER_JSON, bytes: author.identity.text }];
}

/** A `git gc --prune=now` may take new objects for garbage just before the ref moves to them. */
async function isStored(
  { repository }: Author,
  { commit, tree }: { readonly commit: Oid; readonly tree: Oid },
  segments: readonly Segment<SealedLine>[],
): Promise<boolean> {
  const { layout, objects } = repository;
  const blobs = segments.map(({ text }) => gitBlobId(text, layout.objectFormat) as Oid);
  return (await objects.infos([commit, tree, ...blobs])).every((info) => info !== undefined);
}

/** Leaves out the entries that were journaled between two tips of the author's journal. */
export async function withoutJournaled<Line extends SealedLine>(
  { repository, identity }: Author,
  entries: readonly Line[],
  from: Oid | undefined,
  to: Oid,
): Promise<Line[]> {
  const { objects } = repository;
  const before = from === undefined ? new Map<string, Oid>() : await pathsOf(objects, await objects.treeOf(from));
  const after = await pathsOf(objects, await objects.treeOf(to));
  const added = new Map([...after].filter(([path]) => !before.has(path)));
  const journaled = new Set<string>();
  for await (const segment of readSegments(objects, added, identity.key)) {
    for (const entry of segment.entries) journaled.add(entry.id);
  }
  return entries.filter((entry) => !journaled.has(entry.id));
}

/** The last segment of each bucket, from the segments themselves. */
export async function bucketTips(
  { repository, identity }: Author,
  tip: Oid | undefined,
): Promise<ReadonlyMap<Bucket, BucketTip>> {
  const tips = new Map<Bucket, BucketTip>();
  if (tip === undefined) return tips;
  const { objects } = repository;
  const paths = await pathsOf(objects, await objects.treeOf(tip));
  for await (const { header, sha256 } of readSegments(objects, paths, identity.key)) {
    const known = tips.get(header.bucket);
    if (known === undefined || header.number >= known.number)
      tips.set(header.bucket, { number: header.number, sha256 });
  }
  return tips;
}
