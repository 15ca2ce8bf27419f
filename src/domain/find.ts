/**
 * From what somebody typed to the thing that is meant.
 *
 * Whole names come first: an execution id, `kind:hex`, a use id, a path, a pipeline, `pipeline/stage` or a stage. Only if
 * none fits is the text taken for the beginning of an id or of a digest's hex. What fits several things is refused, with
 * the list, in which each is written so that it fits one: `execution:`, `pipeline:`, `stage:`, `use:` and `path:` in
 * front say what is meant.
 */
import type { Artifact, ArtifactIndex } from './artifact-index.ts';
import { type Digest, formatDigest } from './digest.ts';
import { CmfError } from './errors.ts';
import type { ExecutionView, UseView } from './execution-view.ts';
import { isGreater } from './field.ts';
import { resolveInRepository } from './repository-path.ts';
import type { PipelineView, StageView, View } from './view.ts';

/** What was meant. */
export type Found =
  | { readonly kind: 'execution'; readonly execution: ExecutionView }
  /** Several where the digest is ambiguous. `use` is the latest one at the path, where a path was typed. */
  | { readonly kind: 'artifact'; readonly artifacts: readonly Artifact[]; readonly use: UseView | undefined }
  | { readonly kind: 'use'; readonly use: UseView }
  | { readonly kind: 'pipeline'; readonly pipeline: PipelineView }
  | { readonly kind: 'stage'; readonly pipeline: PipelineView; readonly stage: StageView };

/** What is searched. */
export type FindSources = { readonly view: View; readonly index: ArtifactIndex };

/** Shortest beginning of an id that is looked for. */
const PREFIX_LENGTH_MIN = 4;
const CANDIDATES_SHOWN_MAX = 10;

/** Something that fits. `name` fits nothing else. */
type Candidate = { readonly found: Found; readonly name: string; readonly note: string };
type Kind = 'execution' | 'pipeline' | 'stage' | 'use' | 'path' | 'digest';

/**
 * Finds the one thing that a text means.
 * @param folder where relative paths begin, relative to the top of the repository; empty for the top
 * @throws CmfError `not-found`, `ambiguous` with the list, or `no-data` when nothing is recorded
 */
export function find(sources: FindSources, typed: string, folder = ''): Found {
  const [, word, rest] = /^(execution|pipeline|stage|use|path):(.+)$/s.exec(typed) ?? [];
  const kinds = new Set<Kind>(
    word === undefined ? ['execution', 'pipeline', 'stage', 'use', 'path', 'digest'] : [word as Kind],
  );
  const text = rest ?? typed;
  const whole = wholeNames(sources, text, folder, kinds);
  const candidates = whole.length > 0 ? whole : beginnings(sources, text, kinds);
  const [only, another] = candidates;
  if (only === undefined) throw notFound(sources.view, typed);
  if (another !== undefined) throw ambiguous(typed, candidates);
  return only.found;
}

/**
 * Finds an execution by its id or a beginning of it that fits no other.
 * @throws CmfError as `find`
 */
export function findExecution(view: View, typed: string): ExecutionView {
  const text = typed.replace(/^execution:/, '').toLowerCase();
  const exact = [...view.executions.values()].filter(({ id }) => id === text);
  const fitting = exact.length > 0 || !isBeginning(text) ? exact : executionsFrom(view, text);
  const [only, another] = fitting;
  if (only === undefined) throw notFound(view, typed);
  if (another !== undefined) throw ambiguous(typed, fitting.map(executionCandidate));
  return only;
}

function wholeNames(sources: FindSources, text: string, folder: string, kinds: ReadonlySet<Kind>): Candidate[] {
  const { view, index } = sources;
  const candidates: Candidate[] = [];
  const id = text.toLowerCase();
  for (const execution of kinds.has('execution') ? view.executions.values() : []) {
    if (execution.id === id) candidates.push(executionCandidate(execution));
  }
  for (const use of kinds.has('use') ? index.uses : []) if (use.id === id) candidates.push(useCandidate(use));
  if (kinds.has('digest')) candidates.push(...digestCandidate(index, splitDigest(text)));
  if (kinds.has('pipeline') || kinds.has('stage')) candidates.push(...namedPipelines(view, text, kinds));
  if (kinds.has('path')) candidates.push(...latestAtPath(index, text, folder));
  return candidates;
}

function namedPipelines(view: View, text: string, kinds: ReadonlySet<Kind>): Candidate[] {
  const name = text.normalize('NFC');
  const id = text.toLowerCase();
  return view.pipelines.flatMap((pipeline) => {
    const stages = kinds.has('stage') ? pipeline.stages : [];
    const fitting = stages.filter(
      (stage) => stage.id === id || stage.name === name || `${pipeline.name}/${stage.name}` === name,
    );
    const isMeant = kinds.has('pipeline') && (pipeline.name === name || pipeline.id === id);
    return [
      ...(isMeant ? [pipelineCandidate(pipeline)] : []),
      ...fitting.map((stage) => stageCandidate(pipeline, stage)),
    ];
  });
}

