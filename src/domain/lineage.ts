/**
 * Lineage: what something was made from (up), and what was made of it (down).
 *
 * A graph of executions and artifacts; edges point the way the data went. An input that says which use produced it
 * (`from`) leads to that execution and no other. An input that does not say so, or names a use that is not known here,
 * leads to everyone who wrote the same content; such edges are marked `byContent`, since 500 executions that wrote the
 * same empty file did not all feed its reader. Both directions follow the same links, so what is above something has it
 * below. The walk is breadth-first without recursion: each execution and each artifact is opened once in each
 * direction, so cycles end and time is linear in the uses that are reached.
 */
import { type Artifact, type ArtifactIndex, artifactIndex } from './artifact-index.ts';
import type { ExecutionView, UseView } from './execution-view.ts';
import type { UseId } from './ids.ts';
import {
  addEdge,
  addNode,
  addUseEdge,
  artifactKey,
  executionKey,
  type Lineage,
  type LineageDirection,
  type LineageGraph,
  markMore,
} from './lineage-graph.ts';
import type { View } from './view.ts';

/** Where a walk begins. */
export type LineageStart =
  | { readonly kind: 'artifact'; readonly artifacts: readonly Artifact[] }
  | { readonly kind: 'execution'; readonly execution: ExecutionView }
  | { readonly kind: 'use'; readonly use: UseView };

/** How far to walk. */
export type LineageOptions = {
  readonly directions: readonly LineageDirection[];
  /** How many executions deep; without it to the end. */
  readonly depthMax?: number;
};

/** What walks read; made once per view. */
export type LineageSources = {
  readonly view: View;
  readonly index: ArtifactIndex;
  /** The inputs that name a use as their producer. */
  readonly consumersOf: (producer: UseId) => readonly UseView[];
};

/** Gets a view ready for any number of walks. Linear in the uses. */
export function lineageSources(view: View, index: ArtifactIndex = artifactIndex(view)): LineageSources {
  const consumers = new Map<UseId, UseView[]>();
  for (const use of index.uses.values()) {
    const producer = statedProducer(index, use);
    if (producer === undefined) continue;
    const known = consumers.get(producer.id);
    if (known === undefined) consumers.set(producer.id, [use]);
    else known.push(use);
  }
  return { view, index, consumersOf: (producer) => consumers.get(producer) ?? [] };
}

/** The output that an input says it comes from; undefined when it says nothing that can be followed here. */
function statedProducer(index: ArtifactIndex, { operation }: UseView): UseView | undefined {
  if (operation.direction !== 'input' || operation.from === undefined) return undefined;
  const producer = index.useOf(operation.from);
  return producer?.operation.direction === 'output' ? producer : undefined;
}

/** Walks from the start in each direction asked for. */
export function lineage(sources: LineageSources, start: LineageStart, options: LineageOptions): Lineage {
  const graph: LineageGraph = { nodes: new Map(), edges: new Map() };
  const { depthMax = Number.POSITIVE_INFINITY, directions } = options;
  for (const direction of directions) {
    const walk: Walk = { ...sources, graph, direction, depthMax, steps: [], next: [], opened: new Set() };
    begin(walk, start);
    while (walk.steps.length > 0 || walk.next.length > 0) {
      for (let i = 0; i < walk.steps.length; i++) take(walk, walk.steps[i] as Step);
      walk.steps = walk.next;
      walk.next = [];
    }
  }
  return { start: startKeys(sources.index, start), directions, nodes: graph.nodes, edges: [...graph.edges.values()] };
}

/** Something still to open. */
type Step =
  | { readonly kind: 'execution'; readonly execution: ExecutionView; readonly depth: number }
  /** All who wrote (up) or read (down) the content. */
  | { readonly kind: 'artifact'; readonly artifact: Artifact; readonly depth: number; readonly isStart: boolean }
  /** One use, from the side of its artifact: what it is linked with. */
  | { readonly kind: 'link'; readonly use: UseView; readonly depth: number };

type Walk = LineageSources & {
  readonly graph: LineageGraph;
  readonly direction: LineageDirection;
  readonly depthMax: number;
  /** What is to be opened at the present depth. */
  steps: Step[];
  /** Executions one deeper. All of a depth is opened before anything deeper, so depths are the smallest there are. */
  next: Step[];
  readonly opened: Set<string>;
};

function startKeys(index: ArtifactIndex, start: LineageStart): string[] {
  switch (start.kind) {
    case 'artifact':
      return start.artifacts.map(artifactKey);
    case 'execution':
      return [executionKey(start.execution)];
    case 'use':
      return index.artifactsOf(start.use).map(artifactKey);
  }
}

function begin(walk: Walk, start: LineageStart): void {
  switch (start.kind) {
    case 'artifact':
      for (const artifact of start.artifacts) {
        addArtifact(walk, artifact, 0);
        walk.steps.push({ kind: 'artifact', artifact, depth: 0, isStart: true });
      }
      return;
    case 'execution':
      walk.steps.push({ kind: 'execution', execution: start.execution, depth: 0 });
      return;
    case 'use':
      beginWithUse(walk, start.use);
  }
}

/** The link of one use and nothing else of its execution. */
function beginWithUse(walk: Walk, use: UseView): void {
  const artifacts = walk.index.artifactsOf(use);
  for (const artifact of artifacts) addArtifact(walk, artifact, 0);
  const execution = walk.view.executions.get(use.execution);
  if (!isLinkSide(walk, use) || execution === undefined) {
    follow(walk, use, artifacts, { depth: 0, byContent: false });
    return;
  }
  addNode(walk.graph, { kind: 'execution', key: executionKey(execution), execution, depth: 0 });
  for (const artifact of artifacts) addUseEdge(walk.graph, use, artifact, false);
  walk.steps.push({ kind: 'link', use, depth: 0 });
}

