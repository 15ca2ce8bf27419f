import type { LoggedRecord } from '../../../app/records.ts';
import { hlcMs } from '../../../domain/clock.ts';
import type { Entry } from '../../../domain/entry.ts';
import { visible } from './escape.ts';
import { summaryOf } from './record-summary.ts';

const ID_LENGTH = 8;

/** One line a record: time, id, writer, kind, subject, summary. With `zero`, NUL ends each and nothing is escaped. */
export function renderLog(records: readonly LoggedRecord[], options: { readonly zero: boolean }): string {
  const lines = records.map(lineOf);
  return options.zero ? lines.map((line) => `${line}\0`).join('') : lines.map((line) => `${visible(line)}\n`).join('');
}

function lineOf({ id, entry, retracted }: LoggedRecord): string {
  const [kind, text] = summaryOf(entry);
  const columns = [timeOf(entry), id.slice(0, ID_LENGTH), entry.writer.slice(0, ID_LENGTH), kind.padEnd(9)];
  return `${columns.join('  ')}  ${shortSubject(entry)}  ${text}${retracted ? '  (taken back)' : ''}`.trimEnd();
}

function shortSubject({ subject }: Entry): string {
  if (subject === undefined) return '-'.padEnd(ID_LENGTH);
  return subject.kind === 'execution' ? subject.id.slice(0, 13) : `${subject.kind}:${subject.id.slice(0, ID_LENGTH)}`;
}

/** UTC, so that records of several sites line up. */
function timeOf(entry: Entry): string {
  return new Date(entry.atMs ?? hlcMs(entry.hlc)).toISOString().replace('T', ' ').slice(0, 19);
}

/** The same as a document of schema `git-cmf/log/1`; `entry` is the record as it is stored. */
export function renderLogJson(records: readonly LoggedRecord[]): string {
  const items = records.map(({ id, entry, retracted }) => ({
    id,
    writer: entry.writer,
    time: new Date(entry.atMs ?? hlcMs(entry.hlc)).toISOString(),
    kind: entry.kind,
    on: entry.subject === undefined ? null : { [entry.subject.kind]: entry.subject.id },
    retracted,
    summary: summaryOf(entry)[1],
    entry: JSON.parse(entry.line) as unknown,
  }));
  return `${JSON.stringify({ schema: 'git-cmf/log/1', items })}\n`;
}

/** What a retraction withdrew. */
export function renderWithdrawn(records: readonly LoggedRecord[]): string {
  if (records.length === 0) return 'Nothing to do: it was taken back before.\n';
  return records
    .map(({ id, entry }) => `Took back ${id.slice(0, ID_LENGTH)}: ${visible(summaryOf(entry).join(' ').trimEnd())}\n`)
    .join('');
}
