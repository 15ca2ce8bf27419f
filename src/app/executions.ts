/**
 * The life of an execution: start, parameters, metrics, finish, resume, retract.
 */
import type { EntryDraft } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import { type AttemptId, type EntryId, type ExecutionId, isEntryId, uuidv7 } from '../domain/ids.ts';
import type { AttemptFacts, EndStatus } from '../domain/operation.ts';
import {
  fieldValues,
  prepareEnd,
  prepareMetrics,
  prepareResume,
  prepareRetract,
  prepareSet,
  prepareStart,
  type StartCommand,
  type Target,
} from '../domain/prepare.ts';
import type { StoredValue } from '../domain/value.ts';
import type { Chosen } from './choose-execution.ts';
import type { Clone } from './clone.ts';
import { walDirectory } from './clone.ts';
import { flush } from './flush.ts';
import { openRecorder } from './recorder.ts';
import { replacedEnds, replacedFields, replacedPoints } from './replaced.ts';
import { forgetRunning, noteRunning, noteShared, type Running } from './running.ts';
import { countWals } from './wal.ts';

/** From this many logs on, a writing command offers to journal them. */
const WALS_MAX = 1000;

/** Records drafts and leaves a sealed log behind, for whoever flushes next. */
export function recordNow(clone: Clone, drafts: readonly EntryDraft[]): EntryId[] {
  const recorder = openRecorder(clone);
  const entries = recorder.record(drafts);
  recorder.rotate();
  return entries.map((entry) => entry.id);
}

/** Flushes if many logs have gathered and nobody else does. */
export async function flushIfMany(clone: Clone): Promise<void> {
  if (countWals(clone.disk, walDirectory(clone)) >= WALS_MAX) await flush(clone, { wait: false });
}

export type StartRequest = Omit<StartCommand, 'facts' | 'namespace'> & {
  /** That of the clone's configuration (`cmf.namespace`) unless given. */
  readonly namespace?: string | undefined;
  readonly command?: readonly string[];
};

/** What a new execution needs to be recorded. */
export async function planStart(
  clone: Clone,
  request: StartRequest,
): Promise<{ readonly running: Running; readonly drafts: EntryDraft[] }> {
  const nowMs = clone.effects.nowMs();
  const execution = uuidv7(nowMs, clone.effects.randomBytes(10)) as ExecutionId;
  const attempt = uuidv7(nowMs, clone.effects.randomBytes(10)) as AttemptId;
  const [facts, configured] = await Promise.all([
    collectFacts(clone, request.command),
    request.namespace === undefined ? clone.repository.worktree.config('cmf.namespace') : undefined,
  ]);
  const namespace = request.namespace ?? configured ?? '';
  const { target, drafts } = prepareStart({ ...request, namespace, facts }, { execution, attempt });
  const { pipeline, stage } = request;
  const worktree = clone.repository.layout.worktree ?? clone.repository.layout.gitDir;
  return { running: { ...target, pipeline, stage, worktree, startedMs: nowMs }, drafts };
}

/** Starts an execution and notes that it runs. */
export async function startExecution(clone: Clone, request: StartRequest): Promise<Running> {
  const { running, drafts } = await planStart(clone, request);
  recordNow(clone, drafts);
  noteRunning(clone, running);
  return running;
}

/** Code, command and environment as they are now. Names of people and hosts are left out on purpose. */
export async function collectFacts(clone: Clone, command: readonly string[] | undefined): Promise<AttemptFacts> {
  const { worktree, layout } = clone.repository;
  const [head, repository] = await Promise.all([
    layout.worktree === undefined ? undefined : worktree.head(),
    clone.codeRepository,
  ]);
  const code = {
    ...(repository === undefined ? {} : { repository }),
    ...(head?.commit === undefined ? {} : { commit: `${layout.objectFormat}:${head.commit}` }),
    ...(head?.branch === undefined ? {} : { branch: head.branch }),
    ...(head === undefined ? {} : { dirty: head.dirty }),
  };
  return { code, environment: clone.effects.environment(), ...(command === undefined ? {} : { command }) };
}

/** Values by the name of what they are assigned to. */
export type Assignments = {
  readonly params?: ReadonlyMap<string, StoredValue>;
  readonly props?: ReadonlyMap<string, StoredValue>;
};

/** What setting these parameters and properties records, with what it replaces. */
export function planSet(clone: Clone, chosen: Chosen, values: Assignments): EntryDraft {
  const assigned = fieldValues(values.params ?? new Map(), values.props);
  return prepareSet(chosen.target, assigned, replacedFields(clone, chosen, Object.keys(assigned)));
}

/** Sets parameters and properties. */
export async function setFields(clone: Clone, chosen: Chosen, values: Assignments): Promise<void> {
  recordNow(clone, [planSet(clone, chosen, values)]);
  await flushIfMany(clone);
}

/** Where a metric was measured; step null where it has no steps. */
export type MetricPlace = { readonly step: number | null; readonly rank: number };

/** What one point of each of these metrics records, measured now, with what it replaces. */
export function planMetrics(
  clone: Clone,
  chosen: Chosen,
  points: ReadonlyMap<string, StoredValue>,
  place: MetricPlace,
): EntryDraft {
  const over = replacedPoints(clone, chosen, points.keys(), place);
  return prepareMetrics(chosen.target, points, { ...place, atMs: clone.effects.nowMs() }, over);
}

/** Records one point of each of several metrics. */
export async function logMetrics(
  clone: Clone,
  chosen: Chosen,
  points: ReadonlyMap<string, StoredValue>,
  place: MetricPlace,
): Promise<void> {
  recordNow(clone, [planMetrics(clone, chosen, points, place)]);
  await flushIfMany(clone);
}

/** How an attempt ended. */
export type End = { readonly status: EndStatus; readonly exitCode?: number };

/** What the end of the chosen attempt records, with what it replaces. */
export function planEnd(clone: Clone, chosen: Chosen, end: End): EntryDraft {
  return prepareEnd(chosen.target, end, replacedEnds(clone, chosen));
}

/** Ends an execution's attempt and journals what was recorded. */
export async function finishExecution(clone: Clone, chosen: Chosen, end: End): Promise<void> {
  recordNow(clone, [planEnd(clone, chosen, end)]);
  forgetRunning(clone, chosen.target.execution);
  await flush(clone, { wait: false });
}

/** Goes on with an execution that is known here, in a new attempt. */
export async function resumeExecution(clone: Clone, chosen: Chosen): Promise<Running> {
  const { view } = chosen;
  const identity = view?.identity[0]?.value;
  if (view === undefined || identity === undefined) {
    throw new CmfError('not-found', {
      message: `execution ${chosen.target.execution} is not known well enough to resume it`,
      hint: 'git cmf pull',
    });
  }
  const nowMs = clone.effects.nowMs();
  const attempt = uuidv7(nowMs, clone.effects.randomBytes(10)) as AttemptId;
  const target: Target = { ...chosen.target, attempt };
  const facts = await collectFacts(clone, undefined);
  recordNow(clone, [
    prepareResume(
      target,
      view.attempts.map((one) => one.id),
      facts,
    ),
  ]);
  const worktree = clone.repository.layout.worktree ?? clone.repository.layout.gitDir;
  const { pipeline, stage } = identity;
  const running = { ...target, pipeline, stage, worktree, startedMs: nowMs };
  noteRunning(clone, running);
  noteShared(clone, running.execution);
  return running;
}

/** Takes back entries of this writer. */
export function retract(clone: Clone, bucket: Target['bucket'], ids: readonly string[]): void {
  recordNow(clone, [prepareRetract(bucket, ids.filter(isEntryId))]);
}
