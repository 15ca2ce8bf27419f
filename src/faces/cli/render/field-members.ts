/**
 * Members of JSON documents that fields become: the shown values under their names, and the conflicts beside them.
 */
import { encodeCanonical, type Json, type JsonObject } from '../../../domain/canonical-json.ts';
import { timeOf } from '../../../domain/execution-facts.ts';
import type { Field } from '../../../domain/field.ts';
import type { StoredValue } from '../../../domain/value.ts';
import { isoTime } from './json-document.ts';

/** Fields that are no parameters and no properties; each is null where it is not set. */
const PLAIN_FIELDS = ['title', 'label', 'name', 'type'] as const;

type Fields = ReadonlyMap<string, Field<StoredValue>>;

/** `title`, `label`, `name` and `type`. */
export function plainMembers(fields: Fields): JsonObject {
  return Object.fromEntries(PLAIN_FIELDS.map((name) => [name, fields.get(name)?.[0]?.value ?? null]));
}

/** The shown value of each field, by name. `Object.fromEntries` makes own members, also of a name like `__proto__`. */
export function shownValues(fields: Fields): JsonObject {
  return Object.fromEntries(Array.from(fields, ([name, field]) => [name, field[0]?.value ?? null]));
}

/** `{"field", "values": [{"value", "writer", "entry", "time"}]}` for each field with several current values. */
export function conflictMembers(fields: Fields): readonly JsonObject[] {
  return [...fields].flatMap(([name, field]) => conflictMember(name, field, (value) => value));
}

/** The same for one field of any kind; nothing where it has one value or none, or all who spoke say the same. */
export function conflictMember<Value>(
  name: string,
  field: Field<Value>,
  toJson: (value: Value) => Json,
): readonly JsonObject[] {
  if (field.length < 2) return [];
  const values = field.map((claim) => ({
    value: toJson(claim.value),
    writer: claim.writer,
    entry: claim.id,
    time: isoTime(timeOf(claim)),
  }));
  if (new Set(values.map(({ value }) => encodeCanonical(value))).size === 1) return [];
  return [{ field: name, values }];
}