/** The latest use at a path. A path is also tried as it stands, since it may be a URL. */
function latestAtPath(index: ArtifactIndex, text: string, folder: string): Candidate[] {
  const paths = new Set([text, resolveInRepository(folder, text)]);
  let latest: UseView | undefined;
  for (const use of index.uses) {
    const { path } = use.operation;
    if (typeof path !== 'string' || !paths.has(path)) continue;
    if (latest === undefined || isGreater(use.claim, latest.claim)) latest = use;
  }
  if (latest === undefined) return [];
  const found: Found = { kind: 'artifact', artifacts: index.artifactsOf(latest), use: latest };
  return [{ found, name: `path:${text}`, note: latest.operation.digests.map(formatDigest).join(' ') }];
}

/** All whose id, or whose digest's hex, begins with the text. */
function beginnings({ view, index }: FindSources, text: string, kinds: ReadonlySet<Kind>): Candidate[] {
  const start = text.toLowerCase();
  const digest = splitDigest(start);
  if (!isBeginning(digest?.value ?? start)) return [];
  const isId = digest === undefined;
  const executions = isId && kinds.has('execution') ? executionsFrom(view, start) : [];
  const uses = isId && kinds.has('use') ? index.uses.filter(({ id }) => id.startsWith(start)) : [];
  const artifacts = kinds.has('digest') ? artifactsFrom(index, digest ?? { kind: '', value: start }) : [];
  return [...executions.map(executionCandidate), ...artifacts, ...uses.map(useCandidate)];
}

function isBeginning(text: string): boolean {
  return text.length >= PREFIX_LENGTH_MIN && /^[0-9a-f-]+$/.test(text);
}

function executionsFrom(view: View, start: string): ExecutionView[] {
  return [...view.executions.values()].filter(({ id }) => id.startsWith(start));
}

/** Artifacts with a digest of that kind (empty: of any) whose value begins so. Each artifact once. */
function artifactsFrom(index: ArtifactIndex, start: Digest): Candidate[] {
  return index.artifacts.flatMap((artifact) => {
    const digest = artifact.digests.find(
      ({ kind, value }) => (start.kind === '' || kind === start.kind) && value.startsWith(start.value),
    );
    return digest === undefined ? [] : [artifactCandidate([artifact], digest)];
  });
}

function splitDigest(text: string): Digest | undefined {
  const colon = text.indexOf(':');
  return colon <= 0 ? undefined : { kind: text.slice(0, colon), value: text.slice(colon + 1) };
}

function digestCandidate(index: ArtifactIndex, digest: Digest | undefined): Candidate[] {
  const artifacts = digest === undefined ? [] : index.resolveDigest(digest);
  return digest === undefined || artifacts.length === 0 ? [] : [artifactCandidate(artifacts, digest)];
}

function artifactCandidate(artifacts: readonly Artifact[], digest: Digest): Candidate {
  const path = artifacts[0]?.uses.at(-1)?.operation.path;
  const note = typeof path === 'string' ? path : '';
  return { found: { kind: 'artifact', artifacts, use: undefined }, name: formatDigest(digest), note };
}

function executionCandidate(execution: ExecutionView): Candidate {
  const { pipeline = '?', stage = '?' } = execution.identity[0]?.value ?? {};
  const note = `${pipeline}/${stage} ${execution.status}`;
  return { found: { kind: 'execution', execution }, name: `execution:${execution.id}`, note };
}

function useCandidate(use: UseView): Candidate {
  const { direction, path } = use.operation;
  const note = typeof path === 'string' ? `${direction} ${path}` : direction;
  return { found: { kind: 'use', use }, name: `use:${use.id}`, note };
}

function pipelineCandidate(pipeline: PipelineView): Candidate {
  return { found: { kind: 'pipeline', pipeline }, name: `pipeline:${pipeline.id}`, note: pipeline.name };
}

function stageCandidate(pipeline: PipelineView, stage: StageView): Candidate {
  const note = `${pipeline.name}/${stage.name}`;
  return { found: { kind: 'stage', pipeline, stage }, name: `stage:${stage.id}`, note };
}

function ambiguous(typed: string, candidates: readonly Candidate[]): CmfError {
  const lines = candidates.slice(0, CANDIDATES_SHOWN_MAX).map(({ name, note }) => `  ${name}  ${note}`);
  const rest = candidates.length - lines.length;
  if (rest > 0) lines.push(`  … and ${rest} more`);
  return new CmfError('ambiguous', {
    message: `'${typed}' fits ${candidates.length} things:\n${lines.join('\n')}`,
    hint: 'type one of these names, or more of it',
  });
}

function notFound(view: View, typed: string): CmfError {
  if (view.executions.size === 0) {
    return new CmfError('no-data', { message: 'nothing is recorded here yet', hint: 'git cmf pull, or git cmf start' });
  }
  const isShort = typed.length < PREFIX_LENGTH_MIN;
  const rule = isShort ? `; the beginning of an id has at least ${PREFIX_LENGTH_MIN} characters` : '';
  return new CmfError('not-found', {
    message: `nothing here is called '${typed}'${rule}`,
    hint: 'git cmf list executions, or git cmf pull if others recorded it',
  });
}
