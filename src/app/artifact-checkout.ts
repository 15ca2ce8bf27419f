/** Making a work tree, or another folder, hold what the pointers name. */
import { type CheckoutPlan, planCheckout } from '../domain/checkout-plan.ts';
import type { Digest } from '../domain/digest.ts';
import { type Difference, differencesBetween } from '../domain/directory-diff.ts';
import { type CachePlace, isDirDigest, memberDigest } from '../domain/dvc-cache.ts';
import type { DvcDirEntry } from '../domain/dvc-dir.ts';
import { CmfError } from '../domain/errors.ts';
import { dirListOf } from '../domain/hashed-files.ts';
import { folderOf } from '../domain/repository-path.ts';
import type { Hashed } from '../ports/hasher.ts';
import type { CheckoutFile } from '../ports/object-cache.ts';
import { type ArtifactOut, worktreeOf } from './artifact-outs.ts';
import { hashThere, isContent, readList } from './artifact-state.ts';
import type { Context } from './clone.ts';
import { cachePlaceOf } from './dvc-settings.ts';
import { hashProgress } from './hash-progress.ts';
import type { Files } from './track.ts';

export type CheckoutOptions = {
  /** Gives up what is not in the cache. */
  readonly force: boolean;
  /** A folder that takes the place of the work tree, absolute. */
  readonly to?: string;
};

export type CheckedOut = ArtifactOut & {
  readonly written: number;
  readonly removed: number;
  readonly kept: number;
  /** Objects that are not in the cache; where there are any, nothing was done. */
  readonly absent: number;
};

/** What is to happen for one artifact. `digest` is undefined where its pointer names no hash. */
type Planned = {
  readonly one: ArtifactOut;
  readonly digest: Digest | undefined;
  readonly plan: CheckoutPlan;
  /** What is right but for the x bit. */
  readonly executables?: readonly string[];
};

const SHOWN = 10;
const NOTHING: CheckoutPlan = { removes: [], writes: [], writesTotal: 0, kept: 0, lost: [], absent: [] };

/**
 * Checks out artifacts. Everything is looked at before anything is written.
 * @throws CmfError `conflict` when content would be lost that is not in the cache; `refused`, `damaged`
 */
export async function checkoutArtifacts(
  context: Context,
  files: Files,
  outs: readonly ArtifactOut[],
  options: CheckoutOptions,
): Promise<CheckedOut[]> {
  const place = await cachePlaceOf(context, files.config);
  const root = options.to ?? worktreeOf(context);
  const planned: Planned[] = [];
  for (const one of outs) planned.push(await planOne(context, files, { place, root, ...options }, one));
  refuseLoss(planned);
  const done: CheckedOut[] = [];
  for (const each of planned) done.push(await carryOut(context, files, place, root, each));
  return done;
}

type Where = CheckoutOptions & { readonly place: CachePlace; readonly root: string };

async function planOne(context: Context, files: Files, where: Where, one: ArtifactOut): Promise<Planned> {
  const { digest, cached } = one.out;
  if (digest === undefined || !cached) return { one, digest: undefined, plan: NOTHING };
  const progress = hashProgress(context, `comparing ${one.path}`);
  const hashed = await hashThere(files, where.root, one, progress.report);
  progress.end();
  if (hashed !== undefined && isContent(hashed, digest)) return planKept(one, digest, hashed);
  const entries = isDirDigest(digest) ? readList(files, where.place, digest) : [{ relpath: '', md5: digest.value }];
  // Without its list nothing of a folder can be told.
  if (entries === undefined) {
    return { one, digest, plan: { ...NOTHING, absent: [{ relpath: '', md5: digest.value }] } };
  }
  refuseOtherKind(one, digest, hashed);
  // Compared again for each question rather than held in memory.
  const differences = differencesBetween(entries, await presentEntries(hashed, digest));
  const isStored = await storedAmong(files, where.place, digest, differences);
  return { one, digest, plan: planCheckout(differences, isStored, where.force) };
}

/** The content is right; of a file the x bit may be missing. */
function planKept(one: ArtifactOut, digest: Digest, hashed: Hashed): Planned {
  if (hashed.kind === 'directory') return { one, digest, plan: { ...NOTHING, kept: hashed.nfiles } };
  const executables = one.out.executable && !hashed.executable ? [one.path] : [];
  return { one, digest, plan: { ...NOTHING, kept: 1 }, executables };
}

