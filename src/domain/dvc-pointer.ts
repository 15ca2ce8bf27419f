import { type Digest, isWellFormedDigest } from './digest.ts';
import { relpathProblem } from './dvc-dir.ts';
import { isYamlMap, parseDvcYaml, type YamlMap, type YamlValue } from './dvc-yaml.ts';
import { CmfError } from './errors.ts';

/** A file of an out that lives on a versioned remote (`files:` instead of a hash of the whole directory). */
export type PointerMember = {
  /** Relative to the out, checked to stay inside it. */
  readonly relpath: string;
  readonly digest: Digest | undefined;
  readonly sizeBytes: number | undefined;
};

/** One out of a pointer file, of DVC 2 or DVC 3. */
export type PointerOut = {
  /** As written, relative to the pointer's `wdir`; may be absolute or lead outside: resolve before use. */
  readonly path: string;
  /**
   * `md5` or `md5-dir` where the out says `hash: md5` (DVC 3), else `md5-dos2unix` or `md5-dos2unix-dir`; undefined where
   * there is no hash that we know.
   */
  readonly digest: Digest | undefined;
  /**
   * What `meta.cmf` claims: `blake3`, or `blake3-tree` where it says `tree`. DVC keeps it when it rewrites the out for other bytes, so it is a
   * hint, true only as long as nobody but git cmf changed the pointer.
   */
  readonly claim: Digest | undefined;
  /** Undefined when the file does not say: DVC leaves it out after a partial add. */
  readonly sizeBytes: number | undefined;
  readonly nfiles: number | undefined;
  readonly executable: boolean;
  /** False: the bytes are in git, not in DVC's cache. */
  readonly cached: boolean;
  /** False: never to be uploaded. */
  readonly pushed: boolean;
  /** The storage that holds it, where that is not the default one. */
  readonly storage: string | undefined;
  readonly members: readonly PointerMember[];
};

/**
 * What `meta.cmf` calls a digest. `blake3-tree` would make a line of more than 80 columns, which DVC breaks in two whenever it
 * writes the pointer again.
 */
export const CLAIM_KEYS: ReadonlyMap<string, string> = new Map([
  ['blake3', 'blake3'],
  ['blake3-tree', 'tree'],
]);

/** A `.dvc` file. */
export type Pointer = {
  /** The folder that the paths are relative to, itself relative to the pointer's folder. */
  readonly wdir: string;
  readonly outs: readonly PointerOut[];
  /** True if the data comes from elsewhere (`dvc import`, `dvc import-url`). */
  readonly imported: boolean;
  /** True if it comes from another repository (`dvc import`), whose storage keeps it. */
  readonly fromRepository: boolean;
};

/**
 * Reads a `.dvc` file: whatever DVC 3 reads, and no more than it needs. Keys that are not known are ignored.
 * @param name what messages call the file
 * @throws CmfError `damaged`
 */
export function parsePointer(text: string, name: string): Pointer {
  const { value } = parseDvcYaml(text, name);
  const wdir = textOf(value, 'wdir', name) ?? '.';
  const deps = listOf(value, 'deps', name);
  const fromRepository = deps.some((dep) => isYamlMap(dep) && isYamlMap(dep['repo']));
  return {
    wdir,
    imported: deps.length > 0,
    fromRepository,
    outs: listOf(value, 'outs', name).map((out) => parseOut(out, name)),
  };
}

function parseOut(value: YamlValue, name: string): PointerOut {
  if (!isYamlMap(value)) throw damaged(name, 'an out is not a map');
  const path = pathOf(value, 'path', name);
  if (path === undefined || path.includes('\0')) throw damaged(name, 'an out has no path');
  return {
    path,
    digest: hashOf(value, value['hash'], name),
    claim: claimOf(value['meta']),
    sizeBytes: countOf(value, 'size', name),
    nfiles: countOf(value, 'nfiles', name),
    executable: flagOf(value, 'isexec') === true,
    cached: flagOf(value, 'cache') !== false,
    pushed: flagOf(value, 'push') !== false,
    storage: textOf(value, 'remote', name)?.toLowerCase(),
    members: listOf(value, 'files', name).map((member) => parseMember(member, value['hash'], name)),
  };
}

