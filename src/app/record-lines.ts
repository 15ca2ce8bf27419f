/**
 * `git cmf record --stdin`: operations as JSON lines, for programs in any language.
 *
 *     {"op":"start","pipeline":P,"stage":S,"params":{…},"command":[…]}          answers {"execution":ID}
 *     {"op":"param","execution":ID,"values":{NAME:VALUE,…}}
 *     {"op":"metric","execution":ID,"values":{NAME:VALUE,…},"step":N,"rank":N}
 *     {"op":"use","execution":ID,"direction":"input","path":PATH,"digests":["md5:…"],"type":T,"props":{…},"from":USE}
 *     {"op":"finish","execution":ID,"status":"succeeded","exitCode":0}
 *
 * `execution` may be left out: the one started last on this stream is meant, else CMF_EXECUTION. Every number keeps its
 * spelling; bytes that are not UTF-8 are `{"$bytes":"<base64>"}`. A line is durable before the next one is read.
 */

import { isJsonObject, type JsonObject } from '../domain/canonical-json.ts';
import { type Digest, parseDigest } from '../domain/digest.ts';
import type { EntryDraft } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import { isUseId } from '../domain/ids.ts';
import type { Direction, EndStatus } from '../domain/operation.ts';
import { fieldValues } from '../domain/prepare.ts';
import { parseJsonExactly } from '../domain/value.ts';
import { type Chosen, chooseExecution } from './choose-execution.ts';
import type { Clone } from './clone.ts';
import { planEnd, planMetrics, planSet, planStart } from './executions.ts';
import { flush } from './flush.ts';
import { type Followed, followExecution } from './follow-execution.ts';
import { countIn, pathIn, requiredText, textIn, textsIn, valuesIn } from './line-members.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { forgetRunning, noteRunning } from './running.ts';
import { noteUses, planUse } from './uses.ts';

export type RecordSession = {
  /** Records one line. @returns what to answer on standard output, if anything */
  readonly line: (bytes: Uint8Array) => Promise<string | undefined>;
  /** Makes the rest durable and journals what finished. */
  readonly end: () => Promise<void>;
};

type State = {
  readonly clone: Clone;
  readonly recorder: Recorder;
  readonly fromEnvironment: string | undefined;
  /** The execution started last on this stream. A line that names another one does not change it. */
  started: Followed | undefined;
  /** By what lines called them; '' for the one meant where nothing was started here. */
  readonly known: Map<string, Followed>;
  /** Bytes of the log that is not handed over yet. */
  pendingBytes: number;
  /** Something finished that is not journaled yet, or a flush failed: the end of the stream flushes. */
  flushesAtEnd: boolean;
};

/** From so much on, the log is journaled without being asked; what an execution says for days must not wait for its end. */
const PENDING_ENTRIES_MAX = 1_000;
const PENDING_BYTES_MAX = 1024 * 1024;

/** Begins a stream of operations. A line that is refused stops the stream; what was recorded before it stays. */
export function openRecordSession(clone: Clone, fromEnvironment: string | undefined): RecordSession {
  const recorder = openRecorder(clone);
  const state: State = {
    clone,
    recorder,
    fromEnvironment,
    started: undefined,
    known: new Map(),
    pendingBytes: 0,
    flushesAtEnd: false,
  };
  let number = 0;
  return {
    line: async (bytes) => {
      number++;
      try {
        const answer = await recordLine(state, decodeLine(bytes));
        await flushIfMuch(state);
        return answer;
      } catch (error) {
        if (!(error instanceof CmfError)) throw error;
        throw new CmfError(error.code, {
          message: `line ${number}: ${error.message}`,
          hint: error.hint ?? 'git cmf record -h',
        });
      }
    },
    end: async () => {
      const known = state.recorder.rotate();
      if (state.flushesAtEnd) await flush(clone, { wait: false, known });
    },
  };
}

function record(state: State, drafts: readonly EntryDraft[]): void {
  for (const { line } of state.recorder.record(drafts)) state.pendingBytes += Buffer.byteLength(line);
}

async function flushIfMuch(state: State): Promise<void> {
  const { clone, recorder } = state;
  if (recorder.pending < PENDING_ENTRIES_MAX && state.pendingBytes < PENDING_BYTES_MAX) return;
  state.pendingBytes = 0;
  try {
    await flush(clone, { wait: false, known: recorder.rotate() });
  } catch {
    // The line is recorded: a flush that fails is no reason to refuse it. The end tries again, and says why it cannot.
    state.flushesAtEnd = true;
  }
}

function decodeLine(bytes: Uint8Array): JsonObject {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CmfError('usage', { message: 'the line is not UTF-8; bytes are written {"$bytes":"<base64>"}' });
  }
  const json = parseJsonExactly(text, { acceptStored: true });
  if (!isJsonObject(json)) throw new CmfError('usage', { message: 'the line is not a JSON object' });
  return json;
}

