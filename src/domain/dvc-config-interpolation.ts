/**
 * `%(key)s` within a value stands for the value of another key of the same section. So ConfigObj has it, and DVC fails where
 * there is no such key. (ConfigObj also looks around the section, where DVC allows no keys.)
 */
import type { ConfigSection } from './dvc-config-text.ts';
import type { ConfigValue } from './dvc-config-value.ts';
import { CmfError } from './errors.ts';

/** A few keys that name each other twice make any length. */
const LENGTH_MAX = 64 * 1024;

/**
 * The value with what it names put in.
 * @throws CmfError `damaged` for a key that is not there, or that leads back to itself
 */
export function interpolate(section: ConfigSection, key: string, value: ConfigValue, path: string): ConfigValue {
  const broken = (what: string): CmfError =>
    new CmfError('damaged', {
      message: `${path}, ${key}: ${what}`,
      hint: 'DVC cannot read it either; mend the value in that file',
    });
  const known = new Map<string, string>();
  const expand = (text: string, trail: readonly string[]): string => {
    const expanded = text.replace(/%\(([^)]*)\)s/g, (_, name: string) => {
      const named = section.entries.find((entry) => entry.key === name)?.value;
      if (typeof named !== 'string') throw broken(`%(${name})s names no key`);
      if (trail.includes(name)) throw broken(`%(${name})s leads back to itself`);
      const found = known.get(name) ?? expand(named, [...trail, name]);
      known.set(name, found);
      return found;
    });
    if (expanded.length > LENGTH_MAX) throw broken('it grows too long');
    return expanded;
  };
  return typeof value === 'string' ? expand(value, [key]) : value.map((one) => expand(one, [key]));
}