function parseMember(value: YamlValue, hash: YamlValue | undefined, name: string): PointerMember {
  const relpath = isYamlMap(value) ? pathOf(value, 'relpath', name) : undefined;
  if (!isYamlMap(value) || relpath === undefined) throw damaged(name, 'an entry of files has no relpath');
  const problem = relpathProblem(relpath);
  if (problem !== undefined) throw damaged(name, problem);
  return { relpath, digest: hashOf(value, hash, name), sizeBytes: countOf(value, 'size', name) };
}

/** An out without `hash` was written by DVC 2, whose MD5 is another function. */
export function hashOf(map: YamlMap, hash: YamlValue | undefined, name: string): Digest | undefined {
  const text = textOf(map, 'md5', name)?.toLowerCase();
  if (text === undefined || (hash !== undefined && hash !== 'md5')) return undefined;
  const isDirectory = text.endsWith('.dir');
  const kind = `md5${hash === undefined ? '-dos2unix' : ''}${isDirectory ? '-dir' : ''}`;
  const digest = { kind, value: isDirectory ? text.slice(0, -'.dir'.length) : text };
  if (!isWellFormedDigest(digest)) throw damaged(name, `'${text}' is not an MD5`);
  return digest;
}

/** `meta` is the user's: whatever it holds that is no claim of ours is not looked at. */
function claimOf(meta: YamlValue | undefined): Digest | undefined {
  const cmf = isYamlMap(meta) ? meta['cmf'] : undefined;
  if (!isYamlMap(cmf)) return undefined;
  const claims = [...CLAIM_KEYS].flatMap(([kind, key]) => {
    const value = cmf[key];
    return typeof value === 'string' ? [{ kind, value }] : [];
  });
  return claims.find(isWellFormedDigest);
}

function isNull(value: YamlValue | undefined): boolean {
  return value === undefined || value === null || value === '' || value === '~' || /^null$/i.test(String(value));
}

/** A path; `~`, which stands for nothing elsewhere, is a file of that name. @throws CmfError `damaged` for a list or a map */
export function pathOf(map: YamlMap, key: string, name: string): string | undefined {
  return map[key] === '~' ? '~' : textOf(map, key, name);
}

/** A text; undefined where there is none. @throws CmfError `damaged` for a list or a map */
export function textOf(map: YamlMap, key: string, name: string): string | undefined {
  const value = map[key];
  if (value === undefined || value === null || value === '' || value === '~') return undefined;
  if (typeof value === 'string') return value;
  throw damaged(name, `${key} is not text`);
}

/** A list; none is an empty one. @throws CmfError `damaged` for anything else */
export function listOf(map: YamlMap, key: string, name: string): readonly YamlValue[] {
  const value = map[key];
  if (isNull(value)) return [];
  if (Array.isArray(value)) return value;
  throw damaged(name, `${key} is not a list`);
}

/** A whole number; undefined where there is none. @throws CmfError `damaged` for anything else */
export function countOf(map: YamlMap, key: string, name: string): number | undefined {
  const text = textOf(map, key, name);
  if (text === undefined) return undefined;
  const count = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(count)) return count;
  throw damaged(name, `${key} is not a count`);
}

/** True where a map says `key: true`; undefined where it says nothing. */
export function flagOf(map: YamlMap, key: string): boolean | undefined {
  const value = map[key];
  return typeof value === 'string' ? /^(?:true|True|TRUE)$/.test(value) : undefined;
}

function damaged(name: string, why: string): CmfError {
  return new CmfError('damaged', {
    message: `${name} is not a DVC pointer: ${why}`,
    hint: `compare it with the last commit: git diff HEAD -- ${name}`,
  });
}
