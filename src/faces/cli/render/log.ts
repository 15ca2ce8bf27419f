import type { LoggedRecord, StoredRecord } from '../../../app/records.ts';
import { decodeCanonical, isJsonObject, type JsonObject } from '../../../domain/canonical-json.ts';
import { timeOf } from '../../../domain/execution-facts.ts';
import type { ExecutionId } from '../../../domain/ids.ts';
import { visible } from '../../../domain/visible.ts';
import { timeText } from './field-text.ts';
import { isoTime } from './json-document.ts';
import type { Listing } from './listing.ts';
import { summaryOf } from './record-summary.ts';
import type { Style } from './style.ts';

const ID_LENGTH = 8;

/** `git cmf log`; a row's key is the record's id. */
export function logListing(shortIds: ReadonlyMap<ExecutionId, string>, style: Style): Listing<StoredRecord> {
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
    cellsOf: (record) => {
      const [kind, text] = summaryOf(record.entry);
      return [
        timeText(isoTime(timeOf(record.entry))),
        { text: record.id.slice(0, ID_LENGTH), paint: style.doubtful },
        record.entry.writer.slice(0, ID_LENGTH),
        subjectText(record, shortIds),
        record.retracted ? { text: `${kind} (taken back)`, paint: style.faint } : kind,
        text,
      ];
    },
    itemOf: recordMembers,
    keyOf: ({ id }) => id,
  };
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