/** What a line of each kind may say. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  start: ['namespace', 'pipeline', 'stage', 'params', 'props', 'command'],
  param: ['execution', 'values', 'props'],
  metric: ['execution', 'values', 'step', 'rank'],
  use: ['execution', 'direction', 'path', 'digests', 'seen', 'type', 'name', 'props', 'from', 'sizeBytes'],
  finish: ['execution', 'status', 'exitCode'],
};

/** A slip of the pen would otherwise be recorded as nothing. */
function checkMembers(op: string, line: JsonObject): void {
  const members = MEMBERS[op] ?? [];
  const strange = Object.keys(line).find((name) => name !== 'op' && !members.includes(name));
  if (strange === undefined) return;
  throw new CmfError('usage', { message: `a ${op} line has no '${strange}': it has ${members.join(', ')}` });
}

function recordLine(state: State, line: JsonObject): Promise<string | undefined> {
  const op = line['op'];
  if (typeof op === 'string' && Object.hasOwn(MEMBERS, op)) checkMembers(op, line);
  if (op === 'start') return start(state, line);
  if (op === 'param') return param(state, line);
  if (op === 'metric') return metric(state, line);
  if (op === 'use') return use(state, line);
  if (op === 'finish') return finish(state, line);
  throw new CmfError('usage', {
    message: `'op' must be start, param, metric, use or finish, not ${JSON.stringify(op)}`,
  });
}

async function start(state: State, line: JsonObject): Promise<string> {
  const { running, drafts } = await planStart(state.clone, {
    namespace: textIn(line, 'namespace'),
    pipeline: requiredText(line, 'pipeline'),
    stage: requiredText(line, 'stage'),
    params: valuesIn(line, 'params'),
    props: valuesIn(line, 'props'),
    ...(line['command'] === undefined ? {} : { command: textsIn(line, 'command') }),
  });
  record(state, drafts);
  noteRunning(state.clone, running);
  const { execution, attempt, bucket } = running;
  state.started = followExecution(state.clone, { target: { execution, attempt, bucket }, view: undefined });
  state.known.set(execution, state.started);
  return JSON.stringify({ execution });
}

async function param(state: State, line: JsonObject): Promise<undefined> {
  const execution = await chosen(state, line);
  const values = { params: valuesIn(line, 'values'), props: valuesIn(line, 'props') };
  record(state, [planSet(state.clone, execution, values)]);
}

async function metric(state: State, line: JsonObject): Promise<undefined> {
  const execution = await chosen(state, line);
  const place = { step: countIn(line, 'step') ?? null, rank: countIn(line, 'rank') ?? 0 };
  record(state, [planMetrics(state.clone, execution, valuesIn(line, 'values'), place)]);
}

async function use(state: State, line: JsonObject): Promise<undefined> {
  const { target } = await chosen(state, line);
  const direction = requiredText(line, 'direction');
  if (direction !== 'input' && direction !== 'output') {
    throw new CmfError('usage', { message: "'direction' must be input or output" });
  }
  const from = textIn(line, 'from');
  if (from !== undefined && !isUseId(from)) throw new CmfError('usage', { message: "'from' is not a use id" });
  const type = textIn(line, 'type');
  const name = textIn(line, 'name');
  const sizeBytes = countIn(line, 'sizeBytes');
  const values = {
    ...(type === undefined ? {} : { type }),
    ...(name === undefined ? {} : { name }),
    ...fieldValues(new Map(), valuesIn(line, 'props')),
  };
  const digests: Digest[] = textsIn(line, 'digests').map(parseDigest);
  if (digests.length === 0) throw new CmfError('usage', { message: "'digests' must name at least one digest" });
  const planned = planUse(state.clone, target, {
    direction: direction as Direction,
    path: pathIn(line),
    digests,
    seen: line['seen'] === true,
    values,
    ...(from === undefined ? {} : { from }),
    ...(sizeBytes === undefined ? {} : { sizeBytes }),
  });
  record(state, [planned.draft]);
  noteUses(state.clone, [planned]);
}

async function finish(state: State, line: JsonObject): Promise<undefined> {
  const execution = await chosen(state, line);
  const status = textIn(line, 'status') ?? 'succeeded';
  if (!['succeeded', 'failed', 'aborted'].includes(status)) {
    throw new CmfError('usage', { message: "'status' must be succeeded, failed or aborted" });
  }
  const exitCode = countIn(line, 'exitCode');
  const end = { status: status as EndStatus, ...(exitCode === undefined ? {} : { exitCode }) };
  record(state, [planEnd(state.clone, execution, end)]);
  forgetRunning(state.clone, execution.target.execution);
  state.flushesAtEnd = true;
}

async function chosen(state: State, line: JsonObject): Promise<Chosen> {
  const execution = textIn(line, 'execution');
  if (execution === undefined && state.started !== undefined) return state.started();
  const known = state.known.get(execution ?? '');
  if (known !== undefined && execution !== '') return known();
  const { clone, fromEnvironment } = state;
  const followed = followExecution(clone, await chooseExecution(clone, { execution, fromEnvironment }));
  state.known.set(execution ?? '', followed);
  return followed();
}
