/**
 * Lineage as a tree of lines. Each node is opened once; where it comes up again it says so. Executions and artifacts
 * alternate, the start is at the top.
 */
import type { ExecutionId } from '../../../domain/ids.ts';
import type { Lineage, LineageDirection, LineageEdge, LineageNode } from '../../../domain/lineage-graph.ts';
import { visible } from '../../../domain/visible.ts';
import { pathText } from './field-text.ts';
import { nodeLabel } from './lineage-labels.ts';
import type { Style } from './style.ts';
import { statusPaint } from './tally-text.ts';

/** Deeper levels are not drawn: nobody could read them, and their indentation would grow without bound. */
const LEVELS_MAX = 60;

const TITLES: Readonly<Record<LineageDirection, string>> = { up: 'made from', down: 'went into' };

type Tree = {
  readonly lineage: Lineage;
  readonly direction: LineageDirection;
  readonly edgesAt: ReadonlyMap<string, readonly LineageEdge[]>;
  readonly shortIds: ReadonlyMap<ExecutionId, string>;
  readonly style: Style;
  readonly opened: Set<string>;
  readonly lines: string[];
};

/** The tree, or one below the other where both directions were asked for. */
export function lineageTree(lineage: Lineage, shortIds: ReadonlyMap<ExecutionId, string>, style: Style): string {
  const parts = lineage.directions.map((direction) => {
    const edgesAt = edgesByNode(lineage.edges, direction === 'up' ? 'to' : 'from');
    const tree: Tree = { lineage, direction, edgesAt, shortIds, style, opened: new Set(), lines: [] };
    if (lineage.directions.length > 1) tree.lines.push(style.strong(TITLES[direction]));
    for (const key of lineage.start) drawNode(tree, { key, edge: undefined }, { head: '', tail: '', level: 0 });
    return tree.lines.map((line) => `${line}\n`).join('');
  });
  return parts.join('\n');
}

function edgesByNode(edges: readonly LineageEdge[], end: 'from' | 'to'): ReadonlyMap<string, readonly LineageEdge[]> {
  const byNode = new Map<string, LineageEdge[]>();
  for (const edge of edges) {
    const known = byNode.get(edge[end]);
    if (known === undefined) byNode.set(edge[end], [edge]);
    else known.push(edge);
  }
  return byNode;
}

type Branch = { readonly key: string; readonly edge: LineageEdge | undefined };
/** What stands before the line of a node, and before those of its branches. */
type Indent = { readonly head: string; readonly tail: string; readonly level: number };

function drawNode(tree: Tree, { key, edge }: Branch, indent: Indent): void {
  const node = tree.lineage.nodes.get(key);
  if (node === undefined) return;
  const hasBranches = tree.edgesAt.has(key);
  const isRepeated = hasBranches && tree.opened.has(key);
  const isTooDeep = hasBranches && indent.level >= LEVELS_MAX;
  const remarks = [
    ...(edge?.byContent === true ? ['by content only'] : []),
    ...(isRepeated ? ['see above'] : []),
    ...(isTooDeep && !isRepeated ? ['goes on: --format json shows all'] : []),
  ];
  tree.lines.push(`${indent.head}${nodeLine(tree, node, edge, remarks)}`);
  if (isRepeated || isTooDeep) return;
  tree.opened.add(key);
  const branches = branchesOf(tree, key);
  for (const [i, branch] of branches.entries()) {
    const isLast = i === branches.length - 1;
    drawNode(tree, branch, {
      head: `${indent.tail}${isLast ? '└─ ' : '├─ '}`,
      tail: `${indent.tail}${isLast ? '   ' : '│  '}`,
      level: indent.level + 1,
    });
  }
}

/** What the edges of a node lead to, each once: the same bytes at two paths are one artifact. */
function branchesOf({ edgesAt, direction }: Tree, key: string): Branch[] {
  const branches = new Map<string, Branch>();
  for (const edge of edgesAt.get(key) ?? []) {
    const other = direction === 'up' ? edge.from : edge.to;
    if (!branches.has(other)) branches.set(other, { key: other, edge });
  }
  return [...branches.values()];
}

function nodeLine(tree: Tree, node: LineageNode, edge: LineageEdge | undefined, remarks: readonly string[]): string {
  const { shortIds, style } = tree;
  const label = nodeLabel(node, shortIds, edge && pathText(edge.use.operation.path));
  const paint = node.kind === 'execution' ? statusPaint(node.execution.status, style) : style.faint;
  const all = [...label.remarks, ...remarks];
  const suffix = all.length === 0 ? '' : `  ${style.doubtful(`(${all.map(visible).join('; ')})`)}`;
  return `${visible(label.name)}  ${paint(visible(label.detail))}${suffix}`;
}
