/** Journals that look like a team's: executions with parameters, inputs, outputs and a metric curve each. Real signatures. */
import { type Hlc, hlcAt } from '../../src/domain/clock.ts';
import { sha256Hex } from '../../src/domain/digest.ts';
import { type EntryDraft, sealEntry } from '../../src/domain/entry.ts';
import { type AttemptId, type ExecutionId, pipelineId, uuidv7, type WriterId } from '../../src/domain/ids.ts';
import type { UseOperation } from '../../src/domain/operation.ts';
import { type BucketTip, packSegments } from '../../src/domain/pack.ts';
import type { Segment } from '../../src/domain/segment.ts';
import { type SecretKey, secretKeyFrom } from '../../src/domain/signature.ts';
import { createWriterRecord, type WriterRecord } from '../../src/domain/writer-record.ts';

/** Entries of one execution: its name, its start, parameters, a tag, 4 uses, 16 batches of metrics, its end. */
export const ENTRIES_PER_EXECUTION = 25;
/** What one flush brings. */
export const ENTRIES_PER_FLUSH = 100;
const METRIC_BATCHES = 16;
const PIPELINES = 20;
const T0_MS = Date.UTC(2026, 0, 5);

export type MadeWriter = { readonly secret: SecretKey; readonly record: WriterRecord };
export type Flush = { readonly segments: readonly Segment[]; readonly timeSeconds: number };

/** The writer of a number; the same number is the same writer. */
export function madeWriter(number: number): MadeWriter {
  const secret = secretKeyFrom(Buffer.from(sha256Hex(`bench writer ${number}`), 'hex'));
  return { secret, record: createWriterRecord(secret, hlcAt(T0_MS)) };
}

/** The journal of a writer, flush by flush: always the same for the same number. */
export function* madeJournal(number: number, entries: number): Generator<Flush> {
  const { secret, record } = madeWriter(number);
  const bucket = pipelineId('', pipelineName(number));
  let tip: BucketTip | undefined;
  for (let made = 0; made < entries; made += ENTRIES_PER_FLUSH) {
    const count = Math.min(ENTRIES_PER_FLUSH, entries - made);
    const lines = Array.from({ length: Math.ceil(count / ENTRIES_PER_EXECUTION) }, (_, i) =>
      executionLines(number, made / ENTRIES_PER_EXECUTION + i, record.writer),
    );
    const segments = packSegments(
      lines.flat().slice(0, count),
      new Map(tip === undefined ? [] : [[bucket, tip]]),
      secret,
    );
    for (const { header, sha256 } of segments) tip = { number: header.number, sha256 };
    yield { segments, timeSeconds: Math.floor(T0_MS / 1000) + made };
  }
}

function pipelineName(writer: number): string {
  return `pipeline-${writer % PIPELINES}`;
}

function executionLines(number: number, index: number, writer: WriterId) {
  const random = randomBytes(`${number} ${index}`);
  const startMs = T0_MS + index * 600_000 + number;
  const id = uuidv7(startMs, random) as ExecutionId;
  const attempt = uuidv7(startMs, random.subarray(16)) as AttemptId;
  const bucket = pipelineId('', pipelineName(number));
  const seal = (operation: EntryDraft['operation'], i: number) => {
    const hlc: Hlc = hlcAt(startMs + i);
    const nonce = sha256Hex(`${number} ${index} ${i}`).slice(0, 16);
    return sealEntry({ bucket, subject: { kind: 'execution', id }, operation }, { writer, hlc, nonce });
  };
  return operationsOf(number, index, attempt).map(seal);
}

function operationsOf(number: number, index: number, attempt: AttemptId): EntryDraft['operation'][] {
  const commit = `sha1:${sha256Hex(`commit ${number} ${index >> 4}`).slice(0, 40)}`;
  const facts = {
    code: { repository: 'https://git.example.org/team/model.git', commit, branch: 'main', dirty: false },
    command: ['python', 'src/train.py', '--config', `conf/run-${index}.yaml`],
    environment: { host: `node-${number % 64}`, python: '3.11.7', system: 'linux' },
  };
  const params = { 'param.lr': 0.001 * (1 + (index % 10)), 'param.epochs': 16, 'param.optimizer': 'adam' };
  return [
    { kind: 'execution', namespace: '', pipeline: pipelineName(number), stage: index % 2 === 0 ? 'train' : 'test' },
    { kind: 'attempt.start', attempt, saw: [], facts },
    { kind: 'set', values: params },
    { kind: 'tag.add', tags: [`batch-${index >> 3}`] },
    use(attempt, 'input', 'data/train.csv', `data ${index >> 6}`),
    use(attempt, 'input', 'data/features.parquet', `features ${number} ${index >> 3}`),
    use(attempt, 'output', 'models/model.pkl', `model ${number} ${index}`),
    use(attempt, 'output', 'reports/metrics.json', `report ${number} ${index}`),
    ...Array.from({ length: METRIC_BATCHES }, (_, step) => metrics(attempt, step, index)),
    { kind: 'attempt.end', attempt, status: 'succeeded', inferred: false, exitCode: 0 },
  ];
}

function use(attempt: AttemptId, direction: 'input' | 'output', path: string, content: string): UseOperation {
  const hex = sha256Hex(content);
  const digests = [
    { kind: 'blake3', value: hex },
    { kind: 'md5', value: hex.slice(0, 32) },
  ];
  return {
    kind: 'use',
    attempt,
    direction,
    path,
    digests,
    seen: true,
    sizeBytes: 100_000,
    values: { type: 'dataset' },
  };
}

function metrics(attempt: AttemptId, step: number, index: number): EntryDraft['operation'] {
  const loss = 1 / (1 + step + (index % 7) / 10);
  const series = { acc: { steps: [step], values: [1 - loss] }, loss: { steps: [step], values: [loss] } };
  return { kind: 'metric', attempt, rank: 0, series };
}

function randomBytes(seed: string): Uint8Array {
  return Buffer.from(sha256Hex(seed), 'hex');
}
