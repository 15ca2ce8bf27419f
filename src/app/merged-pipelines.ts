/**
 * merged/p/<pipeline>: of each writer that has that pipeline's bucket or `_`, the gate, writer.json and those two
 * buckets. A function of the writers' trees; only what changed is looked at.
 */
import { isPipelineId, type PipelineId, REFS, type WriterId } from '../domain/ids.ts';
import { GATE, mergedPath, WRITER_JSON } from '../domain/layout.ts';
import type { CommitRequest, GitObjects, Oid, TreeChange } from '../ports/git.ts';

/** Per writer: the tree before and after; undefined where there is none. */
export type WriterChanges = ReadonlyMap<
  WriterId,
  { readonly before: Oid | undefined; readonly after: Oid | undefined }
>;

/** What must happen to one merged/p ref: a commit, or (changes undefined) its end. */
export type PipelineStep = Pick<CommitRequest, 'ref' | 'expected'> & {
  readonly changes: readonly TreeChange[] | undefined;
  /** The tree starts empty. */
  readonly isFresh: boolean;
};

export type PipelineRequest = {
  /** The merged refs as they were before the writers' refs were read. */
  readonly refs: ReadonlyMap<string, Oid>;
  readonly writers: ReadonlyMap<WriterId, Oid>;
  readonly changed: WriterChanges;
  /** Makes all of them anew instead of only what changed. */
  readonly isFresh: boolean;
};

/** Paths of a writer's tree down to its buckets, with their objects. */
type Buckets = ReadonlyMap<string, Oid>;

/** The steps that bring every merged/p ref up to the writers' trees. */
export async function planPipelines(objects: GitObjects, request: PipelineRequest): Promise<PipelineStep[]> {
  const cache = new Map<Oid, Promise<Buckets>>();
  const bucketsOf = (tree: Oid | undefined): Promise<Buckets> => {
    if (tree === undefined) return Promise.resolve(new Map());
    const found = cache.get(tree) ?? readBuckets(objects, tree);
    cache.set(tree, found);
    return found;
  };
  const wanted = new Set<PipelineId>();
  const lost = new Set<PipelineId>();
  for (const { before, after } of request.changed.values()) {
    const now = pipelinesIn(await bucketsOf(after));
    for (const pipeline of now) wanted.add(pipeline);
    for (const pipeline of pipelinesIn(await bucketsOf(before))) if (!now.has(pipeline)) lost.add(pipeline);
  }
  for (const name of request.refs.keys()) {
    const pipeline = name.slice(REFS.mergedPipeline.length);
    if (!name.startsWith(REFS.mergedPipeline) || !isPipelineId(pipeline)) continue;
    if (request.isFresh && !wanted.has(pipeline)) lost.add(pipeline);
    wanted.add(pipeline);
  }
  const steps: PipelineStep[] = [];
  for (const pipeline of [...wanted].sort()) {
    const step = await planPipeline(request, pipeline, lost.has(pipeline), bucketsOf);
    if (step !== undefined) steps.push(step);
  }
  return steps;
}

async function planPipeline(
  { refs, writers, changed, isFresh }: PipelineRequest,
  pipeline: PipelineId,
  mayEnd: boolean,
  bucketsOf: (tree: Oid | undefined) => Promise<Buckets>,
): Promise<PipelineStep | undefined> {
  const ref = REFS.mergedPipeline + pipeline;
  const expected = refs.get(ref);
  if (mayEnd && !(await anyHas(writers.values(), pipeline, bucketsOf))) {
    return expected === undefined ? undefined : { ref, expected, changes: undefined, isFresh: false };
  }
  const startsEmpty = isFresh || expected === undefined;
  const changes: TreeChange[] = [];
  if (startsEmpty) {
    for (const [writer, tree] of writers)
      changes.push(...changesOf(writer, pipeline, new Map(), await bucketsOf(tree)));
  } else {
    for (const [writer, { before, after }] of changed) {
      changes.push(...changesOf(writer, pipeline, await bucketsOf(before), await bucketsOf(after)));
    }
  }
  return changes.length === 0 ? undefined : { ref, expected, changes, isFresh: startsEmpty };
}

async function anyHas(
  trees: Iterable<Oid>,
  pipeline: PipelineId,
  bucketsOf: (tree: Oid) => Promise<Buckets>,
): Promise<boolean> {
  for (const tree of trees) if ((await bucketsOf(tree)).has(`seg/${pipeline}`)) return true;
  return false;
}

/** What changes below one writer's folder of a pipeline's tree. */
function changesOf(writer: WriterId, pipeline: PipelineId, before: Buckets, after: Buckets): TreeChange[] {
  const old = select(before, pipeline);
  const now = select(after, pipeline);
  const prefix = mergedPath(writer);
  const changes: TreeChange[] = [];
  for (const path of old.keys()) if (!now.has(path)) changes.push({ path: `${prefix}/${path}`, oid: undefined });
  for (const [path, oid] of now) {
    const mode = path.includes('/') ? '040000' : '100644';
    if (old.get(path) !== oid) changes.push({ path: `${prefix}/${path}`, oid, mode });
  }
  return changes;
}

/** The part of a writer's tree that a pipeline shows; empty when the writer has nothing for it. */
function select(buckets: Buckets, pipeline: PipelineId): Buckets {
  const folders = [`seg/${pipeline}`, 'seg/_'].filter((path) => buckets.has(path));
  if (folders.length === 0) return new Map();
  return new Map([GATE, WRITER_JSON, ...folders].map((path) => [path, buckets.get(path) as Oid]));
}

function pipelinesIn(buckets: Buckets): Set<PipelineId> {
  const found = new Set<PipelineId>();
  for (const path of buckets.keys()) {
    const name = path.slice('seg/'.length);
    if (path.startsWith('seg/') && isPipelineId(name)) found.add(name);
  }
  return found;
}

async function readBuckets(objects: GitObjects, tree: Oid): Promise<Buckets> {
  const buckets = new Map<string, Oid>();
  for (const { name, oid, mode } of await objects.readTree(tree)) {
    if (mode !== '040000') buckets.set(name, oid);
    else for (const bucket of await objects.readTree(oid)) buckets.set(`${name}/${bucket.name}`, bucket.oid);
  }
  return buckets;
}
