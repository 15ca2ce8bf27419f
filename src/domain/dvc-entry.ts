/** A dependency or an output as `.dvc` files and `dvc.lock` list it: a path and what names its content. */
import { type Digest, isWellFormedDigest, md5Hex } from './digest.ts';
import { encodeDvcDir, relpathProblem } from './dvc-dir.ts';
import { countOf, flagOf, hashOf, listOf, pathOf, textOf } from './dvc-pointer.ts';
import { isYamlMap, type YamlMap, type YamlValue } from './dvc-yaml.ts';
import { CmfError } from './errors.ts';

/** The repository that `dvc import` takes data from. */
export type SourceRepository = {
  readonly url: string;
  readonly rev: string | undefined;
  readonly lock: string | undefined;
};

export type DvcEntry = {
  /** As written: relative to the stage's folder, absolute, or a URL. */
  readonly path: string;
  /** Undefined where nothing that is known here names the content. */
  readonly digest: Digest | undefined;
  readonly sizeBytes: number | undefined;
  readonly files: number | undefined;
  readonly executable: boolean;
  /** False: the bytes are in git, not in DVC's cache. A lock does not say. */
  readonly cached: boolean;
  readonly repository: SourceRepository | undefined;
};

/**
 * The entries of a list.
 * @param name what messages call the file
 * @throws CmfError `damaged` for an entry without a path, a hash that is none, or a size that is no count
 */
export function readEntries(map: YamlMap, key: 'deps' | 'outs', name: string): DvcEntry[] {
  return listOf(map, key, name).map((item) => {
    if (!isYamlMap(item)) throw damaged(name, `an entry of ${key} is not a map`);
    return readEntry(item, name);
  });
}

function readEntry(item: YamlMap, name: string): DvcEntry {
  const path = pathOf(item, 'path', name);
  if (path === undefined) throw damaged(name, 'an entry has no path');
  if (path.includes('\0') || !path.isWellFormed()) throw damaged(name, 'a path is not valid text');
  return {
    path,
    digest: hashOf(item, item['hash'], name) ?? digestOfFiles(item, name) ?? digestOfVersion(item),
    sizeBytes: countOf(item, 'size', name),
    files: countOf(item, 'nfiles', name),
    executable: flagOf(item, 'isexec') === true,
    cached: flagOf(item, 'cache') !== false,
    repository: repositoryOf(item['repo'], name),
  };
}

/** A folder on a versioned remote is a list of files; DVC names it by the same hash as any other folder. */
function digestOfFiles(item: YamlMap, name: string): Digest | undefined {
  const files = listOf(item, 'files', name);
  const members: { relpath: string; md5: string }[] = [];
  for (const file of files) {
    const relpath = isYamlMap(file) ? pathOf(file, 'relpath', name) : undefined;
    if (!isYamlMap(file) || relpath === undefined) throw damaged(name, 'an entry of files has no relpath');
    const problem = relpathProblem(relpath);
    if (problem !== undefined) throw damaged(name, problem);
    const digest = hashOf(file, 'md5', name);
    if (digest?.kind !== 'md5') return undefined;
    members.push({ relpath, md5: digest.value });
  }
  return members.length === 0 ? undefined : { kind: 'md5-dir', value: md5Hex(encodeDvcDir(members)) };
}

/** What a store calls the version: an etag, or HDFS's checksum. */
function digestOfVersion(item: YamlMap): Digest | undefined {
  for (const key of ['etag', 'checksum']) {
    const value: YamlValue | undefined = item[key];
    if (typeof value !== 'string') continue;
    const digest = { kind: 'etag', value: value.replace(/^(?:W\/)?"(.*)"$/, '$1') };
    if (isWellFormedDigest(digest) && digest.value.isWellFormed()) return digest;
  }
  return undefined;
}

function repositoryOf(value: YamlValue | undefined, name: string): SourceRepository | undefined {
  if (!isYamlMap(value)) return undefined;
  const url = textOf(value, 'url', name);
  if (url === undefined) return undefined;
  return { url, rev: textOf(value, 'rev', name), lock: textOf(value, 'rev_lock', name) };
}

/** True for a path that is a URL: `s3://…`, `remote://…`, `https://…`. */
export function isUrl(path: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path);
}

function damaged(name: string, why: string): CmfError {
  return new CmfError('damaged', { message: `${name} is not a file that DVC can read: ${why}` });
}
