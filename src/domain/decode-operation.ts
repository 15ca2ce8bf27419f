/**
 * Reading operations that somebody else wrote. Every function here is total: what has not the shape it must have is
 * `unknown` or undefined, never an exception.
 */
import { isJsonObject, type Json, type JsonObject } from './canonical-json.ts';
import { type Digest, isWellFormedDigest } from './digest.ts';
import {
  type EntryId,
  type ExecutionId,
  isAttemptId,
  isCommitId,
  isEntryId,
  isExecutionId,
  isPipelineId,
  isStageId,
  isUseId,
} from './ids.ts';
import type { AttemptFacts, FieldValues, Operation, Series, StoredPath, Subject, UseOperation } from './operation.ts';
import { sharedText } from './shared-text.ts';
import { isStoredValue } from './value.ts';

/** Reads the subject of an entry; undefined when it is none that is known here. */
export function decodeSubject(json: Json | undefined): Subject | undefined {
  if (!isJsonObject(json)) return undefined;
  const [pair, more] = Object.entries(json);
  if (pair === undefined || more !== undefined) return undefined;
  return sharedSubject(subjectOf(pair));
}

/** The subject of nearly all entries. */
export function executionSubject(id: ExecutionId): Subject {
  return sharedSubject({ kind: 'execution', id }) as Subject;
}

/** Lines that follow each other mostly speak of the same thing. */
let lastSubject: Subject | undefined;

function sharedSubject(subject: Subject | undefined): Subject | undefined {
  if (subject !== undefined && lastSubject?.kind === subject.kind && lastSubject.id === subject.id) return lastSubject;
  lastSubject = subject;
  return subject;
}

function subjectOf(pair: [string, Json | undefined]): Subject | undefined {
  const [kind] = pair;
  const id = typeof pair[1] === 'string' ? sharedText(pair[1]) : pair[1];
  if (kind === 'artifact' && typeof id === 'string' && id.includes(':')) return { kind, id };
  if (kind === 'execution' && isExecutionId(id)) return { kind, id };
  if (kind === 'attempt' && isAttemptId(id)) return { kind, id };
  if (kind === 'pipeline' && isPipelineId(id)) return { kind, id };
  if (kind === 'stage' && isStageId(id)) return { kind, id };
  if (kind === 'use' && isUseId(id)) return { kind, id };
  return undefined;
}

/** Reads a payload. Total: what has not its kind's shape is `unknown`. */
export function decodeOperation(kind: string, subject: Subject | undefined, op: JsonObject): Operation {
  return DECODERS.get(kind)?.(op, subject) ?? { kind: 'unknown', name: kind };
}

type Decoder = (op: JsonObject, subject: Subject | undefined) => Operation | undefined;

const DECODERS: ReadonlyMap<string, Decoder> = new Map(
  Object.entries<Decoder>({
    execution: (op, on) =>
      on?.kind === 'execution' && isName(op['pipeline']) && isName(op['stage']) && isText(op['namespace'])
        ? { kind: 'execution', namespace: op['namespace'], pipeline: op['pipeline'], stage: op['stage'] }
        : undefined,
    'attempt.start': (op, on) =>
      on?.kind === 'execution' &&
      isAttemptId(op['attempt']) &&
      isListOf(op['saw'], isAttemptId) &&
      isJsonObject(op['facts'])
        ? { kind: 'attempt.start', attempt: op['attempt'], saw: op['saw'], facts: op['facts'] as AttemptFacts }
        : undefined,
    'attempt.end': decodeEnd,
    set: (op, on) =>
      on !== undefined && isFieldValues(op['values']) ? { kind: 'set', values: op['values'] } : undefined,
    metric: decodeMetric,
    use: decodeUse,
    'tag.add': (op, on) =>
      on !== undefined && isListOf(op['tags'], isName) ? { kind: 'tag.add', tags: op['tags'] } : undefined,
    'tag.remove': decodeTagRemove,
    'code.rewritten': (op) =>
      isRewrites(op['commits']) ? { kind: 'code.rewritten', commits: op['commits'] } : undefined,
    retract: (op) => (isListOf(op['ids'], isEntryId) ? { kind: 'retract', ids: op['ids'] } : undefined),
  }),
);

function decodeEnd(op: JsonObject, on: Subject | undefined): Operation | undefined {
  const { attempt, status, inferred, exitCode } = op;
  if (on?.kind !== 'execution' || !isAttemptId(attempt)) return undefined;
  if (status !== 'succeeded' && status !== 'failed' && status !== 'aborted') return undefined;
  if (exitCode !== undefined && !Number.isSafeInteger(exitCode)) return undefined;
  const end = { kind: 'attempt.end', attempt, status, inferred: inferred === true } as const;
  return exitCode === undefined ? end : { ...end, exitCode: exitCode as number };
}

