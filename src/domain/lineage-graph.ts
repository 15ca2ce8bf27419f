/**
 * The graph that a walk through lineage draws: executions and artifacts; edges point the way the data went.
 */
import type { Artifact } from './artifact-index.ts';
import type { ExecutionView, UseView } from './execution-view.ts';
import type { UseId } from './ids.ts';

/** `up`: to what came before; `down`: to what came after. */
export type LineageDirection = 'up' | 'down';

/**
 * A thing in the graph. Its key is the artifact's own, `kind:value`; the execution's id; or `?` and the id of the use that
 * is missing: no two kinds of node can have one key.
 */
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
export type LineageGraph = {
  readonly nodes: Map<string, LineageNode>;
  /** By use. */
  readonly edges: Map<UseId, LineageEdge>;
  /** Where several edges stand for one use, because its artifact is ambiguous or its producer missing: the others. */
  readonly moreEdges: Map<string, LineageEdge>;
};

/** Adds a node unless it is there. */
export function addNode({ nodes }: LineageGraph, node: LineageNode): void {
  if (!nodes.has(node.key)) nodes.set(node.key, node);
}

/** Says that the walk could have gone on from an artifact. */
export function markMore({ nodes }: LineageGraph, { key }: Artifact): void {
  const node = nodes.get(key);
  if (node?.kind === 'artifact' && !node.hasMore) nodes.set(key, { ...node, hasMore: true });
}

/** Adds an edge. What is known once is no longer by content only. */
export function addEdge({ edges, moreEdges }: LineageGraph, edge: LineageEdge): void {
  const first = edges.get(edge.use.id);
  if (first === undefined) {
    edges.set(edge.use.id, edge);
  } else if (first.from === edge.from && first.to === edge.to) {
    if (first.byContent && !edge.byContent) edges.set(edge.use.id, edge);
  } else {
    const key = `${edge.use.id} ${edge.from} ${edge.to}`;
    if (!edge.byContent || !moreEdges.has(key)) moreEdges.set(key, edge);
  }
}

/** All edges of a graph. */
export function edgesOf({ edges, moreEdges }: LineageGraph): readonly LineageEdge[] {
  return [...edges.values(), ...moreEdges.values()];
}

/** Adds the edge between a use's execution and its artifact. */
export function addUseEdge(graph: LineageGraph, use: UseView, artifact: Artifact, byContent: boolean): void {
  const isInput = use.operation.direction === 'input';
  const [from, to] = isInput ? [artifact.key, use.execution] : [use.execution, artifact.key];
  addEdge(graph, { from, to, use, byContent });
}
