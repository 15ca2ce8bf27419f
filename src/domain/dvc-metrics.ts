/** Metrics files as DVC reads them: JSON, YAML or TOML with nested maps of numbers, texts and truth values. */
import { isJsonObject } from './canonical-json.ts';
import { md5Hex } from './digest.ts';
import { plainKey } from './dvc-lock.ts';
import { parseToml } from './dvc-toml.ts';
import { typedValue } from './dvc-typed.ts';
import { parseDvcYaml } from './dvc-yaml.ts';
import { CmfError } from './errors.ts';
import { flatten } from './flatten.ts';
import { parseJsonExactly, type StoredValue } from './value.ts';

/** The longest metrics file that is read. */
export const METRICS_BYTES_MAX = 1024 * 1024;

/** True for a file whose values can be read. Others (images, tables of points) are artifacts only. */
export function isMetricsFile(path: string): boolean {
  return /\.(?:json|ya?ml|toml)$/i.test(path);
}

/**
 * The values in a metrics file by their names, `train.auc`, each with its type and spelling. Lists and nulls are no metrics.
 * @param path its end says how it is written; messages call the file so
 * @throws CmfError `damaged`
 */
export function readMetrics(bytes: Uint8Array, path: string): Map<string, StoredValue> {
  const value = parse(decodeText(bytes, path), path);
  if (!isJsonObject(value)) return new Map();
  const values = new Map(
    Object.entries(value).map(([key, one]): [string, StoredValue] => [plainKey(key), one ?? null]),
  );
  return new Map([...flatten(values)].filter(([name, one]) => name !== '' && isMetric(one)));
}

function isMetric(value: StoredValue): boolean {
  if (isJsonObject(value)) return typeof value['$num'] === 'string';
  return value !== null && !Array.isArray(value);
}

/**
 * Text of a file that must be UTF-8.
 * @throws CmfError `damaged`
 */
export function decodeText(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new CmfError('damaged', { message: `${path} is not UTF-8`, cause });
  }
}

function parse(text: string, path: string): StoredValue {
  if (/\.toml$/i.test(path)) return parseToml(text, path);
  if (!/\.json$/i.test(path)) return typedValue(parseDvcYaml(text, path), path);
  // Python writes NaN and Infinity into JSON, as no JSON has them; in YAML, of which JSON is a part, they are words.
  const json = parseJsonExactly(text);
  return json === undefined ? withPythonNumbers(typedValue(parseDvcYaml(text, path), path)) : json;
}

const PYTHON_NUMBERS = ['NaN', 'Infinity', '-Infinity'];

function withPythonNumbers(value: StoredValue): StoredValue {
  if (typeof value === 'string') return PYTHON_NUMBERS.includes(value) ? { $num: value } : value;
  if (Array.isArray(value)) return value.map(withPythonNumbers);
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, key === '$num' ? member : withPythonNumbers(member ?? null)]),
  );
}

/**
 * True if bytes have an MD5 that DVC recorded, of DVC 2 or 3; also where git changed the line ends since then.
 */
export function hasRecordedMd5(bytes: Uint8Array, md5: string): boolean {
  if (md5Hex(bytes) === md5) return true;
  const text = Buffer.from(bytes).toString('latin1');
  const unix = text.replaceAll('\r\n', '\n');
  return [unix, unix.replaceAll('\n', '\r\n')].some((one) => md5Hex(Buffer.from(one, 'latin1')) === md5);
}
