/** `git cmf lineage` in all its formats. */
import type { JsonObject } from '../../../domain/canonical-json.ts';
import { formatDigest } from '../../../domain/digest.ts';
import type { Lineage, LineageEdge, LineageNode } from '../../../domain/lineage-graph.ts';
import { latestUse } from '../../../domain/summaries.ts';
import type { View } from '../../../domain/view.ts';
import { jsonDocument } from './json-document.ts';
import { lineageDot, lineageMermaid } from './lineage-drawing.ts';
import { lineageTree } from './lineage-tree.ts';
import { shortExecutionIds } from './list.ts';
import type { Style } from './style.ts';

/** How lineage can be shown. */
export const LINEAGE_FORMATS = ['text', 'json', 'dot', 'mermaid'] as const;
export type LineageFormat = (typeof LINEAGE_FORMATS)[number];

/** Renders a lineage. */
export function renderLineage(
  view: View,
  lineage: Lineage,
  output: { readonly format: LineageFormat; readonly style: Style },
): string {
  const shortIds = shortExecutionIds(view);
  switch (output.format) {
    case 'text':
      return lineageTree(lineage, shortIds, output.style);
    case 'json':
      return jsonDocument('git-cmf/lineage/1', lineageMembers(lineage));
    case 'dot':
      return lineageDot(lineage, shortIds);
    case 'mermaid':
      return lineageMermaid(lineage, shortIds);
  }
}

function lineageMembers({ start, directions, nodes, edges }: Lineage): JsonObject {
  return { start, directions, nodes: Array.from(nodes.values(), nodeMembers), edges: edges.map(edgeMembers) };
}

function nodeMembers(node: LineageNode): JsonObject {
  const { kind, key, depth } = node;
  switch (node.kind) {
    case 'execution': {
      const { pipeline = null, stage = null, namespace = null } = node.execution.identity[0]?.value ?? {};
      return { key, kind, depth, status: node.execution.status, pipeline, stage, namespace };
    }
    case 'artifact': {
      const { artifact, hasMore } = node;
      const path = latestUse(artifact.uses)?.operation.path ?? null;
      return {
        key,
        kind,
        depth,
        digests: artifact.digests.map(formatDigest),
        path,
        ambiguous: artifact.isAmbiguous,
        hasMore,
      };
    }
    case 'missing':
      return { key, kind, depth, use: node.use };
  }
}

function edgeMembers({ from, to, use, byContent }: LineageEdge): JsonObject {
  return { from, to, use: use.id, direction: use.operation.direction, path: use.operation.path, byContent };
}
