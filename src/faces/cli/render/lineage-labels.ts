/** What the nodes of a lineage are called, in trees and drawings. */
import { codeOf } from '../../../domain/execution-facts.ts';
import type { ExecutionId } from '../../../domain/ids.ts';
import type { LineageNode } from '../../../domain/lineage-graph.ts';
import { latestUse } from '../../../domain/summaries.ts';
import { commitText, pathText, shortDigest } from './field-text.ts';
import { stageText, statusText } from './list-executions.ts';

/** Name and detail of a node. Both may hold any character. */
export type NodeLabel = { readonly name: string; readonly detail: string; readonly remarks: readonly string[] };

const ID_LENGTH = 13;

/**
 * The label of a node.
 * @param path the path of an artifact where it was met; else that of its latest use
 */
export function nodeLabel(
  node: LineageNode,
  shortIds: ReadonlyMap<ExecutionId, string>,
  path?: string | undefined,
): NodeLabel {
  switch (node.kind) {
    case 'execution': {
      const { execution } = node;
      const { commit, isDirty } = codeOf(execution.latest);
      const details = [shortIds.get(execution.id) ?? execution.id, statusText(execution), commitText(commit, isDirty)];
      const isUnknown = execution.identity.length === 0;
      return {
        name: stageText(execution),
        detail: details.filter((detail) => detail !== '').join('  '),
        remarks: isUnknown ? ['its pipeline is not known here'] : [],
      };
    }
    case 'artifact': {
      const { artifact, hasMore } = node;
      return {
        name: path ?? latestPath(node),
        detail: artifact.digests.slice(0, 1).map(shortDigest).join(''),
        remarks: [
          ...(artifact.isAmbiguous ? ['ambiguous: one of its digests also names another content'] : []),
          ...(hasMore ? ['goes on'] : []),
        ],
      };
    }
    case 'missing':
      return {
        name: '?',
        detail: `use ${node.use.slice(0, ID_LENGTH)}`,
        remarks: ['not known here; its pipeline may not have been fetched: git cmf pull'],
      };
  }
}

function latestPath({ artifact }: LineageNode & { readonly kind: 'artifact' }): string {
  const latest = latestUse(artifact.uses);
  return latest === undefined ? '' : pathText(latest.operation.path);
}
