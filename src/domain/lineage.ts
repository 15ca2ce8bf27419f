/**
 * Lineage: what something was made from (up), and what was made of it (down).
 *
 * A graph of executions and artifacts; edges point the way the data went. An input that says which use produced it
 * (`from`) leads to that execution and no other. An input that does not say so, or names a use that is not known here,
 * leads to everyone who wrote the same content; such edges are marked `byContent`, since 500 executions that wrote the
 * same empty file did not all feed its reader. Both directions follow the same links, so what is above something has it
 * below. The walk is breadth-first without recursion: each execution and each artifact is opened once in each direction,
 * so cycles end and time is linear in the uses that are reached.
 */
import { type Artifact, type ArtifactIndex, artifactIndex } from './artifact-index.ts';
import type { ExecutionView, UseView } from './execution-view.ts';
import type { UseId } from './ids.ts';
import {
  addEdge,
  addNode,
  addUseEdge,
  edgesOf,
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
  for (const use of index.uses) {
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
  const graph: LineageGraph = { nodes: new Map(), edges: new Map(), moreEdges: new Map() };
  const { depthMax = Number.POSITIVE_INFINITY, directions } = options;
  for (const direction of directions) {
    const walk: Walk = {
      sources,
      graph,
      direction,
      depthMax,
      depth: 0,
      next: [],
      reached: new Set(),
      opened: new Set(),
    };
    begin(walk, start);
    for (let now = walk.next; now.length > 0; now = walk.next) {
      walk.next = [];
      walk.depth += start.kind === 'execution' && now[0] === start.execution ? 0 : 1;
      for (const execution of now) openExecution(walk, execution);
    }
  }
  return { start: startKeys(sources, start), directions, nodes: graph.nodes, edges: edgesOf(graph) };
}

type Walk = {
  readonly sources: LineageSources;
  readonly graph: LineageGraph;
  readonly direction: LineageDirection;
  readonly depthMax: number;
  /** How many executions deep the walk is. */
  depth: number;
  /** Executions one deeper. All of a depth is opened before anything deeper, so depths are the smallest there are. */
  next: ExecutionView[];
  readonly reached: Set<ExecutionView>;
  /** Artifacts whose content was followed. */
  readonly opened: Set<Artifact>;
};

function startKeys({ index }: LineageSources, start: LineageStart): string[] {
  switch (start.kind) {
    case 'artifact':
      return start.artifacts.map(({ key }) => key);
    case 'execution':
      return [start.execution.id];
    case 'use':
      return index.artifactsOf(start.use).map(({ key }) => key);
  }
}

function begin(walk: Walk, start: LineageStart): void {
  switch (start.kind) {
    case 'artifact':
      for (const artifact of start.artifacts) {
        addArtifact(walk, artifact);
        openArtifact(walk, artifact, true);
      }
      return;
    case 'execution':
      walk.reached.add(start.execution);
      walk.next.push(start.execution);
      return;
    case 'use':
      beginWithUse(walk, start.use);
  }
}

/** The link of one use and nothing else of its execution. */
function beginWithUse(walk: Walk, use: UseView): void {
  const artifacts = walk.sources.index.artifactsOf(use);
  for (const artifact of artifacts) addArtifact(walk, artifact);
  const execution = walk.sources.view.executions.get(use.execution);
  if (!isLinkSide(walk, use) || execution === undefined) {
    follow(walk, use, artifacts, false);
    return;
  }
  addNode(walk.graph, { kind: 'execution', key: execution.id, execution, depth: 0 });
  for (const artifact of artifacts) addUseEdge(walk.graph, use, artifact, false);
  openLink(walk, use, artifacts);
}

/** Going up, inputs are linked with outputs; going down, outputs with inputs. */
function isLinkSide({ direction }: Walk, use: UseView): boolean {
  return use.operation.direction === (direction === 'up' ? 'input' : 'output');
}

/** Shows what an execution read (up) or wrote (down), and follows each. */
function openExecution(walk: Walk, execution: ExecutionView): void {
  addNode(walk.graph, { kind: 'execution', key: execution.id, execution, depth: walk.depth });
  for (const use of execution.uses) {
    if (!isLinkSide(walk, use)) continue;
    const artifacts = walk.sources.index.artifactsOf(use);
    for (const artifact of artifacts) {
      addArtifact(walk, artifact);
      addUseEdge(walk.graph, use, artifact, false);
    }
    openLink(walk, use, artifacts);
  }
}

/** Follows what is known of one use first, and the content where that is not enough. */
function openLink(walk: Walk, use: UseView, artifacts: readonly Artifact[]): void {
  const { index, consumersOf } = walk.sources;
  if (walk.direction === 'up') {
    const producer = statedProducer(index, use);
    if (producer !== undefined) {
      join(walk, use, producer);
      return;
    }
    addMissing(walk, use);
  } else {
    for (const consumer of consumersOf(use.id)) join(walk, use, consumer);
  }
  for (const artifact of artifacts) openArtifact(walk, artifact, false);
}

/** Follows the content: all who wrote it (up), or all who read it and do not say that it came from elsewhere (down). */
function openArtifact(walk: Walk, artifact: Artifact, isStart: boolean): void {
  if (walk.opened.has(artifact)) return;
  walk.opened.add(artifact);
  const { index, consumersOf } = walk.sources;
  for (const use of artifact.uses) {
    if (!isLinkSide(walk, use)) {
      const isElsewhere = statedProducer(index, use) !== undefined;
      if (isStart || !isElsewhere) follow(walk, use, [artifact], !isStart);
    } else if (isStart && walk.direction === 'down') {
      for (const consumer of consumersOf(use.id)) join(walk, use, consumer);
    }
  }
}

/** Joins two uses of which one says that its data came from the other. */
function join(walk: Walk, near: UseView, far: UseView): void {
  const nearArtifacts = walk.sources.index.artifactsOf(near);
  const farArtifacts = walk.sources.index.artifactsOf(far);
  if (!reach(walk, far)) {
    for (const artifact of nearArtifacts) markMore(walk.graph, artifact);
    return;
  }
  const common = nearArtifacts.filter((artifact) => farArtifacts.includes(artifact));
  // Digests of different kinds: what was written is not known to be what was read, but somebody said so.
  const artifacts = common.length > 0 ? common : walk.direction === 'up' ? farArtifacts : nearArtifacts;
  for (const artifact of artifacts) {
    addArtifact(walk, artifact);
    addUseEdge(walk.graph, near, artifact, false);
    addUseEdge(walk.graph, far, artifact, false);
  }
}

/** Goes on to the execution of a use, with an edge from each of the artifacts; where it is too deep, they say so. */
function follow(walk: Walk, use: UseView, artifacts: readonly Artifact[], byContent: boolean): void {
  const isReached = reach(walk, use);
  for (const artifact of artifacts) {
    if (isReached) addUseEdge(walk.graph, use, artifact, byContent);
    else markMore(walk.graph, artifact);
  }
}

/** Goes on to the execution of a use, one deeper; false when that is too deep and it was not reached before. */
function reach(walk: Walk, use: UseView): boolean {
  const execution = walk.sources.view.executions.get(use.execution);
  if (execution === undefined) return false;
  if (walk.reached.has(execution)) return true;
  if (walk.depth >= walk.depthMax) return false;
  walk.reached.add(execution);
  walk.next.push(execution);
  return true;
}

function addArtifact({ graph, depth }: Walk, artifact: Artifact): void {
  if (graph.nodes.has(artifact.key)) return;
  addNode(graph, { kind: 'artifact', key: artifact.key, artifact, depth, hasMore: false });
}

/** Shows the producer that an input names and that is not here. One that turned out to be no output does not count. */
function addMissing({ graph, depth, depthMax, sources }: Walk, use: UseView): void {
  const { from } = use.operation;
  if (from === undefined || sources.index.useOf(from) !== undefined) return;
  const key = `?${from}`;
  const isTooDeep = depth >= depthMax;
  if (!isTooDeep) addNode(graph, { kind: 'missing', key, use: from, depth: depth + 1 });
  for (const artifact of sources.index.artifactsOf(use)) {
    if (isTooDeep) markMore(graph, artifact);
    else addEdge(graph, { from: key, to: artifact.key, use, byContent: false });
  }
}
