/** Lineage as a drawing for Graphviz (dot) or Mermaid. Nodes are numbered; what they are called stands in labels only. */
import type { ExecutionId } from '../../../domain/ids.ts';
import type { Lineage, LineageNode } from '../../../domain/lineage-graph.ts';
import { visible } from '../../../domain/visible.ts';
import { nodeLabel } from './lineage-labels.ts';

type ShortIds = ReadonlyMap<ExecutionId, string>;

/** A drawing in the language of Graphviz: executions are boxes, artifacts ellipses; guesses by content are dashed. */
export function lineageDot(lineage: Lineage, shortIds: ShortIds): string {
  const lines = ['digraph lineage {', '  rankdir=LR;'];
  const { nodes, edges } = numbered(lineage);
  for (const { node, name } of nodes) {
    const label = labelLines(node, shortIds).map(dotText).join('\\n');
    lines.push(`  ${name} [shape=${DOT_SHAPES[node.kind]}, label="${label}"];`);
  }
  for (const { from, to, byContent } of edges) {
    lines.push(`  ${from} -> ${to}${byContent ? ' [style=dashed, label="by content"]' : ''};`);
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

const DOT_SHAPES: Readonly<Record<LineageNode['kind'], string>> = {
  execution: 'box',
  artifact: 'ellipse',
  missing: 'plaintext',
};

/** Inside a quoted string of dot a backslash and a quote are escaped; nothing else has a meaning there. */
function dotText(text: string): string {
  return text.replace(/[\\"]/g, '\\$&');
}

/** A drawing in the language of Mermaid, for a Markdown page. */
export function lineageMermaid(lineage: Lineage, shortIds: ShortIds): string {
  const lines = ['flowchart LR'];
  const { nodes, edges } = numbered(lineage);
  for (const { node, name } of nodes) {
    const [open, close] = MERMAID_BRACKETS[node.kind];
    lines.push(`  ${name}${open}"${labelLines(node, shortIds).map(mermaidText).join('<br/>')}"${close}`);
  }
  for (const { from, to, byContent } of edges) {
    lines.push(byContent ? `  ${from} -. "by content" .-> ${to}` : `  ${from} --> ${to}`);
  }
  return `${lines.join('\n')}\n`;
}

const MERMAID_BRACKETS: Readonly<Record<LineageNode['kind'], readonly [string, string]>> = {
  execution: ['[', ']'],
  artifact: ['([', '])'],
  missing: ['{{', '}}'],
};

/** Mermaid takes `#<code>;` for any character; whatever is not plain text to it, to Markdown or to HTML is written so. */
function mermaidText(text: string): string {
  return text.replace(/[^\p{L}\p{N} _./:=+,@?-]/gu, (character) => `#${character.codePointAt(0)};`);
}

function labelLines(node: LineageNode, shortIds: ShortIds): string[] {
  const { name, detail, remarks } = nodeLabel(node, shortIds);
  return [name, detail, ...remarks].map(visible);
}

type Drawn = {
  readonly nodes: readonly { readonly node: LineageNode; readonly name: string }[];
  readonly edges: readonly { readonly from: string; readonly to: string; readonly byContent: boolean }[];
};

/** Numbers the nodes. Several uses that join the same two nodes are drawn as one. */
function numbered({ nodes, edges }: Lineage): Drawn {
  const names = new Map(Array.from(nodes.keys(), (key, i) => [key, `n${i}`]));
  const lines = new Map<string, { from: string; to: string; byContent: boolean }>();
  for (const edge of edges) {
    const from = names.get(edge.from);
    const to = names.get(edge.to);
    if (from === undefined || to === undefined) continue;
    const known = lines.get(`${from} ${to}`);
    lines.set(`${from} ${to}`, { from, to, byContent: edge.byContent && (known?.byContent ?? true) });
  }
  return {
    nodes: Array.from(nodes.values(), (node, i) => ({ node, name: `n${i}` })),
    edges: [...lines.values()],
  };
}
