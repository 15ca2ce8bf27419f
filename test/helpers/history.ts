/**
 * Builds histories the way the program does: every word is sealed into an entry, the entries make a state, the state a
 * view. Ids, keys and times follow from names and order alone, so the same calls give the same bytes.
 *
 *     const story = history();
 *     const run = story.writer('ann').start('demo', 'train').param('lr', 0.1).output('model.pkl', ['md5:…']).finish();
 *     const view = story.view();
 */
import { type Hlc, hlcAt } from '../../src/domain/clock.ts';
import { parseDigest, sha256Hex } from '../../src/domain/digest.ts';
import { type Entry, type EntryDraft, sealEntry } from '../../src/domain/entry.ts';
import {
  type AttemptId,
  type Bucket,
  type EntryId,
  type ExecutionId,
  pipelineId,
  type UseId,
  uuidv7,
  type WriterId,
} from '../../src/domain/ids.ts';
import { type JournalState, stateOf } from '../../src/domain/join.ts';
import {
  type AttemptFacts,
  type EndStatus,
  type FieldValues,
  type StoredPath,
  type Subject,
  type UseOperation,
  useId,
} from '../../src/domain/operation.ts';
import { secretKeyFrom } from '../../src/domain/signature.ts';
import { valueFromJavaScript } from '../../src/domain/value.ts';
import { type View, viewOf } from '../../src/domain/view.ts';
import { createWriterRecord, type WriterRecord } from '../../src/domain/writer-record.ts';

/** When a history begins: 2026-01-01T00:00:00Z. Each entry is one second later. */
export const HISTORY_START_MS = 1_767_225_600_000;

/** How an execution begins, where it matters. */
export type StartOptions = {
  readonly namespace?: string;
  /** `<object format>:<hex>` of HEAD. */
  readonly commit?: string;
  readonly facts?: AttemptFacts;
  readonly id?: string;
};

/** What is said of a use besides path and digests. The digests count as one read unless `seen` is false. */
export type UseOptions = {
  readonly seen?: boolean;
  readonly from?: UseId | undefined;
  readonly sizeBytes?: number;
  readonly files?: number;
  readonly pointer?: string;
  readonly values?: Readonly<Record<string, unknown>>;
};

/** Everything that was said, by all writers, in one order of time. */
export class History {
  readonly entries: Entry[] = [];
  readonly #writers = new Map<string, WriterStory>();
  #nowMs = HISTORY_START_MS;
  #serial = 0;

  /** The writer of that name, the same one each time. */
  writer(name: string): WriterStory {
    const known = this.#writers.get(name);
    if (known !== undefined) return known;
    const seed = Buffer.from(sha256Hex(`writer ${name}`), 'hex');
    const writer = new WriterStory(this, createWriterRecord(secretKeyFrom(seed), hlcAt(HISTORY_START_MS)));
    this.#writers.set(name, writer);
    return writer;
  }

  /** Moves the time of the next entry. */
  at(ms: number): this {
    this.#nowMs = ms;
    return this;
  }

  /** A number that no earlier call gave. */
  serial(): number {
    return this.#serial++;
  }

