import { inOrder } from './directory-diff.ts';
import { type DvcDirEntry, decodeDvcDir, relpathProblem } from './dvc-dir.ts';
import { compareUtf8 } from './utf8-order.ts';

/**
 * The entries of a `.dir` object in the order of their paths, to be gone through any number of times. Of a list as DVC writes
 * it no more than its bytes are held: the entries are read from them each time.
 * @throws CmfError `damaged` as decodeDvcDir does
 */
export function dvcDirList(bytes: Buffer): Iterable<DvcDirEntry> {
  if (isOrderly(bytes)) return { [Symbol.iterator]: () => scanAsWritten(bytes) };
  return inOrder(decodeDvcDir(bytes.toString('utf8')));
}

/** True for DVC's own spelling of a list in order, of which no entry lies below another one. */
function isOrderly(bytes: Buffer): boolean {
  const scan = scanAsWritten(bytes);
  let last = '';
  // The files that the last path begins with: in order, only these can be a folder of the next one.
  const beginnings: string[] = [];
  for (let next = scan.next(); ; next = scan.next()) {
    if (next.done === true) return next.value;
    const { relpath } = next.value;
    if (last !== '' && compareUtf8(last, relpath) >= 0) return false;
    while (beginnings.length > 0 && !relpath.startsWith(beginnings.at(-1) ?? '')) beginnings.pop();
    if (beginnings.some((file) => relpath[file.length] === '/')) return false;
    beginnings.push(relpath);
    last = relpath;
  }
}

const BEFORE_MD5 = '{"md5": "';
const BEFORE_PATH = '", "relpath": "';
const BEHIND_PATH = '"}';
const MD5_LENGTH = 32;
/** So much is made a text at a time. An entry that is longer than what is left of it for one is another spelling. */
const WINDOW_BYTES = 32 * 1024;
const ENTRY_BYTES_MAX = 8 * 1024;

/**
 * Reads the spelling of `dvcDirChunks`, which is that of nearly all lists, in a fraction of the time and the memory that
 * parsing takes. Whether an entry clashes with another is not looked at.
 * @returns false where another spelling, or something that has to be refused, begins
 */
function* scanAsWritten(bytes: Buffer): Generator<DvcDirEntry, boolean, undefined> {
  const windowFrom = (start: number): string => bytes.toString('latin1', start, start + WINDOW_BYTES);
  let start = 0;
  let text = windowFrom(start);
  if (!text.startsWith('[{') || bytes.toString('latin1', bytes.length - 2) !== '}]') return false;
  for (let at = 1; ; at += 2) {
    if (text.length - at < ENTRY_BYTES_MAX && start + text.length < bytes.length) {
      start += at;
      text = windowFrom(start);
      at = 0;
    }
    const pathAt = at + BEFORE_MD5.length + MD5_LENGTH + BEFORE_PATH.length;
    const end = text.indexOf('"', pathAt);
    if (end < 0 || !text.startsWith(BEFORE_MD5, at) || !text.startsWith(BEFORE_PATH, pathAt - BEFORE_PATH.length)) {
      return false;
    }
    const md5 = text.slice(at + BEFORE_MD5.length, at + BEFORE_MD5.length + MD5_LENGTH);
    const relpath = text.slice(pathAt, end);
    if (!/^[0-9a-f]{32}$/.test(md5) || !/^[\x20!#-[\]-\x7e]*$/.test(relpath)) return false;
    if (!text.startsWith(BEHIND_PATH, end) || relpathProblem(relpath) !== undefined) return false;
    yield { md5, relpath };
    at = end + BEHIND_PATH.length;
    if (start + at === bytes.length - 1) return true;
    if (!text.startsWith(', ', at)) return false;
  }
}
