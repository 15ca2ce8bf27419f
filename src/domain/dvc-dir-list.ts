import { inOrder } from './directory-diff.ts';
import { type DvcDirEntry, decodeDvcDir, scanAsWritten } from './dvc-dir.ts';
import { compareUtf8 } from './utf8-order.ts';

/**
 * The entries of a `.dir` object in the order of their paths, to be gone through any number of times. Of a list as DVC writes
 * it no more than the text is held: the entries are read from it each time.
 * @throws CmfError `damaged` as decodeDvcDir does
 */
export function dvcDirList(text: string): Iterable<DvcDirEntry> {
  return isOrderly(text) ? { [Symbol.iterator]: () => scanAsWritten(text) } : inOrder(decodeDvcDir(text));
}

/** True for DVC's own spelling of a list in order, of which no entry lies below another one. */
function isOrderly(text: string): boolean {
  const scan = scanAsWritten(text);
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
