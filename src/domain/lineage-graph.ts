/**
 * The graph that a walk through lineage draws: executions and artifacts; edges point the way the data went.
 */
import type { Artifact } from './artifact-index.ts';
import type { ExecutionView, UseView } from './execution-view.ts';
import type { UseId } from './ids.ts';

/** `up`: to what came before; `down`: to what came after. */
export type LineageDirection = 'up' | 'down';

/** A thing in the graph. */
export type LineageNode =
  | {
      readonly kind: 'artifact';
      readonly key: string;
      readonly artifact: Artifact;
      /** How many executions lie between it and the start. */
      readonly depth: number;
      /** The depth limit kept the walk from going on here. */
      readonly hasMore: boolean;
    }
  | { readonly kind: 'execution'; readonly key: string; readonly execution: ExecutionView; readonly depth: number }
  /** A use that an input names as its producer and that is not known here: most often its pipeline was not fetched. */
  | { readonly kind: 'missing'; readonly key: string; readonly use: UseId; readonly depth: number };

/** One use of an artifact, as an edge. */
export type LineageEdge = {
  /** Keys of nodes, the way the data went. */
  readonly from: string;
  readonly to: string;
  /** The use that the edge stands for. */
  readonly use: UseView;
  /** Nobody said that the data went this way: only the content is the same. */
  readonly byContent: boolean;
};

/** What a walk found. */
export type Lineage = {
  /** Keys of the nodes it began with. */
  readonly start: readonly string[];
  readonly directions: readonly LineageDirection[];
  /** By key, nearest first. */
  readonly nodes: ReadonlyMap<string, LineageNode>;
  readonly edges: readonly LineageEdge[];
};

/** A graph that is being drawn. */
export type LineageGraph = { readonly nodes: Map<string, LineageNode>; readonly edges: Map<string, LineageEdge> };

export function artifactKey(artifact: Artifact): string {
  return `artifact:${artifact.key}`;
}

export function executionKey({ id }: ExecutionView): string {
  return `execution:${id}`;
}

/** Adds a node unless it is there. */
export function addNode({ nodes }: LineageGraph, node: LineageNode): void {
  if (!nodes.has(node.key)) nodes.set(node.key, node);
}

/** Says that the walk could have gone on from an artifact. */
export function markMore({ nodes }: LineageGraph, artifact: Artifact): void {
  const key = artifactKey(artifact);
  const node = nodes.get(key);
  if (node?.kind === 'artifact' && !node.hasMore) nodes.set(key, { ...node, hasMore: true });
}

/** Adds an edge. What is known once is no longer by content only. */
export function addEdge({ edges }: LineageGraph, edge: LineageEdge): void {
  const key = `${edge.from} ${edge.to} ${edge.use.id}`;
  const known = edges.get(key);
  if (known === undefined || (known.byContent && !edge.byContent)) edges.set(key, edge);
}

/** Adds the edge between a use's execution and its artifact. */
export function addUseEdge(graph: LineageGraph, use: UseView, artifact: Artifact, byContent: boolean): void {
  const execution = `execution:${use.execution}`;
  const content = artifactKey(artifact);
  const isInput = use.operation.direction === 'input';
  const [from, to] = isInput ? [content, execution] : [execution, content];
  addEdge(graph, { from, to, use, byContent });
}
