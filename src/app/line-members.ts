/** Members of a JSON line of `git cmf record --stdin`. Each throws CmfError `usage` that names the member and the rule. */
import { isJsonObject, type Json, type JsonObject } from '../domain/canonical-json.ts';
import { CmfError } from '../domain/errors.ts';
import type { StoredPath } from '../domain/operation.ts';
import type { StoredValue } from '../domain/value.ts';

/** A text, or undefined where it is not said. */
export function textIn(line: JsonObject, name: string): string | undefined {
  const value = line[name];
  if (value === undefined || typeof value === 'string') return value;
  throw new CmfError('usage', { message: `'${name}' must be a text` });
}

/** A text that must be said. */
export function requiredText(line: JsonObject, name: string): string {
  const value = textIn(line, name);
  if (value !== undefined) return value;
  throw new CmfError('usage', { message: `'${name}' is missing` });
}

/** A list of texts that must be said. */
export function textsIn(line: JsonObject, name: string): string[] {
  const value = line[name];
  if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return [...value];
  throw new CmfError('usage', { message: `'${name}' must be a list of texts` });
}

/** A whole number of 0 or more; undefined where it is not said or null. */
export function countIn(line: JsonObject, name: string): number | undefined {
  const value = line[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new CmfError('usage', { message: `'${name}' must be a whole number of 0 or more` });
}

/** Values by name; none where they are not said. */
export function valuesIn(line: JsonObject, name: string): Map<string, StoredValue> {
  const values = line[name];
  if (values === undefined) return new Map();
  if (!isJsonObject(values)) throw new CmfError('usage', { message: `'${name}' must be an object` });
  // A key that begins with $ was escaped as part of a value; here it is a name, and names are not escaped.
  return new Map(
    Object.entries(values).map(([key, value]) => [key.startsWith('$$') ? key.slice(1) : key, value as Json]),
  );
}

/** The path that must be said. */
export function pathIn(line: JsonObject): StoredPath {
  const { path } = line;
  if (typeof path === 'string' && path.length > 0) return path;
  if (isJsonObject(path) && typeof path['$bytes'] === 'string') return { $bytes: path['$bytes'] };
  throw new CmfError('usage', { message: '\'path\' must be a text, or {"$bytes":"<base64>"}' });
}
