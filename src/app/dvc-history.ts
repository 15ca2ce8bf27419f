/** The runs in a history, each with the commit in which it appeared first. */
import { type Producers, producersOf } from '../domain/dvc-drafts.ts';
import type { DvcRun } from '../domain/dvc-runs.ts';
import { CmfError } from '../domain/errors.ts';
import type { ExecutionId } from '../domain/ids.ts';
import { oldestFirst } from '../domain/oldest-first.ts';
import type { HistoryCommit, Oid } from '../ports/git.ts';
import type { Context } from './clone.ts';
import type { DvcFileReader, LeftOut } from './dvc-files.ts';
import { type DvcFile, type DvcListing, filesOf, openListingReader } from './dvc-listing.ts';

/** A run, and where it appeared first. */
export type DatedRun = { readonly run: DvcRun; readonly commit: HistoryCommit; readonly producers: Producers };

export type DvcHistory = {
  /** Oldest first. */
  readonly runs: readonly DatedRun[];
  readonly leftOut: readonly (LeftOut & { readonly commit: Oid })[];
  /** How many commits were asked for. */
  readonly commits: number;
  /** How many different files of DVC they hold. */
  readonly files: number;
};

/** A commit with the files of DVC in it, where it is the first one to have exactly these. */
type Stand = { readonly commit: HistoryCommit; readonly listing: DvcListing };

const COMMITS_AT_ONCE = 256;
/** Where a clone keeps what is code. */
const CODE_REFS = ['refs/heads/', 'refs/remotes/', 'refs/tags/'];

/**
 * Reads the runs of some commits.
 * @param chosen the commits; undefined: all of all branches and tags. When a run appeared first is looked for in all of them
 *   either way, so that two who choose differently say the same.
 */
export async function readDvcHistory(
  context: Context,
  reader: DvcFileReader,
  chosen: readonly Oid[] | undefined,
): Promise<DvcHistory> {
  const commits = await historyOf(context, chosen ?? []);
  const listings = await listingsOf(context, commits);
  const wanted = new Set(chosen);
  const stands: Stand[] = [];
  const seen = new Set<DvcListing>();
  const asked = new Set<DvcListing>();
  for (const [i, commit] of commits.entries()) {
    const listing = listings[i];
    if (listing === undefined) continue;
    if (chosen === undefined || wanted.has(commit.commit)) asked.add(listing);
    if (listing.count === 0 || seen.has(listing)) continue;
    seen.add(listing);
    stands.push({ commit, listing });
  }
  const found = await collect(stands, asked, reader);
  return { ...found, commits: chosen === undefined ? commits.length : wanted.size };
}

/** The commits of all branches and tags and of those that were chosen, oldest first. */
async function historyOf({ repository, reporter }: Context, chosen: readonly Oid[]): Promise<HistoryCommit[]> {
  const { refs } = repository;
  const tips = (await refs.list(CODE_REFS)).map(({ oid }) => oid);
  const head = await refs.commitOf('HEAD');
  const commits: HistoryCommit[] = [];
  for await (const one of refs.history([...new Set([...tips, ...chosen, ...(head === undefined ? [] : [head])])])) {
    commits.push(one);
    if (commits.length % 1000 === 0) reporter.progress(`${commits.length} commits`);
  }
  return oldestFirst(commits);
}

async function listingsOf({ repository, reporter }: Context, commits: readonly HistoryCommit[]): Promise<DvcListing[]> {
  const reader = openListingReader(repository.objects);
  const listings: DvcListing[] = [];
  for (let start = 0; start < commits.length; start += COMMITS_AT_ONCE) {
    const some = commits.slice(start, start + COMMITS_AT_ONCE);
    listings.push(...(await Promise.all(some.map(({ tree }) => reader.read(tree)))));
    if (start > 0) reporter.progress(`trees of ${start} of ${commits.length} commits`);
  }
  return listings;
}

type Found = {
  readonly dated: Map<ExecutionId, DatedRun>;
  readonly wanted: Set<ExecutionId>;
  readonly leftOut: Map<string, LeftOut & { readonly commit: Oid }>;
  readonly blobs: Set<Oid>;
};

async function collect(
  stands: readonly Stand[],
  asked: ReadonlySet<DvcListing>,
  reader: DvcFileReader,
): Promise<Omit<DvcHistory, 'commits'>> {
  const found: Found = { dated: new Map(), wanted: new Set(), leftOut: new Map(), blobs: new Set() };
  for (let start = 0; start < stands.length; start += COMMITS_AT_ONCE) {
    const some = stands.slice(start, start + COMMITS_AT_ONCE);
    const files = some.map(({ listing }) => filesOf(listing));
    await reader.load(files.flat());
    for (const [i, stand] of some.entries()) addStand(found, stand, files[i] ?? [], asked.has(stand.listing), reader);
  }
  const runs = [...found.dated.values()].filter(({ run }) => found.wanted.has(run.execution));
  return { runs, leftOut: [...found.leftOut.values()], files: found.blobs.size };
}

/** A run counts if it is in a commit that was asked for, and is dated by the first of all that have it. */
function addStand(
  { dated, wanted, leftOut, blobs }: Found,
  { commit }: Stand,
  files: readonly DvcFile[],
  isAsked: boolean,
  reader: DvcFileReader,
): void {
  const here = reader.runsOf(files);
  let producers: Producers | undefined;
  for (const run of here.runs) {
    if (isAsked) wanted.add(run.execution);
    if (dated.has(run.execution)) continue;
    producers ??= producersOf(here.runs);
    dated.set(run.execution, { run, commit, producers });
  }
  if (!isAsked) return;
  for (const { oid } of files) blobs.add(oid);
  for (const one of here.leftOut) {
    const key = JSON.stringify([one.path, one.message]);
    if (!leftOut.has(key)) leftOut.set(key, { ...one, commit: commit.commit });
  }
}

/**
 * The commits that a person names.
 * @throws CmfError `not-found`
 */
export async function commitsNamed({ repository }: Context, revisions: readonly string[]): Promise<Oid[]> {
  const commits: Oid[] = [];
  for (const revision of revisions) {
    const commit = await repository.refs.commitOf(revision);
    if (commit === undefined) {
      throw new CmfError('not-found', {
        message: revision === 'HEAD' ? 'there is no commit yet' : `'${revision}' is not a commit`,
        hint: revision === 'HEAD' ? 'git commit' : 'git log --oneline',
      });
    }
    if (!commits.includes(commit)) commits.push(commit);
  }
  return commits;
}
