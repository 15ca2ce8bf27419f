import type { PurgedRecord } from '../../../app/purged-records.ts';
import type { JsonObject } from '../../../domain/canonical-json.ts';
import { hlcMs } from '../../../domain/clock.ts';
import { timeText } from './field-text.ts';
import { isoTime, jsonDocument } from './json-document.ts';
import type { Output } from './listing.ts';
import { factLines } from './sections.ts';

/** What is left to say of purged records. */
export function renderPurged(records: readonly PurgedRecord[], output: Output): string {
  if (output.format === 'json') return jsonDocument('git-cmf/purged/1', { items: records.map(purgedMembers) });
  return records.map((record) => purgedText(record, output)).join('\n');
}

function purgedText(record: PurgedRecord, { style }: Output): string {
  const { id, writer, hlc, reason } = record;
  return factLines(
    [
      ['record', id],
      ['by', `writer ${writer}`],
      ['recorded', timeText(isoTime(hlcMs(hlc)))],
      ['purged', purgedBy(record)],
      ['reason', reason],
    ],
    style,
  );
}

/** Who purged it and when. */
export function purgedBy({ key, label, purgedMs }: PurgedRecord): string {
  return `by ${label ?? key} on ${timeText(isoTime(purgedMs))}`;
}

/** A purged record as an item of a document. */
export function purgedMembers({ id, writer, hlc, key, label, purgedMs, reason }: PurgedRecord): JsonObject {
  return {
    id,
    writer,
    time: isoTime(hlcMs(hlc)),
    purged: isoTime(purgedMs),
    key,
    label: label ?? null,
    reason,
  };
}
