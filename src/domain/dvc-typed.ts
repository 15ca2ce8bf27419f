/**
 * Values of DVC's YAML with their types: what DVC itself (ruamel.yaml, YAML 1.2 with wider numbers) takes a word for, but
 * with the spelling of a number kept: `0.10` stays `0.10`, `1e-05` stays `1e-05`.
 */
import { isAlias, isMap, isScalar, isSeq, Scalar } from 'yaml';
import { DEPTH_MAX } from './canonical-json.ts';
import type { DvcYaml } from './dvc-yaml.ts';
import { CmfError } from './errors.ts';
import { parseJsonExactly, type StoredValue, valueFromJavaScript } from './value.ts';

/** Python reads no longer integers from text unless asked to. */
const DIGITS_MAX = 4300;
/** Values of one file, each alias counted as often as it stands for something. */
const NODES_MAX = 200_000;
const MERGE_KEY = '<<';

type Walk = { readonly yaml: DvcYaml; readonly name: string; nodes: number };

/**
 * The whole of a parsed file, typed. Keys of the user's own that begin with `$` have one more, as in any stored value.
 * @param name what messages call the file
 * @throws CmfError `damaged` for aliases that stand for too much, or a value that cannot be stored
 */
export function typedValue(yaml: DvcYaml, name: string): StoredValue {
  return convert({ yaml, name, nodes: 0 }, yaml.document.contents, 0);
}

function convert(walk: Walk, node: unknown, depth: number): StoredValue {
  walk.nodes++;
  if (walk.nodes > NODES_MAX || depth >= DEPTH_MAX) throw damaged(walk, 'it stands for too many values');
  if (isAlias(node)) return convert(walk, node.resolve(walk.yaml.document), depth + 1);
  if (isSeq(node)) return node.items.map((item) => convert(walk, item, depth + 1));
  if (isMap(node)) return Object.fromEntries(membersOf(walk, node, depth));
  if (!isScalar(node)) return null;
  const text = String(node.value ?? '');
  if (!text.isWellFormed()) throw damaged(walk, 'a text in it is not valid Unicode');
  return node.type === Scalar.PLAIN || node.type === undefined ? typedWord(text, walk.name) : text;
}

/** Own members win over merged ones. */
function membersOf(walk: Walk, map: unknown, depth: number): Map<string, StoredValue> {
  const members = new Map<string, StoredValue>();
  const target = isAlias(map) ? map.resolve(walk.yaml.document) : map;
  if (!isMap(target)) return members;
  const merged: unknown[] = [];
  for (const { key, value } of target.items) {
    const word = isScalar(key) ? key.value : undefined;
    if (typeof word === 'symbol' || word === MERGE_KEY) merged.push(value);
    else members.set(storedKey(String(word ?? '')), convert(walk, value, depth + 1));
  }
  for (const source of merged.flatMap((one): unknown[] => (isSeq(one) ? one.items : [one]))) {
    for (const [name, value] of membersOf(walk, source, depth + 1)) if (!members.has(name)) members.set(name, value);
  }
  return members;
}

function storedKey(key: string): string {
  return key.startsWith('$') ? `$${key}` : key;
}

const FLOAT =
  /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+|\.[0-9_]+(?:[eE][-+]?[0-9]+)?)$/;
const INTEGER = /^([-+]?)(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)$/;

/**
 * What an unquoted word stands for. A date stays the text that it is.
 * @throws CmfError `damaged` for a number with too many digits
 */
export function typedWord(word: string, name: string): StoredValue {
  if (/^(?:|~|null|Null|NULL)$/.test(word)) return null;
  if (/^(?:true|True|TRUE)$/.test(word)) return true;
  if (/^(?:false|False|FALSE)$/.test(word)) return false;
  const first = word.charCodeAt(0);
  // Most words begin with a letter, and then they are no number.
  if (first > 0x39) return word;
  const special = /^([-+]?)\.(?:(inf|Inf|INF)|nan|NaN|NAN)$/.exec(word);
  if (special !== null)
    return { $num: special[2] === undefined ? 'NaN' : special[1] === '-' ? '-Infinity' : 'Infinity' };
  const whole = INTEGER.exec(word);
  if (whole !== null) return integer(whole[1] === '-', whole[2] ?? '', name);
  return FLOAT.test(word) ? decimal(word) : word;
}

function integer(isNegative: boolean, digits: string, name: string): StoredValue {
  if (digits.length > DIGITS_MAX)
    throw new CmfError('damaged', { message: `${name} has a number of ${digits.length} digits` });
  const number = BigInt(digits.replaceAll('_', ''));
  return valueFromJavaScript(isNegative ? -number : number);
}

/** As it is written, where JSON writes numbers so; else the same number in the nearest form that JSON has. */
function decimal(word: string): StoredValue {
  const [, sign = '', whole = '', fraction = '', exponent = ''] =
    /^([-+]?)([0-9_]*)(?:\.([0-9_]*))?(?:[eE]([-+]?[0-9]+))?$/.exec(word) ?? [];
  const before = whole.replaceAll('_', '').replace(/^0+(?=[0-9])/, '') || '0';
  const after = fraction.replaceAll('_', '') || (word.includes('.') ? '0' : '');
  const plain = `${sign === '-' ? '-' : ''}${before}${after === '' ? '' : `.${after}`}${exponent === '' ? '' : `e${exponent}`}`;
  return parseJsonExactly(/^-?[0-9.]+E/.test(word) ? plain.replace('e', 'E') : plain) ?? word;
}

function damaged({ name }: Walk, why: string): CmfError {
  return new CmfError('damaged', { message: `${name} is not a file that DVC can read: ${why}` });
}
