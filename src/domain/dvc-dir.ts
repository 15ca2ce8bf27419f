import { isJsonObject, parseBounded } from './canonical-json.ts';
import { CmfError } from './errors.ts';
import { compareUtf8 } from './utf8-order.ts';

/** One file of a directory as DVC's `.dir` object lists it. `relpath` is relative to the directory, with `/`. */
export type DvcDirEntry = {
  readonly relpath: string;
  /** 32 lower-case hex digits. */
  readonly md5: string;
};

/**
 * The exact text of DVC 3's `.dir` object; its MD5 is the directory's `md5-dir` digest.
 *
 * Python's `json.dumps` of a list sorted by code point: separators `, ` and `: `, keys `md5` then `relpath`, ASCII only
 * (DEL is escaped too), no newline at the end. The order of `entries` does not matter.
 * @throws CmfError `refused` for a path that no reader may accept (see relpathProblem)
 */
export function encodeDvcDir(entries: readonly DvcDirEntry[]): string {
  for (const { relpath } of entries) {
    const problem = relpathProblem(relpath);
    if (problem !== undefined) throw new CmfError('refused', { message: `DVC cannot store a file: ${problem}` });
  }
  return [...dvcDirChunks([...entries].sort((a, b) => compareUtf8(a.relpath, b.relpath)))].join('');
}

/** The same text in pieces, never all of it at once, from entries that are in order and have no relpathProblem. */
export function* dvcDirChunks(sorted: Iterable<DvcDirEntry>): Generator<string> {
  let chunk = '[';
  let isFirst = true;
  for (const { relpath, md5 } of sorted) {
    chunk += `${isFirst ? '' : ', '}{"md5": "${md5}", "relpath": ${asciiJson(relpath)}}`;
    isFirst = false;
    if (chunk.length < CHUNK_LENGTH) continue;
    yield chunk;
    chunk = '';
  }
  yield `${chunk}]`;
}

/** How much text is handed on at once, in characters. */
const CHUNK_LENGTH = 64 * 1024;

function asciiJson(text: string): string {
  if (/^[\x20!#-[\]-\x7e]*$/.test(text)) return `"${text}"`;
  return JSON.stringify(text).replace(/[\x7f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * Reads a `.dir` object that may come from a stranger. DVC itself follows a path such as `../x` out of the directory;
 * here every path is checked, and no entry may lie where another one is a file.
 * @throws CmfError `damaged` for any other shape, a hash that is no MD5, an unsafe path, or a path that is there twice
 */
export function decodeDvcDir(text: string): readonly DvcDirEntry[] {
  const entries = parseList(text);
  refuseClashes(entries);
  return entries;
}

function parseList(text: string): readonly DvcDirEntry[] {
  const list = parseJson(text);
  if (!Array.isArray(list)) throw damaged('it is not a list');
  return list.map(decodeEntry);
}

function parseJson(text: string): unknown {
  try {
    return parseBounded(text);
  } catch (error) {
    throw error instanceof CmfError ? damaged(error.message) : error;
  }
}

function decodeEntry(item: unknown): DvcDirEntry {
  if (!isJsonObject(item)) throw damaged('an entry is not an object');
  const { md5, relpath } = item;
  if (typeof md5 !== 'string' || typeof relpath !== 'string' || Object.keys(item).length !== 2) {
    throw damaged('an entry must hold md5 and relpath, both text, and nothing else');
  }
  if (!/^[0-9a-f]{32}$/.test(md5)) throw damaged(`'${md5}' is not an MD5`);
  const problem = relpathProblem(relpath);
  if (problem !== undefined) throw damaged(problem);
  return { md5, relpath };
}

function refuseClashes(entries: readonly DvcDirEntry[]): void {
  const files = new Set(entries.map((entry) => entry.relpath));
  if (files.size !== entries.length) throw damaged('it lists a path twice');
  for (const { relpath } of entries) {
    for (let slash = relpath.indexOf('/'); slash >= 0; slash = relpath.indexOf('/', slash + 1)) {
      if (files.has(relpath.slice(0, slash))) throw damaged(`'${relpath}' lies below a path that is a file`);
    }
  }
}

/**
 * Why a path must not stand in a `.dir` object; undefined when it may.
 *
 * Refused: empty, absolute, `.`, `..` and empty parts, NUL, half a surrogate pair, and what DVC never records because
 * its walk leaves it out: anything in a `.git`, `.hg` or `.dvc` folder. `.git` is refused in any case and with the
 * invisible characters that HFS+ ignores, as git does, for a file put there would run code.
 */
export function relpathProblem(relpath: string): string | undefined {
  if (!relpath.isWellFormed()) return `the name ${JSON.stringify(relpath)} is not UTF-8`;
  if (relpath.includes('\0')) return `the path ${JSON.stringify(relpath)} holds a NUL`;
  // Nearly all paths: none of what is looked for below can be in them.
  if (/^[\w-][\w-]*(?:[./][\w-]+)*$/.test(relpath)) return undefined;
  const parts = relpath.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) {
    return `the path ${JSON.stringify(relpath)} is not a plain relative path`;
  }
  const inHiddenFolder = parts.slice(0, -1).some((part) => part === '.hg' || part === '.dvc');
  if (!inHiddenFolder && !parts.some(isGitName)) return undefined;
  return `the path ${JSON.stringify(relpath)} lies in a folder that DVC leaves out`;
}

const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

function isGitName(part: string): boolean {
  return part.length >= 4 && part.replace(HFS_IGNORED, '').toLowerCase() === '.git';
}

function damaged(why: string): CmfError {
  return new CmfError('damaged', {
    message: `a .dir object is not what DVC writes: ${why}`,
    hint: 'fetch the object again: git cmf artifact pull',
  });
}
