/** What is recorded of a run that DVC's files tell of. */
import { encodeCanonical } from './canonical-json.ts';
import { formatDigest } from './digest.ts';
import type { DvcRun } from './dvc-runs.ts';
import type { EntryDraft } from './entry.ts';
import { CmfError } from './errors.ts';
import { pipelineId, type UseId } from './ids.ts';
import { encodeOperation, type UseOperation } from './operation.ts';
import {
  fieldValues,
  prepareEnd,
  prepareMetrics,
  prepareSet,
  prepareStart,
  prepareUse,
  type Target,
} from './prepare.ts';
import type { StoredValue } from './value.ts';

/** The commit in which a run appeared first. */
export type RunDate = {
  /** `<object format>:<hex>` */
  readonly commit: string;
  readonly repository: string | undefined;
  /** The committer's date, milliseconds since the epoch. */
  readonly atMs: number;
};

/** Which use wrote a content at a path, by `producerKey`. */
export type Producers = ReadonlyMap<string, UseId>;

/** How much of a record is used; it holds 64 KiB. */
const RECORD_BYTES_MAX = 48 * 1024;

/** The outputs of the runs that stand beside each other in one commit. */
export function producersOf(runs: Iterable<DvcRun>): Producers {
  const producers = new Map<string, UseId>();
  for (const { outputs } of runs) for (const use of outputs) producers.set(producerKey(use), use.id);
  return producers;
}

function producerKey({ path, digests }: UseOperation): string {
  return `${encodeCanonical(path)} ${digests.map(formatDigest).join(' ')}`;
}

/**
 * The records of a run: what it is, its start and end, parameters, properties, uses and metrics.
 * @throws CmfError `refused` when something of it is longer than a record holds; `usage` for a name that cannot be recorded
 */
export function draftsOfRun(
  run: DvcRun,
  date: RunDate,
  producers: Producers,
  metrics: ReadonlyMap<string, StoredValue>,
): EntryDraft[] {
  const { execution, attempt, namespace, pipeline, stage, commands } = run;
  const target: Target = {
    execution,
    attempt,
    bucket: pipelineId(namespace.normalize('NFC'), pipeline.normalize('NFC')),
  };
  const code = { commit: date.commit, ...(date.repository === undefined ? {} : { repository: date.repository }) };
  const command = commandOf(commands);
  const facts = { code, ...(command === undefined ? {} : { command }) };
  const none = new Map<string, StoredValue>();
  const started = prepareStart(
    { namespace, pipeline, stage, params: none, props: none, facts },
    { execution, attempt },
  );
  const uses = [...run.inputs, ...run.outputs].map(({ id: _, kind: _kind, attempt: _attempt, ...use }) => {
    const from = use.direction === 'input' ? producers.get(producerKey({ ...use, kind: 'use', attempt })) : undefined;
    return prepareUse(target, from === undefined ? use : { ...use, from });
  });
  const fields = Object.entries(fieldValues(run.params, run.props));
  const drafts = [
    ...started.drafts,
    ...inRecords(run, fields).map((part) => prepareSet(target, Object.fromEntries(part), [])),
    ...uses,
    ...inRecords(run, metrics).map((part) => {
      return prepareMetrics(target, new Map(part), { step: null, rank: 0, atMs: date.atMs }, []);
    }),
    prepareEnd(target, { status: 'succeeded' }, []),
  ];
  for (const draft of drafts) checkSize(run, draft);
  return drafts.map((draft) => ({ ...draft, atMs: date.atMs }));
}

/** As words that run it; several lines of DVC stop at the first that fails. */
function commandOf(commands: readonly string[]): readonly string[] | undefined {
  const [only, more] = commands;
  if (only === undefined) return undefined;
  return more === undefined ? ['sh', '-c', only] : ['sh', '-ec', commands.join('\n')];
}

type Named = readonly [name: string, value: StoredValue];

/** Shares values out to as few records as hold them. */
function inRecords(run: DvcRun, values: Iterable<Named>): Named[][] {
  const parts: Named[][] = [];
  let room = 0;
  for (const [name, value] of values) {
    const bytes = Buffer.byteLength(encodeCanonical({ [name]: value })) + 64;
    if (bytes > RECORD_BYTES_MAX) throw tooLong(run, `'${name.slice(0, 80)}'`, bytes);
    if (bytes > room) {
      parts.push([]);
      room = RECORD_BYTES_MAX;
    }
    room -= bytes;
    parts.at(-1)?.push([name, value]);
  }
  return parts;
}

function checkSize(run: DvcRun, { operation }: EntryDraft): void {
  if (operation.kind !== 'attempt.start' && operation.kind !== 'use') return;
  const bytes = Buffer.byteLength(encodeCanonical(encodeOperation(operation)));
  if (bytes > RECORD_BYTES_MAX)
    throw tooLong(run, operation.kind === 'use' ? 'what it says of an output' : 'its command', bytes);
}

function tooLong({ file, stage }: DvcRun, what: string, bytes: number): CmfError {
  return new CmfError('refused', {
    message: `${file}, stage '${stage}', cannot be recorded: ${what} has ${bytes} bytes, more than a record holds`,
  });
}
