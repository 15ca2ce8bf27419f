/** One artifact in full: its names and all who read or wrote it. */
import type { Artifact } from '../../../domain/artifact-index.ts';
import type { JsonObject } from '../../../domain/canonical-json.ts';
import { formatDigest } from '../../../domain/digest.ts';
import { timeOf } from '../../../domain/execution-facts.ts';
import type { UseView } from '../../../domain/execution-view.ts';
import { subjectKey } from '../../../domain/operation.ts';
import { type ArtifactSummary, latestUse, summariseArtifact } from '../../../domain/summaries.ts';
import { displayValue } from '../../../domain/value.ts';
import type { View } from '../../../domain/view.ts';
import { conflictMembers, shownValues } from './field-members.ts';
import { fieldText, pathText, timeText } from './field-text.ts';
import { isoTime } from './json-document.ts';
import { shortExecutionIds } from './list.ts';
import { artifactMembers } from './list-artifacts.ts';
import { type Fact, factLines, inner, section } from './sections.ts';
import type { Place } from './table.ts';
import { useMembers } from './use-members.ts';
import { userTable } from './use-table.ts';

/** The artifact as a text. */
export function artifactText(view: View, artifact: Artifact, place: Place): string {
  const { style } = place;
  const summary = summaryOf(artifact);
  const facts = factLines(
    [
      ['artifact', formatDigests(artifact.digests.slice(0, 1))],
      ...artifact.digests.slice(1).map((digest): Fact => ['also', formatDigests([digest])]),
      ['ambiguous', artifact.isAmbiguous ? 'one of these digests also names another content' : '', style.doubtful],
      ...(summary === undefined ? [] : summaryFacts(summary)),
      ...labelFacts(view, artifact),
    ],
    style,
  );
  const users = userFinder(view);
  const part = (title: string, direction: 'input' | 'output') => {
    const uses = artifact.uses.filter(({ operation }) => operation.direction === direction);
    return section(title, userTable(uses, users, inner(place)), style);
  };
  return `${facts}${part('written by', 'output')}${part('read by', 'input')}`;
}

function summaryOf(artifact: Artifact): ArtifactSummary | undefined {
  const latest = latestUse(artifact.uses);
  return latest && summariseArtifact(artifact, artifact.uses, latest);
}

function summaryFacts({ latest, type, name, sizeBytes, files }: ArtifactSummary): Fact[] {
  return [
    ['path', pathText(latest.operation.path)],
    ['type', fieldText(type, displayValue)],
    ['name', fieldText(name, displayValue)],
    ['bytes', String(sizeBytes ?? '')],
    ['files', String(files ?? '')],
    ['last used', timeText(isoTime(timeOf(latest.claim)))],
  ];
}

function formatDigests(digests: Artifact['digests']): string {
  return digests.map(formatDigest).join(' ');
}

/** Fields and tags that were given to the content itself, under whichever of its digests. */
function labelFacts(view: View, artifact: Artifact): Fact[] {
  return artifact.digests.flatMap((digest) => {
    const subject = subjectOf(digest);
    const fields = Array.from(view.fieldsOf(subject), ([name, field]): Fact => [name, fieldText(field, displayValue)]);
    return [...fields, ['tags', view.tagsOf(subject).join(' ')]];
  });
}

function subjectOf(digest: Artifact['digests'][number]): string {
  return subjectKey({ kind: 'artifact', id: formatDigest(digest) });
}

function userFinder(view: View): Parameters<typeof userTable>[1] {
  const shortIds = shortExecutionIds(view);
  return (use: UseView) => {
    const execution = view.executions.get(use.execution);
    return execution && { execution, shortId: shortIds.get(execution.id) ?? execution.id };
  };
}

/** The members of `git-cmf/artifact/1`: those of the list, with labels by recorded digest and all uses in full. */
export function artifactDocument(view: View, artifact: Artifact): JsonObject {
  const summary = summaryOf(artifact);
  return {
    ...(summary === undefined ? {} : artifactMembers(summary)),
    labels: artifact.digests.flatMap((digest) => {
      const subject = subjectOf(digest);
      const fields = view.fieldsOf(subject);
      const tags = view.tagsOf(subject);
      if (fields.size === 0 && tags.length === 0) return [];
      return [{ digest: formatDigest(digest), fields: shownValues(fields), tags, conflicts: conflictMembers(fields) }];
    }),
    uses: artifact.uses.map(useMembers),
  };
}
