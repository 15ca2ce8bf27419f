/**
 * git cmf as a library: the same records, from inside a program.
 *
 *     const cmf = await openClone('.');
 *     const run = await cmf.start({ pipeline: 'spam', stage: 'train', params: { lr: 0.1 } });
 *     for (let step = 0; step < 1000; step++) await run.logMetrics({ loss: lossAt(step) }, { step });
 *     await run.finish();
 *     await cmf.close();
 *
 * A call that records returns a promise that resolves when the record is durable, and rejects with a CmfError when the
 * values cannot be recorded (undefined is no value). Every promise must be awaited or caught: node ends a program at the
 * first rejection that nobody handles. Calls of one turn of the event loop are made durable together, so a program that
 * records often collects the promises of a batch instead of waiting for each:
 *
 *     await Promise.all(losses.map((loss, step) => run.logMetrics({ loss }, { step })));
 */
import { beginWriting } from '../app/begin-writing.ts';
import type { Chosen } from '../app/choose-execution.ts';
import type { Clone } from '../app/clone.ts';
import { planEnd, planMetrics, planSet, planStart } from '../app/executions.ts';
import { followExecution } from '../app/follow-execution.ts';
import { type GroupRecorder, openGroupRecorder } from '../app/group-recorder.ts';
import { type PullReport, pull as pullFrom } from '../app/pull.ts';
import { type PushReport, push as pushTo } from '../app/push.ts';
import { readView } from '../app/read-state.ts';
import { forgetRunning, noteRunning } from '../app/running.ts';
import { openContext } from '../compose.ts';
import type { EntryDraft } from '../domain/entry.ts';
import type { EndStatus } from '../domain/operation.ts';
import type { Target } from '../domain/prepare.ts';
import { type StoredValue, valueFromJavaScript } from '../domain/value.ts';
import type { View } from '../domain/view.ts';
import type { Reporter } from '../ports/effects.ts';

export { CmfError, type ErrorCode } from '../domain/errors.ts';
export type { View } from '../domain/view.ts';

/** Values by name: JSON, bigints, bytes. Anything else, such as undefined, is refused. */
export type Values = Readonly<Record<string, unknown>>;

export type StartOptions = {
  readonly pipeline: string;
  readonly stage: string;
  readonly namespace?: string;
  readonly params?: Values;
  readonly command?: readonly string[];
};

/** An execution that is going on. What its promises reject with must be handled. */
export type Execution = {
  readonly id: string;
  logParams(values: Values): Promise<void>;
  logMetrics(values: Values, place?: { readonly step?: number; readonly rank?: number }): Promise<void>;
  finish(end?: { readonly status?: EndStatus; readonly exitCode?: number }): Promise<void>;
};

export type Library = {
  start(options: StartOptions): Promise<Execution>;
  /** Moves what was recorded from the log into the journal in git. */
  flush(): Promise<void>;
  push(remote: string): Promise<PushReport>;
  pull(remote: string): Promise<PullReport>;
  /** All that this clone knows. */
  view(): Promise<View>;
  /** Flushes and ends the processes that were started. */
  close(): Promise<void>;
};

const SILENT: Reporter = { warn: () => undefined, note: () => undefined, progress: () => undefined };

/**
 * Opens the clone that a folder belongs to.
 * @param reporter where warnings go; nowhere unless given
 * @throws CmfError `no-repository`, `not-initialised`
 */
export async function openClone(directory: string, reporter: Reporter = SILENT): Promise<Library> {
  const clone = await beginWriting(await openContext(directory, process, reporter));
  const recorder = openGroupRecorder(clone);
  return {
    start: (options) => start(clone, recorder, options),
    flush: () => recorder.flush(),
    push: async (remote) => {
      await recorder.flush();
      return pushTo(clone, remote);
    },
    pull: (remote) => pullFrom(clone, remote),
    view: () => readView(clone),
    close: async () => {
      await recorder.flush();
      await clone.repository.close();
    },
  };
}

async function start(clone: Clone, recorder: GroupRecorder, options: StartOptions): Promise<Execution> {
  const { pipeline, stage, namespace, params = {}, command } = options;
  const { running, drafts } = await planStart(clone, {
    namespace,
    pipeline,
    stage,
    params: stored(params),
    props: new Map(),
    ...(command === undefined ? {} : { command }),
  });
  await recorder.record(() => drafts);
  noteRunning(clone, running);
  return executionOf(clone, recorder, running);
}

/** What a call records, from what is known of the execution and the values given. */
type Plan = (chosen: Chosen, values: Map<string, StoredValue>) => EntryDraft;

function executionOf(clone: Clone, recorder: GroupRecorder, target: Target): Execution {
  const followed = followExecution(clone, { target, view: undefined });
  const recordLate = async (known: Promise<Chosen>, values: Values, plan: Plan) => {
    const given = stored(values);
    const chosen = await known;
    await recorder.record(() => [plan(chosen, given)]);
  };
  // No async function: a training loop calls this often, and each one would cost a promise and its frame.
  const record = (values: Values, plan: Plan) => {
    try {
      const chosen = followed();
      if (chosen instanceof Promise) return recordLate(chosen, values, plan);
      return recorder.record(() => [plan(chosen, stored(values))]);
    } catch (error) {
      return Promise.reject(error);
    }
  };
  return {
    id: target.execution,
    logParams: (values) => record(values, (chosen, params) => planSet(clone, chosen, { params })),
    logMetrics: (values, { step = null, rank = 0 } = {}) =>
      record(values, (chosen, points) => planMetrics(clone, chosen, points, { step, rank })),
    finish: async ({ status = 'succeeded', exitCode } = {}) => {
      const end = { status, ...(exitCode === undefined ? {} : { exitCode }) };
      await record({}, (chosen) => planEnd(clone, chosen, end));
      forgetRunning(clone, target.execution);
      await recorder.flush();
    },
  };
}

function stored(values: Values): Map<string, StoredValue> {
  return new Map(Object.entries(values).map(([name, value]) => [name, valueFromJavaScript(value)]));
}
