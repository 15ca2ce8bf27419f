/**
 * From what a person typed to what they mean: ids and their beginnings, digests, paths, names.
 */
import { type Artifact, type ArtifactIndex, artifactIndex } from './artifact-index.ts';
import { formatDigest } from './digest.ts';
import { CmfError } from './errors.ts';
import type { ExecutionView, UseView } from './execution-view.ts';
import type { PipelineView, View } from './view.ts';

/** What a text names. */
export type Found =
  | { readonly kind: 'execution'; readonly execution: ExecutionView }
  | { readonly kind: 'use'; readonly use: UseView }
  | { readonly kind: 'artifact'; readonly artifact: Artifact }
  | { readonly kind: 'pipeline'; readonly pipeline: PipelineView };

/** Shortest beginning of an id or a digest that is taken for one. */
export const PREFIX_LENGTH_MIN = 4;
const CANDIDATES_MAX = 10;

/**
 * The execution whose id is, or begins with, the text.
 * @throws CmfError `not-found`, `ambiguous` with the candidates
 */
export function findExecution(view: View, typed: string): ExecutionView {
  const exact = [...view.executions.values()].find((execution) => execution.id === typed);
  if (exact !== undefined) return exact;
  const matches = [...view.executions.values()].filter((execution) => isPrefix(typed, execution.id));
  return only(typed, matches, (execution) => `${execution.id}  ${nameOf(execution)}`, 'execution');
}

/**
 * What the text names: an execution, a use, a digest (`kind:value`, or the beginning of a value), the artifact last used
 * at a path, or a pipeline, in this order.
 * @throws CmfError `not-found`, `ambiguous` with the candidates
 */
export function find(view: View, typed: string, index: ArtifactIndex = artifactIndex(view)): Found {
  const executions = [...view.executions.values()];
  const byId = executions.filter((execution) => isPrefix(typed, execution.id));
  if (byId.length > 0) return { kind: 'execution', execution: findExecution(view, typed) };
  const uses = executions.flatMap((execution) => execution.uses);
  const byUse = uses.filter((use) => isPrefix(typed, use.id));
  if (byUse.length > 0) return { kind: 'use', use: only(typed, byUse, (use) => use.id, 'use') };
  const artifact = findArtifact(typed, uses, index);
  if (artifact !== undefined) return { kind: 'artifact', artifact };
  const pipelines = view.pipelines.filter((pipeline) => pipeline.name === typed || isPrefix(typed, pipeline.id));
  const pipeline = only(typed, pipelines, (one) => `${one.id}  ${one.name}`, 'execution, artifact, path or pipeline');
  return { kind: 'pipeline', pipeline };
}

function findArtifact(typed: string, uses: readonly UseView[], index: ArtifactIndex): Artifact | undefined {
  const named = uses.filter(({ operation }) =>
    operation.digests.some((digest) => formatDigest(digest).startsWith(typed) || isPrefix(typed, digest.value)),
  );
  const artifacts = new Map(named.flatMap((use) => index.artifactsOf(use)).map((artifact) => [artifact.key, artifact]));
  if (artifacts.size > 0) return only(typed, [...artifacts.values()], (artifact) => artifact.key, 'artifact');
  const path = normalPath(typed);
  const latest = uses.findLast(({ operation }) => typeof operation.path === 'string' && operation.path === path);
  return latest === undefined ? undefined : index.artifactsOf(latest)[0];
}

/** A path as it is recorded: without `./` in front and `/` at the end. */
function normalPath(typed: string): string {
  return typed.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
}

function isPrefix(typed: string, id: string): boolean {
  return typed.length >= PREFIX_LENGTH_MIN && id.startsWith(typed);
}

function nameOf(execution: ExecutionView): string {
  const identity = execution.identity[0]?.value;
  return identity === undefined ? '' : `${identity.pipeline}/${identity.stage}`;
}

function only<Item>(typed: string, items: readonly Item[], describe: (item: Item) => string, what: string): Item {
  const [first, second] = items;
  if (first === undefined) {
    throw new CmfError('not-found', { message: `no ${what} matches '${typed}'`, hint: 'git cmf list executions' });
  }
  if (second === undefined) return first;
  const shown = items.slice(0, CANDIDATES_MAX).map((item) => `  ${describe(item)}`);
  if (items.length > shown.length) shown.push(`  … and ${items.length - shown.length} more`);
  throw new CmfError('ambiguous', {
    message: `'${typed}' fits ${items.length} of them:\n${shown.join('\n')}`,
    hint: 'type more of it',
  });
}
