/**
 * Values and fields as a person reads them. A field in conflict shows all its values, the shown one first.
 */
import { type Digest, formatDigest } from '../../../domain/digest.ts';
import type { Field } from '../../../domain/field.ts';
import type { StoredPath } from '../../../domain/operation.ts';
import { displayValue, type StoredValue } from '../../../domain/value.ts';

const WRITER_LENGTH = 4;
const DIGEST_LENGTH = 12;
const COMMIT_LENGTH = 7;
const CONFLICTS_SHOWN_MAX = 3;

/** `0.1`, or `0.1 (conflict: 0.2 by writer ab12…)`. Who says what is shown already is no conflict. */
export function fieldText<Value>(field: Field<Value>, display: (value: Value) => string): string {
  const [shown, ...rivals] = field;
  if (shown === undefined) return '';
  const others = rivals.filter(({ value }) => display(value) !== display(shown.value));
  if (others.length === 0) return display(shown.value);
  const texts = others
    .slice(0, CONFLICTS_SHOWN_MAX)
    .map(({ value, writer }) => `${display(value)} by writer ${writer.slice(0, WRITER_LENGTH)}…`);
  const rest = others.length - texts.length;
  return `${display(shown.value)} (conflict: ${texts.join(', ')}${rest > 0 ? ` and ${rest} more` : ''})`;
}

/** `lr=0.1 seed=7` */
export function pairsText(fields: Iterable<readonly [string, Field<StoredValue>]>): string {
  return Array.from(fields, ([name, field]) => `${name}=${fieldText(field, displayValue)}`).join(' ');
}

export function pathText(path: StoredPath): string {
  return displayValue(path);
}

/** `md5:d41d8cd98f00`: as much as is typed to find it. */
export function shortDigest(digest: Digest): string {
  return formatDigest({ ...digest, value: digest.value.slice(0, DIGEST_LENGTH) });
}

/** `0d46eb4`, and `*` behind it when the work tree differed from it. */
export function commitText(commit: string | undefined, isDirty: boolean | undefined): string {
  if (commit === undefined) return '';
  return `${commit.slice(commit.indexOf(':') + 1).slice(0, COMMIT_LENGTH)}${isDirty === true ? '*' : ''}`;
}

/** `2026-01-31 08:00`, in UTC, so that the records of several sites can be compared. */
export function timeText(iso: string | null): string {
  return iso === null ? '' : iso.replace('T', ' ').slice(0, 'yyyy-mm-dd hh:mm'.length);
}