  /** The time of the next entry. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Seals one draft and keeps it. */
  seal(writer: WriterId, draft: EntryDraft): EntryId {
    const hlc: Hlc = hlcAt(this.#nowMs);
    this.#nowMs += 1000;
    const entry = sealEntry(draft, { writer, hlc, nonce: this.serial().toString(16).padStart(16, '0') });
    this.entries.push(entry);
    return entry.id;
  }

  state(): JournalState {
    return stateOf(
      this.entries,
      [...this.#writers.values()].map(({ record }) => record),
    );
  }

  view(): View {
    return viewOf(this.state());
  }
}

/** A history in which nothing was said yet. */
export function history(): History {
  return new History();
}

/** One writer of a history. */
export class WriterStory {
  readonly record: WriterRecord;
  readonly story: History;

  constructor(story: History, record: WriterRecord) {
    this.story = story;
    this.record = record;
  }

  get id(): WriterId {
    return this.record.writer;
  }

  /** Says anything at all. */
  say(draft: EntryDraft): EntryId {
    return this.story.seal(this.id, draft);
  }

  /** An execution with its first attempt. */
  start(pipeline: string, stage: string, options: StartOptions = {}): ExecutionStory {
    const { namespace = '', commit } = options;
    const id = (options.id ?? mint(this.story)) as ExecutionId;
    const bucket = pipelineId(namespace, pipeline);
    const subject: Subject = { kind: 'execution', id };
    this.say({ bucket, subject, operation: { kind: 'execution', namespace, pipeline, stage } });
    const facts = options.facts ?? (commit === undefined ? {} : { code: { commit } });
    return new ExecutionStory(this, id, bucket).attempt(facts);
  }

  /** The same execution, spoken of by this writer. */
  about(execution: ExecutionStory): ExecutionStory {
    return new ExecutionStory(this, execution.id, execution.bucket, execution.attemptId);
  }

  /** Assigns fields of anything. */
  set(subject: Subject, values: Readonly<Record<string, unknown>>, over: readonly EntryId[] = []): EntryId {
    return this.say({ bucket: '_', subject, operation: { kind: 'set', values: stored(values) }, over });
  }

  retract(...ids: readonly EntryId[]): EntryId {
    return this.say({ bucket: '_', operation: { kind: 'retract', ids } });
  }
}

/** One execution as one writer tells it. Each call says one thing; `last` is the id of what was said last. */
export class ExecutionStory {
  readonly writer: WriterStory;
  readonly id: ExecutionId;
  readonly bucket: Bucket;
  attemptId: AttemptId;
  last: EntryId | undefined;
  /** The use that was said last. */
  lastUse: UseId | undefined;
  readonly #attempts: AttemptId[] = [];

  constructor(writer: WriterStory, id: ExecutionId, bucket: Bucket, attemptId: AttemptId = '' as AttemptId) {
    this.writer = writer;
    this.id = id;
    this.bucket = bucket;
    this.attemptId = attemptId;
  }

  say(operation: EntryDraft['operation'], over: readonly EntryId[] = []): this {
    this.last = this.writer.say({
      bucket: this.bucket,
      subject: { kind: 'execution', id: this.id },
      operation,
      over,
    });
    return this;
  }

  /** Another attempt, which has seen those before. */
  attempt(facts: AttemptFacts = {}): this {
    const attempt = mint(this.writer.story) as AttemptId;
    const saw = [...this.#attempts];
    this.#attempts.push(attempt);
    this.attemptId = attempt;
    return this.say({ kind: 'attempt.start', attempt, saw, facts });
  }

  param(name: string, value: unknown, over: readonly EntryId[] = []): this {
    return this.set({ [`param.${name}`]: value }, over);
  }

  set(values: Readonly<Record<string, unknown>>, over: readonly EntryId[] = []): this {
    return this.say({ kind: 'set', values: stored(values) }, over);
  }

  metric(name: string, value: unknown, step: number | null = null, rank = 0): this {
    const series = Object.fromEntries([[name, { steps: [step], values: [valueFromJavaScript(value)] }]]);
    return this.say({ kind: 'metric', attempt: this.attemptId, rank, series });
  }

  tag(...tags: readonly string[]): this {
    return this.say({ kind: 'tag.add', tags });
  }

  input(path: StoredPath, digests: readonly string[], options: UseOptions = {}): this {
    return this.#use('input', path, digests, options);
  }

  output(path: StoredPath, digests: readonly string[], options: UseOptions = {}): this {
    return this.#use('output', path, digests, options);
  }

  finish(
    status: EndStatus = 'succeeded',
    options: { readonly inferred?: boolean; readonly exitCode?: number } = {},
  ): this {
    const { inferred = false, exitCode } = options;
    const code = exitCode === undefined ? {} : { exitCode };
    return this.say({ kind: 'attempt.end', attempt: this.attemptId, status, inferred, ...code });
  }

  #use(direction: UseOperation['direction'], path: StoredPath, digests: readonly string[], options: UseOptions): this {
    const { from, values = {}, seen = true, ...rest } = options;
    const operation: UseOperation = {
      kind: 'use',
      attempt: this.attemptId,
      direction,
      path,
      digests: digests.map(parseDigest),
      seen,
      values: stored(values),
      ...(from === undefined ? {} : { from }),
      ...rest,
    };
    this.lastUse = useId(this.id, operation);
    return this.say(operation);
  }
}

/** A digest that a content of that name would have. */
export function digestOf(kind: string, content: string): string {
  return `${kind}:${sha256Hex(content).slice(0, kind.startsWith('md5') ? 32 : 64)}`;
}

function mint(story: History): string {
  const random = Buffer.from(sha256Hex(`random ${story.serial()}`), 'hex');
  return uuidv7(story.nowMs, random);
}

function stored(values: Readonly<Record<string, unknown>>): FieldValues {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, valueFromJavaScript(value)]));
}
