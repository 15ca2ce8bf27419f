/**
 * Learning: trees of other writers, every byte of them checked, become part of what this clone knows. What does not
 * validate is left out and named; it never stops the rest.
 */
import { type Entry, saidBy } from '../domain/entry.ts';
import { CmfError, type ErrorCode } from '../domain/errors.ts';
import type { WriterId } from '../domain/ids.ts';
import { mergedPath, parseJournalPath } from '../domain/layout.ts';
import { isPurged, type PurgedIds } from '../domain/resolve.ts';
import type { GitObjects, Oid, TreeChange } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { readPurges } from './control.ts';
import { checkJournalTree, pathsOf, type ValidationRequest } from './journal-tree.ts';
import { createPurger } from './purge-tree.ts';
import { isAboutData, mergedWriters, type WriterTree } from './read-state.ts';
import { missingPaths } from './unite-trees.ts';
import type { VerifiedFiles } from './verified-files.ts';

const TRIES_MAX = 20;

/** What is remembered of an entry that was heard: not its line, for a million of them may come at once. */
export type Heard = Pick<Entry, 'writer' | 'hlc' | 'subject'>;

/** What a union brought that was not known here. */
export type Learned = {
  readonly heard: readonly Heard[];
  readonly skipped: readonly Skipped[];
  /** Trees that hold purged bytes; what was learned of them does not. */
  readonly unclean: readonly WriterTree[];
};

/** A tree that was left out. */
export type Skipped = WriterTree & { readonly code: ErrorCode; readonly reason: string };

/** What else a tree is judged by. */
export type LearnRules = Pick<ValidationRequest, 'acceptUntilMs'> & {
  /** Those that this repository applies, unless given. */
  readonly purged?: PurgedIds;
  /** Where to remember all that is read; it takes as much memory as a state. */
  readonly verified?: VerifiedFiles;
};

type Judged = LearnRules & { readonly purged: PurgedIds };

/**
 * Validates trees and unites them into a local ref, without what applied purges have taken out.
 * @throws CmfError `conflict`; `environment` when this machine, and not the data, is at fault
 */
export async function learn(
  context: Context,
  target: string,
  trees: readonly WriterTree[],
  rules: LearnRules = {},
): Promise<Learned> {
  const rounds: Learned[] = [];
  const judged: Judged = { ...rules, purged: rules.purged ?? (await readPurges(context)).applied };
  for (const round of roundsOf(trees)) rounds.push(await learnRound(context, target, round, judged));
  return {
    heard: rounds.flatMap(({ heard }) => heard),
    skipped: rounds.flatMap(({ skipped }) => skipped),
    unclean: rounds.flatMap(({ unclean }) => unclean),
  };
}

/**
 * Each round holds a writer once. What a tree adds is said against what is known of its writer, so of two trees (journal
 * and inbox) the second must see what the first brought.
 */
function roundsOf(trees: readonly WriterTree[]): WriterTree[][] {
  const rounds: Map<WriterId, WriterTree>[] = [];
  for (const tree of trees) {
    let round = rounds.find((one) => !one.has(tree.writer));
    if (round === undefined) {
      round = new Map();
      rounds.push(round);
    }
    round.set(tree.writer, tree);
  }
  return rounds.map((round) => [...round.values()]);
}

/** Unites trees of different writers, by compare-and-swap. */
async function learnRound(
  context: Context,
  target: string,
  trees: readonly WriterTree[],
  rules: Judged,
): Promise<Learned> {
  const { refs, objects, writer } = context.repository;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const expected = await refs.resolve(target);
    const base = expected === undefined ? undefined : await objects.treeOf(expected);
    const plan = await planUnion(context, base, trees, rules);
    if (plan.changes.length === 0) return plan.learned;
    const result = await writer.commit({
      ref: target,
      expected,
      parents: expected === undefined ? [] : [expected],
      changes: plan.changes,
      message: 'cmf: learned from a remote\n',
      timeSeconds: Math.floor(context.effects.nowMs() / 1000),
    });
    if (result.kind !== 'lost') return plan.learned;
  }
  throw new CmfError('conflict', { message: `${target} was moved by others ${TRIES_MAX} times`, hint: 'git cmf pull' });
}

