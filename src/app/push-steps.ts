/**
 * Steps: how much of a journal one push sends. A server bounds what a push may bring, and a long push may be cut; so a large
 * journal goes up commit by commit of its own history, as many at once as fit in a step.
 */
import type { GitObjects, GitRepository, NewCommit, Oid } from '../ports/git.ts';
import { type JournalLimits, PUSH_LIMITS } from './journal-limits.ts';
import { type JournalFile, newFiles } from './journal-walk.ts';
import { type ObjectBudget, objectBudget } from './new-objects.ts';

/**
 * The most that one step brings: a quarter of what a server accepts. Files are counted here, folders are not: a file comes
 * with three of its own at most, so even then the server's limit holds.
 */
export const STEP_LIMITS: JournalLimits = {
  pathsMax: PUSH_LIMITS.pathsMax / 4,
  sizeBytesMax: PUSH_LIMITS.sizeBytesMax / 4,
};

/** What needs no plan: so few files that also the history behind them is small. */
const SMALL: JournalLimits = { pathsMax: 256, sizeBytesMax: 8 * 1024 * 1024 };

/** Segments that a step brings, and their bytes. */
export type StepCost = { readonly files: number; readonly sizeBytes: number };

/** What to send next. */
export type StepPlan = { readonly cost: StepCost } & (
  | {
      /** This commit, which continues what the remote has. */
      readonly kind: 'commit';
      readonly commit: Oid;
    }
  | {
      /** This commit, once it is united with what the remote has. */
      readonly kind: 'union';
      readonly commit: Oid;
      readonly from: Oid;
    }
  | {
      /** Some files of a commit that is more than a step. */
      readonly kind: 'part';
      readonly files: readonly JournalFile[];
    }
);

/** What the remote has (undefined: nothing) and what it shall have; both are in this repository. */
export type StepRequest = { readonly from: Oid | undefined; readonly tip: Oid; readonly limits: JournalLimits };

type Missing = { readonly files: readonly JournalFile[]; readonly sizes: readonly number[]; readonly cost: StepCost };

/** What all that `from` lacks would bring at once; undefined when that takes a plan. */
export async function smallCost(
  objects: GitObjects,
  { from, tip, limits }: StepRequest,
): Promise<StepCost | undefined> {
  const { cost } = await missingFiles(objects, from, tip);
  return fits(cost, SMALL) && fits(cost, limits) ? cost : undefined;
}

/** Plans the next step towards the tip. */
export async function planStep({ objects, refs }: GitRepository, request: StepRequest): Promise<StepPlan> {
  const { from, tip } = request;
  const cost = await smallCost(objects, request);
  if (cost !== undefined) {
    const continues = from === undefined || (await refs.isAncestor(from, tip));
    return continues ? { kind: 'commit', commit: tip, cost } : { kind: 'union', commit: tip, from, cost };
  }
  const walk = new ChainWalk(objects, request);
  for await (const next of refs.newCommits(tip, from)) if (!(await walk.take(next))) break;
  return walk.plan ?? { kind: 'commit', commit: tip, cost: { files: 0, sizeBytes: 0 } };
}

/** Takes the commits of a history, parents first, for as long as they fit in a step. */
class ChainWalk {
  plan: StepPlan | undefined;
  private readonly objects: GitObjects;
  private readonly request: StepRequest;
  private readonly budget: ObjectBudget;
  /** Commits that have what the remote has in their history. */
  private readonly continuing = new Set<Oid>();
  private cost: StepCost = { files: 0, sizeBytes: 0 };

  constructor(objects: GitObjects, request: StepRequest) {
    this.objects = objects;
    this.request = request;
    this.budget = objectBudget(request.limits);
  }

  /** False when no more fits. */
  async take(next: NewCommit): Promise<boolean> {
    if (!(this.plan === undefined ? await this.begin(next) : await this.goOn(next))) return false;
    const { commit, parents } = next;
    const { from } = this.request;
    const { cost } = this;
    if (from === undefined || parents.some((parent) => parent === from || this.continuing.has(parent))) {
      this.continuing.add(commit);
      this.plan = { kind: 'commit', commit, cost };
    } else if (this.plan?.kind !== 'commit') this.plan = { kind: 'union', commit, from, cost };
    return true;
  }

  /** The first is measured by what the remote lacks, for parts of it may be there already. */
  private async begin({ commit, brings }: NewCommit): Promise<boolean> {
    const { from, limits } = this.request;
    const missing = await missingFiles(this.objects, from, commit);
    this.cost = missing.cost;
    this.budget.count -= brings.length + 1;
    if (fits(missing.cost, limits)) return true;
    const part = partOf(missing, limits);
    if (part.cost.files === missing.cost.files) return true;
    this.plan = part;
    return false;
  }

  private async goOn({ brings }: NewCommit): Promise<boolean> {
    let { files, sizeBytes } = this.cost;
    this.budget.count -= brings.length + 1;
    for (const info of await this.objects.infos(brings)) {
      this.budget.sizeBytes -= info?.sizeBytes ?? 0;
      if (info?.type !== 'blob') continue;
      files += 1;
      sizeBytes += info.sizeBytes;
    }
    this.cost = { files, sizeBytes };
    return fits(this.cost, this.request.limits) && this.budget.count >= 0 && this.budget.sizeBytes >= 0;
  }
}

function fits({ files, sizeBytes }: StepCost, { pathsMax, sizeBytesMax }: JournalLimits): boolean {
  return files <= pathsMax && sizeBytes <= sizeBytesMax;
}

async function missingFiles(objects: GitObjects, from: Oid | undefined, commit: Oid): Promise<Missing> {
  const base = from === undefined ? undefined : await objects.treeOf(from);
  const tree = await objects.treeOf(commit);
  const walk = { tree, base, isBaseOptional: true, pathsMax: undefined };
  const files = tree === base ? [] : await newFiles(objects, walk);
  const sizes = (await objects.infos(files.map(({ oid }) => oid))).map((info) => info?.sizeBytes ?? 0);
  const segments = files.filter(isSegment);
  return { files, sizes, cost: { files: segments.length, sizeBytes: sizes.reduce((sum, size) => sum + size, 0) } };
}

/** As many segments as fit, one at least, and what every journal's tree must have. */
function partOf({ files, sizes }: Missing, { pathsMax, sizeBytesMax }: JournalLimits): StepPlan {
  const part = files.filter((file) => !isSegment(file));
  let cost: StepCost = { files: 0, sizeBytes: 0 };
  for (const [i, file] of files.entries()) {
    if (!isSegment(file)) continue;
    const next = { files: cost.files + 1, sizeBytes: cost.sizeBytes + (sizes[i] ?? 0) };
    if (cost.files > 0 && !fits(next, { pathsMax, sizeBytesMax })) break;
    part.push(file);
    cost = next;
  }
  return { kind: 'part', files: part, cost };
}

function isSegment({ place }: JournalFile): boolean {
  return place.kind === 'segment';
}
