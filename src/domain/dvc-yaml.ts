import { Composer, type Document, isScalar, type ParsedNode, Parser, visit } from 'yaml';
import { CmfError } from './errors.ts';

/** The longest pointer, `dvc.yaml` or `dvc.lock` that is read; a pointer with a list of 50,000 files is half of it. */
export const DVC_YAML_BYTES_MAX = 16 * 1024 * 1024;
const DEPTH_MAX = 64;
const ALIASES_MAX = 100;

/** A value read from DVC's YAML. Every scalar is text as it stands in the file, so `md5: 0012` keeps its zeros. */
export type YamlValue = string | null | readonly YamlValue[] | YamlMap;
/** A YAML map; a missing value (`key:`) is empty text. */
export type YamlMap = { readonly [key: string]: YamlValue | undefined };

/** A parsed file: `value` to read, `document` to change and print again with its comments. */
export type DvcYaml = { readonly value: YamlMap; readonly document: Document<ParsedNode> };

/**
 * Parses one of DVC's YAML files, which may come from a stranger: size, nesting and the expansion of aliases are bounded
 * (deep nesting would abort the process inside the YAML library), duplicate keys are refused as DVC refuses them.
 * Merge keys, anchors, flow style, CR LF and any quoting are read. An empty file is an empty map.
 *
 * @param name what messages call the file
 * @throws CmfError `damaged`
 */
export function parseDvcYaml(text: string, name: string): DvcYaml {
  if (text.length > DVC_YAML_BYTES_MAX) throw damaged(name, `it is larger than ${DVC_YAML_BYTES_MAX} bytes`);
  const document = compose(text, name);
  refuseDuplicateKeys(document.contents, name);
  return { value: toMap(document, name), document };
}

function compose(text: string, name: string): Document<ParsedNode> {
  const tokens = [...new Parser().parse(text)];
  if (isTooDeep(tokens)) throw damaged(name, `it is nested deeper than ${DEPTH_MAX} levels`);
  const options = { schema: 'failsafe', customTags: ['merge' as const], uniqueKeys: false };
  const documents = [...new Composer<ParsedNode>(options).compose(tokens, true, text.length)];
  const [document] = documents;
  if (document === undefined || documents.length !== 1) throw damaged(name, 'it holds more than one document');
  const [error] = document.errors;
  if (error !== undefined) throw damaged(name, error.message.split('\n')[0] ?? error.code);
  return document as Document<ParsedNode>;
}

type TokenLike = {
  readonly items?: readonly { readonly key?: unknown; readonly value?: unknown }[];
  readonly value?: unknown;
};

function isTooDeep(tokens: readonly unknown[]): boolean {
  const waiting = tokens.map((token) => ({ token, depth: 0 }));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { token, depth } = next;
    if (depth > DEPTH_MAX) return true;
    if (typeof token !== 'object' || token === null) continue;
    const { items = [], value } = token as TokenLike;
    if (value !== undefined) waiting.push({ token: value, depth: depth + 1 });
    for (const item of items) {
      waiting.push({ token: item.key, depth: depth + 1 }, { token: item.value, depth: depth + 1 });
    }
  }
  return false;
}

function refuseDuplicateKeys(contents: ParsedNode | null, name: string): void {
  visit(contents, {
    Map: (_, map) => {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const text = isScalar(key) ? String(key.value) : undefined;
        if (text === undefined) throw damaged(name, 'a key is not text');
        if (seen.has(text)) throw damaged(name, `the key '${text}' is there twice`);
        seen.add(text);
      }
    },
  });
}

function toMap(document: Document<ParsedNode>, name: string): YamlMap {
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    throw damaged(name, 'its aliases cannot be resolved, or there are too many of them', cause);
  }
  if (value === null || value === '') return {};
  if (!isYamlMap(value)) throw damaged(name, 'it is not a map');
  return value;
}

/** True for a YAML map (not null, not a list, not text). */
export function isYamlMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(name: string, why: string, cause?: unknown): CmfError {
  return new CmfError('damaged', { message: `${name} is not a file that DVC can read: ${why}`, cause });
}
