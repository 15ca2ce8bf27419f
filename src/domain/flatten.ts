import { isJsonObject } from './canonical-json.ts';
import { isStoredValue, type StoredValue } from './value.ts';

/**
 * The leaves of nested maps, named as DVC names them: `train.lr`. Lists and empty maps are leaves. In the order of their
 * names, so that the same values give the same result however they were written.
 */
export function flatten(values: ReadonlyMap<string, StoredValue>): Map<string, StoredValue> {
  const leaves = new Map<string, StoredValue>();
  const add = (name: string, value: StoredValue): void => {
    const members = isJsonObject(value) && !isSpecial(value) ? Object.entries(value) : [];
    if (members.length === 0) leaves.set(name, value);
    for (const [key, member] of members) add(`${name}.${key.startsWith('$$') ? key.slice(1) : key}`, member ?? null);
  };
  for (const [name, value] of values) add(name, value);
  return new Map([...leaves].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `{"$num": …}` and `{"$bytes": …}` are values, not maps. */
function isSpecial(value: StoredValue): boolean {
  if (!isJsonObject(value)) return false;
  const [only, more] = Object.keys(value);
  return more === undefined && only !== undefined && /^\$[^$]/.test(only) && isStoredValue(value);
}

/**
 * Names that several files give, as DVC shows them: bare where only one file has that name, else `<file>:<name>`.
 * @param files by file, the values by name
 */
export function nameAcrossFiles(
  files: ReadonlyMap<string, ReadonlyMap<string, StoredValue>>,
): Map<string, StoredValue> {
  const count = new Map<string, number>();
  for (const values of files.values()) for (const name of values.keys()) count.set(name, (count.get(name) ?? 0) + 1);
  const all = new Map<string, StoredValue>();
  for (const [file, values] of files) {
    for (const [name, value] of values) all.set((count.get(name) ?? 0) > 1 ? `${file}:${name}` : name, value);
  }
  return all;
}