/** Going up, inputs are linked with outputs; going down, outputs with inputs. */
function isLinkSide({ direction }: Walk, use: UseView): boolean {
  return use.operation.direction === (direction === 'up' ? 'input' : 'output');
}

/** Goes on to the execution of a use, one deeper; false when that is too deep and it was not reached before. */
function reach(walk: Walk, use: UseView, depth: number): boolean {
  const execution = walk.view.executions.get(use.execution);
  if (execution === undefined) return false;
  if (walk.opened.has(executionKey(execution))) return true;
  if (depth >= walk.depthMax) return false;
  walk.next.push({ kind: 'execution', execution, depth: depth + 1 });
  return true;
}

/** Goes on to the execution of a use, with an edge from each of the artifacts; where it is too deep, they say so. */
function follow(
  walk: Walk,
  use: UseView,
  artifacts: readonly Artifact[],
  at: { readonly depth: number; readonly byContent: boolean },
): void {
  const isReached = reach(walk, use, at.depth);
  for (const artifact of artifacts) {
    if (isReached) addUseEdge(walk.graph, use, artifact, at.byContent);
    else markMore(walk.graph, artifact);
  }
}

function take(walk: Walk, step: Step): void {
  switch (step.kind) {
    case 'execution':
      openExecution(walk, step.execution, step.depth);
      return;
    case 'artifact':
      openArtifact(walk, step.artifact, step.depth, step.isStart);
      return;
    case 'link':
      openLink(walk, step.use, step.depth);
  }
}

/** Shows what an execution read (up) or wrote (down), and follows each. */
function openExecution(walk: Walk, execution: ExecutionView, depth: number): void {
  const key = executionKey(execution);
  if (walk.opened.has(key)) return;
  walk.opened.add(key);
  addNode(walk.graph, { kind: 'execution', key, execution, depth });
  for (const use of execution.uses) {
    if (!isLinkSide(walk, use)) continue;
    for (const artifact of walk.index.artifactsOf(use)) {
      addArtifact(walk, artifact, depth);
      addUseEdge(walk.graph, use, artifact, false);
    }
    walk.steps.push({ kind: 'link', use, depth });
  }
}

/** Follows what is known of one use first, and the content where that is not enough. */
function openLink(walk: Walk, use: UseView, depth: number): void {
  if (walk.direction === 'up') {
    const producer = statedProducer(walk.index, use);
    if (producer !== undefined) {
      join(walk, { near: use, far: producer, depth });
      return;
    }
    addMissing(walk, use, depth);
  } else {
    for (const consumer of walk.consumersOf(use.id)) join(walk, { near: use, far: consumer, depth });
  }
  for (const artifact of walk.index.artifactsOf(use)) {
    walk.steps.push({ kind: 'artifact', artifact, depth, isStart: false });
  }
}

/** Joins two uses of which one says that its data came from the other. */
function join(walk: Walk, link: { readonly near: UseView; readonly far: UseView; readonly depth: number }): void {
  const { near, far, depth } = link;
  const nearArtifacts = walk.index.artifactsOf(near);
  const farArtifacts = walk.index.artifactsOf(far);
  const common = nearArtifacts.filter((artifact) => farArtifacts.includes(artifact));
  // Digests of different kinds: what was written is not known to be what was read, but somebody said so.
  const artifacts = common.length > 0 ? common : walk.direction === 'up' ? farArtifacts : nearArtifacts;
  if (!reach(walk, far, depth)) {
    for (const artifact of nearArtifacts) markMore(walk.graph, artifact);
    return;
  }
  for (const artifact of artifacts) {
    addArtifact(walk, artifact, depth);
    addUseEdge(walk.graph, near, artifact, false);
    addUseEdge(walk.graph, far, artifact, false);
  }
}

/** Follows the content: all who wrote it (up), or all who read it and do not say that it came from elsewhere (down). */
function openArtifact(walk: Walk, artifact: Artifact, depth: number, isStart: boolean): void {
  const key = artifactKey(artifact);
  if (walk.opened.has(key)) return;
  walk.opened.add(key);
  for (const use of artifact.uses) {
    if (!isLinkSide(walk, use)) {
      const isElsewhere = statedProducer(walk.index, use) !== undefined;
      if (isStart || !isElsewhere) follow(walk, use, [artifact], { depth, byContent: !isStart });
    } else if (isStart && walk.direction === 'down') {
      for (const consumer of walk.consumersOf(use.id)) join(walk, { near: use, far: consumer, depth });
    }
  }
}

function addArtifact({ graph }: Walk, artifact: Artifact, depth: number): void {
  addNode(graph, { kind: 'artifact', key: artifactKey(artifact), artifact, depth, hasMore: false });
}

/** Shows the producer that an input names and that is not here. One that turned out to be no output does not count. */
function addMissing(walk: Walk, use: UseView, depth: number): void {
  const { from } = use.operation;
  if (from === undefined || walk.index.useOf(from) !== undefined) return;
  const key = `use:${from}`;
  const isTooDeep = depth >= walk.depthMax;
  if (!isTooDeep) addNode(walk.graph, { kind: 'missing', key, use: from, depth: depth + 1 });
  for (const artifact of walk.index.artifactsOf(use)) {
    if (isTooDeep) markMore(walk.graph, artifact);
    else addEdge(walk.graph, { from: key, to: artifactKey(artifact), use, byContent: false });
  }
}
