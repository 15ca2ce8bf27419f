/** What a directory's files are called as one: DVC's `.dir` text and the tree manifest, piece by piece from a table. */
import type { DvcDirEntry } from './dvc-dir.ts';
import { dvcDirChunks } from './dvc-dir.ts';
import type { FileTable } from './file-table.ts';
import { treeManifestChunks } from './tree-manifest.ts';

/** The text of the `.dir` object. Every path must be text. */
export function dirChunksOf(files: FileTable): Generator<string> {
  return dvcDirChunks(dirEntriesOf(files));
}

/** Its files as the `.dir` object lists them. A name that is not UTF-8, which no list can hold, is left out. */
export function* dirEntriesOf(files: FileTable): Generator<DvcDirEntry> {
  for (const row of files.sorted()) {
    const relpath = files.path(row);
    if (typeof relpath === 'string') yield { relpath, md5: files.md5(row) };
  }
}

/** The same, to be gone through any number of times. */
export function dirListOf(files: FileTable): Iterable<DvcDirEntry> {
  return { [Symbol.iterator]: () => dirEntriesOf(files) };
}

/** The bytes whose BLAKE3 is the `blake3-tree` digest. */
export function manifestChunksOf(files: FileTable): Generator<string> {
  return treeManifestChunks(treeFiles(files));
}

function* treeFiles(files: FileTable) {
  for (const row of files.sorted()) {
    yield {
      path: files.path(row),
      blake3: files.blake3(row),
      sizeBytes: files.sizeBytes(row),
    };
  }
}
