/**
 * `dvc.lock`: what each stage last ran with. The stages of a lock that changed are few, so a reader parses each text of a
 * stage once and cuts a lock into such texts where it is written as DVC writes it.
 */
import { encodeCanonical, isJsonObject, type Json, type JsonObject } from './canonical-json.ts';
import { type DvcEntry, readEntries } from './dvc-entry.ts';
import { readPlain } from './dvc-plain.ts';
import { typedValue } from './dvc-typed.ts';
import { isYamlMap, parseDvcYaml, type YamlMap } from './dvc-yaml.ts';
import { CmfError } from './errors.ts';
import type { StoredValue } from './value.ts';

/** One stage of a lock. */
export type LockStage = {
  /** As expanded: `train`, `score@fr`. */
  readonly name: string;
  /** Command lines for a shell, to be run one after the other. */
  readonly commands: readonly string[];
  readonly deps: readonly DvcEntry[];
  readonly outs: readonly DvcEntry[];
  /** By file, then by the name in it. */
  readonly params: ReadonlyMap<string, ReadonlyMap<string, StoredValue>>;
  /** Canonical text of all that the lock says of it: two that say the same are equal here, however they are written. */
  readonly content: string;
};

export type LockReader = {
  /**
   * The stages of a lock. The same text of a stage gives the same object again.
   * @param name what messages call the file
   * @throws CmfError `damaged`
   */
  readonly read: (text: string, name: string) => readonly LockStage[];
};

/** A reader for many versions of locks. */
export function openLockReader(): LockReader {
  const known = new Map<string, LockStage>();
  const readPart = (part: string, name: string): LockStage => {
    const before = known.get(part);
    if (before !== undefined) return before;
    const stage = parsePart(part, name);
    known.set(part, stage);
    return stage;
  };
  return {
    read: (text, name) => {
      const parts = splitLock(text);
      try {
        if (parts !== undefined) return parts.map((part) => readPart(part, name));
      } catch (error) {
        // It may be sound as a whole, with an anchor in another stage; if it is not, the whole says best why.
        if (!(error instanceof CmfError)) throw error;
      }
      return parseLock(text, name);
    },
  };
}

function parsePart(part: string, name: string): LockStage {
  const plain = readPlain(part);
  const [stage, more] =
    plain === undefined ? parseLock(`stages:\n${part}`, name) : readStages(plain.value, plain.typed, name);
  if (stage === undefined || more !== undefined) throw damaged(name, 'a stage cannot be told from the next');
  return stage;
}

const HEAD = "schema: '2.0'\nstages:\n";

/** The texts of the stages, each once; undefined for a lock that is not laid out as DVC does it. */
export function splitLock(text: string): readonly string[] | undefined {
  if (!text.startsWith(HEAD) || /[\r\t]/.test(text)) return undefined;
  const parts: string[] = [];
  const names = new Set<string>();
  let start = HEAD.length;
  for (let at = start; at < text.length; ) {
    const end = text.indexOf('\n', at);
    if (end < 0) return undefined;
    const isStart = text[at + 2] !== ' ' && end > at;
    if (isStart) {
      const name = /^ {2}([\w@.-]+):$/.exec(text.slice(at, end))?.[1];
      if (name === undefined || names.has(name) || (names.size === 0 && at !== HEAD.length)) return undefined;
      names.add(name);
      if (at > start) parts.push(text.slice(start, at));
      start = at;
    } else if (end > at && !text.startsWith('    ', at)) return undefined;
    at = end + 1;
  }
  if (start < text.length) parts.push(text.slice(start));
  return parts;
}

/**
 * The stages of a lock, read as a whole. DVC before 2.0 wrote them at the top, without `stages`.
 * @throws CmfError `damaged`
 */
export function parseLock(text: string, name: string): readonly LockStage[] {
  const yaml = parseDvcYaml(text, name);
  const typed = typedValue(yaml, name);
  const { schema, stages } = yaml.value;
  if (schema !== undefined && schema !== '2.0') throw damaged(name, `its schema is not '2.0'`);
  const isFlat = stages === undefined && schema === undefined;
  const all = isFlat ? yaml.value : stages;
  const types = isJsonObject(typed) ? (isFlat ? typed : typed['stages']) : undefined;
  if (all === undefined || all === '' || all === null) return [];
  if (!isYamlMap(all)) throw damaged(name, 'stages is not a map');
  return readStages(all, types, name);
}

function readStages(all: YamlMap, types: StoredValue | undefined, name: string): LockStage[] {
  return Object.entries(all).map(([stage, value]) => {
    if (!isYamlMap(value)) throw damaged(name, `the stage '${stage}' is not a map`);
    const own = isJsonObject(types) ? types[stage.startsWith('$') ? `$${stage}` : stage] : undefined;
    return readStage(stage, value, isJsonObject(own) ? own : {}, `${name}, stage '${stage}',`);
  });
}

function readStage(name: string, value: YamlMap, typed: JsonObject, where: string): LockStage {
  const { cmd, deps = [], outs = [] } = value;
  const commands = Array.isArray(cmd) ? cmd : [cmd];
  if (!commands.every((one): one is string => typeof one === 'string' && one !== '')) throw damaged(where, 'no cmd');
  const params = typed['params'] ?? {};
  const content = encodeCanonical({ cmd: commands, deps: deps as Json, outs: outs as Json, params });
  return {
    name,
    commands,
    deps: readEntries(value, 'deps', where),
    outs: readEntries(value, 'outs', where),
    params: paramsOf(params, where),
    content,
  };
}

function paramsOf(params: StoredValue, where: string): LockStage['params'] {
  if (params === null) return new Map();
  if (!isJsonObject(params)) throw damaged(where, 'params is not a map');
  const files = Object.entries(params).map(([file, values]): [string, ReadonlyMap<string, StoredValue>] => {
    if (values !== null && !isJsonObject(values)) throw damaged(where, `the params of ${file} are not a map`);
    const named = Object.entries(values ?? {}).map(([key, value]): [string, StoredValue] => [
      plainKey(key),
      value ?? null,
    ]);
    return [plainKey(file), new Map(named)];
  });
  return new Map(files);
}

/** A name as it was written: stored keys that begin with `$` have one more. */
export function plainKey(key: string): string {
  return key.startsWith('$$') ? key.slice(1) : key;
}

function damaged(name: string, why: string): CmfError {
  return new CmfError('damaged', { message: `${name} is not what DVC writes: ${why}` });
}