type Plan = { readonly changes: TreeChange[]; readonly learned: Learned };

async function planUnion(
  context: Context,
  base: Oid | undefined,
  trees: readonly WriterTree[],
  rules: Judged,
): Promise<Plan> {
  const { objects } = context.repository;
  const known = base === undefined ? [] : await mergedWriters(objects, base);
  const ours = new Map(known.map(({ writer, tree }) => [writer, tree]));
  const changes: TreeChange[] = [];
  const skipped: Skipped[] = [];
  const heard: Heard[] = [];
  const unclean: WriterTree[] = [];
  for (const theirs of trees) {
    if (ours.get(theirs.writer) === theirs.tree) continue;
    try {
      const union = await unionOf(context, ours.get(theirs.writer), theirs, rules);
      for (const change of union.changes) changes.push(change);
      for (const entry of union.heard) heard.push(entry);
      if (union.isUnclean) unclean.push(theirs);
    } catch (error) {
      if (!isAboutData(error)) throw error;
      skipped.push({ ...theirs, code: error.code, reason: error.message });
    }
  }
  return { changes, learned: { heard, skipped, unclean } };
}

type Union = {
  readonly changes: TreeChange[];
  readonly heard: Heard[];
  /** The tree holds purged bytes; the changes do not. */
  readonly isUnclean: boolean;
};

/** What one writer's tree adds to the tree that is known of it, after checking every byte of that. */
async function unionOf(
  { repository }: Context,
  base: Oid | undefined,
  { writer, tree }: WriterTree,
  { purged, acceptUntilMs, verified }: Judged,
): Promise<Union> {
  const { objects, writer: git } = repository;
  const heard: HeardAt[] = [];
  const purger = createPurger(purged);
  const request = { tree, writer, base, allowMissingFromBase: true, ...(acceptUntilMs && { acceptUntilMs }) };
  await checkJournalTree(objects, request, (segment, place) => {
    verified?.add(writer, place.file, segment.entries.map(saidBy));
    const said: Heard[] = [];
    for (const entry of segment.entries) {
      const { writer: by, hlc, subject } = entry;
      if (!isPurged(entry, purged, () => place.lineage)) said.push({ writer: by, hlc, subject });
    }
    const isRest = segment.purged.length > 0;
    heard.push({ path: purger.visit(segment, place), isRest, said });
  });
  const isUnclean = purger.changes.length > 0;
  const changes = await missingPaths(objects, base, isUnclean ? await git.writeTree(tree, purger.changes) : tree);
  const prefix = mergedPath(writer);
  return {
    changes: changes.map((change) => ({ ...change, path: `${prefix}/${change.path}` })),
    heard: await newsIn(objects, base, heard, changes),
    isUnclean,
  };
}

/** What a segment said; its path is that of what is left of it here. */
type HeardAt = {
  readonly path: string;
  /** A purge took something out of it before it came. */
  readonly isRest: boolean;
  readonly said: readonly Heard[];
};

/** What was not known: not what purges left the same here, nor the rest of a segment that is whole here. */
async function newsIn(
  objects: GitObjects,
  base: Oid | undefined,
  heard: readonly HeardAt[],
  changes: readonly TreeChange[],
): Promise<Heard[]> {
  // A change may be a whole folder.
  const added = new Set(changes.map(({ path }) => path));
  const isAdded = (path: string): boolean =>
    added.has(path) || (path.includes('/') && isAdded(path.slice(0, path.lastIndexOf('/'))));
  const news = heard.filter(({ path }) => isAdded(path));
  if (base === undefined || !news.some(({ isRest }) => isRest)) return news.flatMap(({ said }) => said);
  const known = new Set([...(await pathsOf(objects, base)).keys()].map(placeInTime));
  return news.flatMap(({ path, isRest, said }) => (isRest && known.has(placeInTime(path)) ? [] : said));
}

/** The same for a segment and for what purges left of it: only the hash in its name changes. */
function placeInTime(path: string): string {
  const place = parseJournalPath(path);
  return place?.kind === 'segment' ? `${place.bucket} ${place.hlc}` : path;
}