async function presentEntries(hashed: Hashed | undefined, digest: Digest): Promise<Iterable<DvcDirEntry>> {
  if (hashed?.kind === 'directory') return dirListOf(await hashed.listFiles());
  const own = hashed?.digests.find(({ kind }) => kind === digest.kind);
  return own === undefined ? [] : [{ relpath: '', md5: own.value }];
}

/** A folder where a file belongs, or the other way round: whose it is, only a person knows. */
function refuseOtherKind({ path }: ArtifactOut, digest: Digest, hashed: Hashed | undefined): void {
  const wanted = isDirDigest(digest) ? 'directory' : 'file';
  if (hashed === undefined || hashed.kind === wanted) return;
  throw new CmfError('conflict', {
    message: `${path} is a ${hashed.kind}, and its pointer names a ${wanted}`,
    hint: `move it out of the way, then run the command again: mv '${path}' elsewhere`,
  });
}

/**
 * Which content is in the cache, of all that a plan asks about. What the work tree is about to lose is read and hashed
 * there: the mode of an object promises its content, and proves nothing.
 */
async function storedAmong(
  files: Files,
  place: CachePlace,
  digest: Digest,
  differences: Iterable<Difference>,
): Promise<(md5: string) => boolean> {
  const absent = new Set(files.objects.missing(place, wantedOf(digest, differences)).map(({ value }) => value));
  const losing = [...new Set(presentOf(differences))].map((md5) => memberDigest(digest, md5));
  const { bad } = losing.length === 0 ? { bad: [] } : await files.objects.verify(place, losing);
  for (const { digest, problem } of bad) if (problem !== 'writable') absent.add(digest.value);
  return (md5) => !absent.has(md5);
}

function* wantedOf(digest: Digest, differences: Iterable<Difference>): Generator<Digest> {
  for (const { wanted, present } of differences) {
    if (wanted !== undefined && wanted !== present) yield memberDigest(digest, wanted);
  }
}

function* presentOf(differences: Iterable<Difference>): Generator<string> {
  for (const { wanted, present } of differences) if (present !== undefined && wanted !== present) yield present;
}

function refuseLoss(planned: readonly Planned[]): void {
  const lost = planned.flatMap(({ one, plan }) => plan.lost.map((relpath) => join(one.path, relpath)));
  if (lost.length === 0) return;
  const more = lost.length > SHOWN ? `\n  and ${lost.length - SHOWN} more` : '';
  const list = lost.slice(0, SHOWN).map((path) => `\n  ${path}`);
  throw new CmfError('conflict', {
    message: `nothing was checked out: this was changed, and is not in the cache:${list.join('')}${more}`,
    hint: 'git cmf artifact add keeps it, git cmf artifact checkout --force gives it up, --to DIR leaves it alone',
  });
}

async function carryOut(
  context: Context,
  files: Files,
  place: CachePlace,
  root: string,
  { one, digest, plan, executables = [] }: Planned,
): Promise<CheckedOut> {
  const { removes, writes, writesTotal, kept, absent } = plan;
  if (digest === undefined || absent.length > 0) {
    return { ...one, written: 0, removed: 0, kept, absent: absent.length };
  }
  const progress = hashProgress(context, `writing ${one.path}`);
  try {
    await files.objects.checkout(place, {
      root,
      removes: removes.map((relpath) => join(one.path, relpath)),
      keepFolder: folderOf(one.path),
      writes: filesOf(one, digest, writes),
      writesTotal,
      executables,
      emptyFolder: isDirDigest(digest) ? one.path : undefined,
      onProgress: progress.report,
    });
  } finally {
    progress.end();
  }
  return { ...one, written: writesTotal, removed: removes.length, kept, absent: 0 };
}

function* filesOf({ path, out }: ArtifactOut, digest: Digest, writes: Iterable<DvcDirEntry>): Generator<CheckoutFile> {
  for (const { relpath, md5 } of writes) {
    yield { path: join(path, relpath), digest: memberDigest(digest, md5), executable: out.executable };
  }
}

function join(path: string, relpath: string): string {
  return relpath === '' ? path : `${path}/${relpath}`;
}
