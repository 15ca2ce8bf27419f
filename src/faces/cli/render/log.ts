import type { PurgedRecord } from '../../../app/purged-records.ts';
import type { LoggedRecord, StoredRecord } from '../../../app/records.ts';
import { decodeCanonical, isJsonObject, type JsonObject } from '../../../domain/canonical-json.ts';
import { hlcMs } from '../../../domain/clock.ts';
import { timeOf } from '../../../domain/execution-facts.ts';
import type { ExecutionId } from '../../../domain/ids.ts';
import { visible } from '../../../domain/visible.ts';
import { timeText } from './field-text.ts';
import { isoTime } from './json-document.ts';
import type { Listing } from './listing.ts';
import { summaryOf } from './record-summary.ts';
import { purgedBy } from './show-purged.ts';
import type { Style } from './style.ts';
import type { Cell } from './table.ts';

const ID_LENGTH = 8;

/** A record, or what is left to say of a purged one. */
export type LogRow = StoredRecord | PurgedRecord;

/** `git cmf log`; a row's key is the record's id. */
export function logListing(shortIds: ReadonlyMap<ExecutionId, string>, style: Style): Listing<LogRow> {
  return {
    schema: 'git-cmf/log/1',
    columns: [
      { title: 'RECORDED' },
      { title: 'ID' },
      { title: 'WRITER' },
      { title: 'EXECUTION' },
      { title: 'KIND' },
      { title: 'WHAT', mayShrink: true },
    ],
    cellsOf: (row) => ('entry' in row ? recordCells(row, shortIds, style) : purgedCells(row, style)),
    itemOf: (row) => ('entry' in row ? recordMembers(row) : purgedItem(row)),
    keyOf: ({ id }) => id,
  };
}

function recordCells(record: LoggedRecord, shortIds: ReadonlyMap<ExecutionId, string>, style: Style): Cell[] {
  const [kind, text] = summaryOf(record.entry);
  return [
    timeText(isoTime(timeOf(record.entry))),
    { text: record.id.slice(0, ID_LENGTH), paint: style.doubtful },
    record.entry.writer.slice(0, ID_LENGTH),
    subjectText(record, shortIds),
    record.retracted ? { text: `${kind} (taken back)`, paint: style.faint } : kind,
    text,
  ];
}

function purgedCells(record: PurgedRecord, style: Style): Cell[] {
  return [
    timeText(isoTime(hlcMs(record.hlc))),
    { text: record.id.slice(0, ID_LENGTH), paint: style.doubtful },
    record.writer.slice(0, ID_LENGTH),
    '',
    { text: 'purged', paint: style.faint },
    `${purgedBy(record)}: ${record.reason}`,
  ];
}

/** The members that every item of the log has, so that programs need not tell them apart. */
function purgedItem(record: PurgedRecord): JsonObject {
  const { id, writer, hlc, reason } = record;
  const time = isoTime(hlcMs(hlc));
  const summary = `${purgedBy(record)}: ${reason}`;
  return { id, writer, time, kind: 'purged', on: null, retracted: false, summary, entry: null };
}

function subjectText({ entry: { subject } }: LoggedRecord, shortIds: ReadonlyMap<ExecutionId, string>): string {
  if (subject === undefined) return '';
  if (subject.kind === 'execution') return shortIds.get(subject.id) ?? subject.id;
  return `${subject.kind}:${subject.id.slice(0, ID_LENGTH)}`;
}

/** A record as an item of a list; `entry` is what is stored. */
function recordMembers({ id, entry, retracted, line }: StoredRecord): JsonObject {
  const stored = decodeCanonical(line);
  return {
    id,
    writer: entry.writer,
    time: isoTime(timeOf(entry)),
    kind: entry.kind,
    on: entry.subject === undefined ? null : { [entry.subject.kind]: entry.subject.id },
    retracted,
    summary: summaryOf(entry)[1],
    entry: isJsonObject(stored) ? stored : null,
  };
}

/** What a retraction withdrew. */
export function renderWithdrawn(records: readonly LoggedRecord[]): string {
  if (records.length === 0) return 'Nothing to do: it was taken back before.\n';
  return records
    .map(({ id, entry }) => `Took back ${id.slice(0, ID_LENGTH)}: ${visible(summaryOf(entry).join(' ').trimEnd())}\n`)
    .join('');
}
