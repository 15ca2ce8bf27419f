import type { JsonObject } from '../../../domain/canonical-json.ts';
import { formatDigest } from '../../../domain/digest.ts';
import { timeOf } from '../../../domain/execution-facts.ts';
import type { Direction } from '../../../domain/operation.ts';
import type { ArtifactSummary } from '../../../domain/summaries.ts';
import { displayValue } from '../../../domain/value.ts';
import { fieldText, pathText, shortDigest, timeText } from './field-text.ts';
import { isoTime } from './json-document.ts';
import type { Listing } from './listing.ts';

/** `list artifacts`; a row's key is the recorded digest that names the artifact. */
export const ARTIFACTS: Listing<ArtifactSummary> = {
  schema: 'git-cmf/artifacts/1',
  columns: [
    { title: 'PATH', mayShrink: true },
    { title: 'DIGEST' },
    { title: 'TYPE', mayShrink: true },
    { title: 'BYTES', align: 'right' },
    { title: 'WRITTEN', align: 'right' },
    { title: 'READ', align: 'right' },
    { title: 'LAST USED' },
  ],
  cellsOf: ({ artifact, uses, latest, type, sizeBytes }) => [
    pathText(latest.operation.path),
    `${artifact.digests.slice(0, 1).map(shortDigest).join('')}${artifact.isAmbiguous ? ' (ambiguous)' : ''}`,
    fieldText(type, displayValue),
    String(sizeBytes ?? ''),
    String(count({ uses }, 'output')),
    String(count({ uses }, 'input')),
    timeText(isoTime(timeOf(latest.claim))),
  ],
  itemOf: artifactMembers,
  keyOf: ({ artifact }) => artifact.key,
};

/** An artifact as an item of a list, and the first part of its own document. */
export function artifactMembers(row: ArtifactSummary): JsonObject {
  const { artifact, uses, latest, type, name, sizeBytes, files } = row;
  return {
    digests: artifact.digests.map(formatDigest),
    ambiguous: artifact.isAmbiguous,
    path: latest.operation.path,
    paths: distinctPaths(uses),
    type: type[0]?.value ?? null,
    name: name[0]?.value ?? null,
    sizeBytes: sizeBytes ?? null,
    files: files ?? null,
    written: count({ uses }, 'output'),
    read: count({ uses }, 'input'),
    lastUsed: isoTime(timeOf(latest.claim)),
  };
}

/** The paths under which it was used, in the order of their first use. */
function distinctPaths(uses: ArtifactSummary['uses']): readonly ArtifactSummary['latest']['operation']['path'][] {
  return [...new Map(uses.map(({ operation: { path } }) => [JSON.stringify(path), path])).values()];
}

function count({ uses }: Pick<ArtifactSummary, 'uses'>, direction: Direction): number {
  return uses.filter(({ operation }) => operation.direction === direction).length;
}
