/**
 * From an intention to what is to be recorded. Pure: times, ids and what the world looks like are arguments.
 *
 * Names are normalised to NFC here, before sealing, so that the same name typed on two systems is one name. Paths are not:
 * they are what the file system says.
 */
import { compareDigests } from './digest.ts';
import type { EntryDraft } from './entry.ts';
import { CmfError } from './errors.ts';
import type { Field } from './field.ts';
import { type AttemptId, type Bucket, type EntryId, type ExecutionId, pipelineId, type WriterId } from './ids.ts';
import type { AttemptFacts, EndStatus, FieldValues, Series, StoredPath, Subject, UseOperation } from './operation.ts';
import type { StoredValue } from './value.ts';
import { remoteWithoutCredentials, textWithoutCredentials, withoutCredentials } from './without-credentials.ts';

/** The execution that a command speaks of, and which of its attempts is going on. */
export type Target = { readonly execution: ExecutionId; readonly attempt: AttemptId; readonly bucket: Bucket };

export type StartCommand = {
  readonly namespace: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly params: ReadonlyMap<string, StoredValue>;
  readonly props: ReadonlyMap<string, StoredValue>;
  readonly facts: AttemptFacts;
};

/** Longest name of a pipeline, stage, parameter, metric or property, in UTF-16 units. */
export const NAME_LENGTH_MAX = 4096;

/**
 * A name in the form it is recorded in.
 * @param what what the name is of, for the message
 * @throws CmfError `usage` when it is empty, too long or not valid Unicode
 */
export function recordedName(what: string, name: string): string {
  if (name.length === 0) throw new CmfError('usage', { message: `${what} has no name` });
  if (name.includes('\ufffd') || !name.isWellFormed()) {
    throw new CmfError('usage', { message: `the name of ${what} is not valid UTF-8` });
  }
  const normal = name.normalize('NFC');
  if (normal.length <= NAME_LENGTH_MAX) return normal;
  throw new CmfError('usage', { message: `the name of ${what} is longer than ${NAME_LENGTH_MAX} characters` });
}

/** A new execution and its first attempt. */
export function prepareStart(
  command: StartCommand,
  ids: { readonly execution: ExecutionId; readonly attempt: AttemptId },
): { readonly target: Target; readonly drafts: EntryDraft[] } {
  const namespace = command.namespace.normalize('NFC');
  const pipeline = recordedName('the pipeline', command.pipeline);
  const stage = recordedName('the stage', command.stage);
  const target = { ...ids, bucket: pipelineId(namespace, pipeline) };
  const drafts = [
    draft(target, { kind: 'execution', namespace, pipeline, stage }),
    draft(target, { kind: 'attempt.start', attempt: ids.attempt, saw: [], facts: recordedFacts(command.facts) }),
  ];
  const values = fieldValues(command.params, command.props);
  if (Object.keys(values).length > 0) drafts.push(draft(target, { kind: 'set', values }));
  return { target, drafts };
}

/** Another attempt of a known execution. */
export function prepareResume(target: Target, saw: readonly AttemptId[], facts: AttemptFacts): EntryDraft {
  return draft(target, { kind: 'attempt.start', attempt: target.attempt, saw, facts: recordedFacts(facts) });
}

/** Facts as they are recorded: no URL in them, of the code or in a word of the command, holds user and password. */
function recordedFacts({ code, command, ...rest }: AttemptFacts): AttemptFacts {
  const repository = code?.repository === undefined ? {} : { repository: remoteWithoutCredentials(code.repository) };
  return {
    ...rest,
    ...(code === undefined ? {} : { code: { ...code, ...repository } }),
    ...(command === undefined ? {} : { command: command.map(textWithoutCredentials) }),
  };
}

/** The end of an attempt. */
export function prepareEnd(
  target: Target,
  end: { readonly status: EndStatus; readonly exitCode?: number },
  over: readonly EntryId[],
): EntryDraft {
  return draft(target, { kind: 'attempt.end', attempt: target.attempt, inferred: false, ...end }, over);
}

/** Assignments to fields of an execution. */
export function prepareSet(target: Target, values: FieldValues, over: readonly EntryId[]): EntryDraft {
  return draft(target, { kind: 'set', values }, over);
}

/**
 * One point of each of several metrics.
 * @param step null where the metric has no steps
 */
export function prepareMetrics(
  target: Target,
  points: ReadonlyMap<string, StoredValue>,
  place: { readonly step: number | null; readonly rank: number; readonly atMs: number },
  over: readonly EntryId[],
): EntryDraft {
  const series: Record<string, Series> = {};
  for (const [name, value] of points) {
    define(series, recordedName('a metric', name), { steps: [place.step], values: [value], at: [place.atMs] });
  }
  return draft(target, { kind: 'metric', attempt: target.attempt, rank: place.rank, series }, over);
}

/** The use of an artifact. A path that is a URL is recorded without user and password. */
export function prepareUse(target: Target, use: Omit<UseOperation, 'kind' | 'attempt'>): EntryDraft {
  const digests = [...use.digests].sort(compareDigests);
  return draft(target, { ...use, path: recordedPath(use.path), kind: 'use', attempt: target.attempt, digests });
}

/** A path in the form it is recorded in: a URL loses user and password. */
export function recordedPath(path: StoredPath): StoredPath {
  if (typeof path === 'string') return withoutCredentials(path);
  // Latin 1 gives each byte a character of its own, so what is no UTF-8 comes through unchanged.
  const bytes = Buffer.from(path.$bytes, 'base64').toString('latin1');
  const plain = withoutCredentials(bytes);
  return plain === bytes ? path : { $bytes: Buffer.from(plain, 'latin1').toString('base64') };
}

/** Takes entries of this writer back, for good. */
export function prepareRetract(bucket: Bucket, ids: readonly EntryId[]): EntryDraft {
  return { bucket, operation: { kind: 'retract', ids: [...new Set(ids)].sort() } };
}

/** `param.<name>` and `prop.<name>` assignments. */
export function fieldValues(
  params: ReadonlyMap<string, StoredValue>,
  props: ReadonlyMap<string, StoredValue> = new Map(),
): FieldValues {
  const values: Record<string, StoredValue> = {};
  for (const [name, value] of params) define(values, `param.${recordedName('a parameter', name)}`, value);
  for (const [name, value] of props) define(values, `prop.${recordedName('a property', name)}`, value);
  return values;
}

/** The ids of other writers' current values: what an assignment made now replaces. */
export function seenValues(field: Field<unknown>, writer: WriterId): EntryId[] {
  return field.filter((claim) => claim.writer !== writer).map((claim) => claim.id);
}

function draft(target: Target, operation: EntryDraft['operation'], over: readonly EntryId[] = []): EntryDraft {
  const subject: Subject = { kind: 'execution', id: target.execution };
  return { bucket: target.bucket, subject, operation, over };
}

/** Sets an own property whatever its name is; plain assignment would not for `__proto__`. */
function define<Value>(record: Record<string, Value>, name: string, value: Value): void {
  if (name !== '__proto__') record[name] = value;
  else Object.defineProperty(record, name, { value, enumerable: true, writable: true, configurable: true });
}