function decodeMetric(op: JsonObject, on: Subject | undefined): Operation | undefined {
  const { attempt, rank, series } = op;
  if (on?.kind !== 'execution' || !isAttemptId(attempt) || !isCount(rank) || !isJsonObject(series)) return undefined;
  for (const name of Object.keys(series)) if (!isName(name) || !isSeries(series[name])) return undefined;
  return { kind: 'metric', attempt: sharedText(attempt), rank, series: series as Readonly<Record<string, Series>> };
}

function isSeries(json: Json | undefined): boolean {
  if (!isJsonObject(json)) return false;
  const { steps, values, at } = json;
  if (!isListOf(steps, isStep) || !isListOf(values, isStoredValue) || steps.length !== values.length) return false;
  return at === undefined || (isListOf(at, isCount) && at.length === values.length);
}

function decodeUse(op: JsonObject, on: Subject | undefined): Operation | undefined {
  const { attempt, direction, path, digests, seen, sizeBytes, files, from, pointer, values = {} } = op;
  if (on?.kind !== 'execution' || !isAttemptId(attempt)) return undefined;
  if ((direction !== 'input' && direction !== 'output') || !isStoredPath(path)) return undefined;
  const list = isListOf(digests, isText) ? sortedTexts(digests).map(splitDigest) : [];
  if (list.length === 0 || !list.every(isWellFormedDigest)) return undefined;
  if (!isOptional(sizeBytes, isCount) || !isOptional(files, isCount)) return undefined;
  if (!isOptional(from, isUseId) || !isOptional(pointer, isText) || !isFieldValues(values)) return undefined;
  const use: Writable<UseOperation> = {
    kind: 'use',
    attempt,
    direction,
    path,
    digests: list,
    seen: seen === true,
    values,
  };
  if (sizeBytes !== undefined) use.sizeBytes = sizeBytes;
  if (files !== undefined) use.files = files;
  if (from !== undefined) use.from = from;
  if (pointer !== undefined) use.pointer = pointer;
  return use;
}

type Writable<Object> = { -readonly [Key in keyof Object]: Object[Key] };

function decodeTagRemove(op: JsonObject, on: Subject | undefined): Operation | undefined {
  const tags = op['tags'];
  if (on === undefined || !isJsonObject(tags)) return undefined;
  if (!Object.entries(tags).every(([tag, ids]) => isName(tag) && isListOf(ids, isEntryId))) return undefined;
  return { kind: 'tag.remove', tags: tags as Readonly<Record<string, readonly EntryId[]>> };
}

/** The order of compareDigests, for it compares these texts; nearly all lists have it. */
function sortedTexts(texts: readonly string[]): readonly string[] {
  for (let i = 1; i < texts.length; i++) if ((texts[i - 1] as string) > (texts[i] as string)) return [...texts].sort();
  return texts;
}

function splitDigest(text: string): Digest {
  const colon = text.indexOf(':');
  return { kind: text.slice(0, Math.max(colon, 0)), value: text.slice(colon + 1) };
}

const FIELD = /^(?:title|type|name|label|(?:param|prop)\..+)$/s;

function isFieldValues(json: Json | undefined): json is FieldValues {
  if (!isJsonObject(json)) return false;
  return Object.entries(json).every(([key, value]) => FIELD.test(key) && isStoredValue(value));
}

function isStoredPath(json: Json | undefined): json is StoredPath {
  if (typeof json === 'string') return json.length > 0;
  return isJsonObject(json) && Object.keys(json).length === 1 && isText(json['$bytes']);
}

function isRewrites(json: Json | undefined): json is Readonly<Record<string, string>> {
  return isJsonObject(json) && Object.entries(json).every((pair) => pair.every(isCommitId));
}

function isListOf<Item>(json: unknown, isItem: (item: unknown) => item is Item): json is readonly Item[] {
  if (!Array.isArray(json)) return false;
  for (const item of json) if (!isItem(item)) return false;
  return true;
}

function isOptional<Item>(json: unknown, is: (json: unknown) => json is Item): json is Item | undefined {
  return json === undefined || is(json);
}

function isText(json: unknown): json is string {
  return typeof json === 'string';
}

function isName(json: unknown): json is string {
  return typeof json === 'string' && json.length > 0;
}

function isCount(json: unknown): json is number {
  return typeof json === 'number' && Number.isSafeInteger(json) && json >= 0;
}

function isStep(json: unknown): json is number | null {
  return json === null || Number.isSafeInteger(json);
}
