import { createHash } from 'node:crypto';
import type { Digest } from '../../domain/digest.ts';
import { relpathProblem } from '../../domain/dvc-dir.ts';
import type { FileTable } from '../../domain/file-table.ts';
import { dirChunksOf, manifestChunksOf } from '../../domain/hashed-files.ts';
import { compareUtf8 } from '../../domain/utf8-order.ts';
import type { Blake3 } from './blake3.ts';
import type { DirectorySums } from './folder-memory.ts';

export type DescribedDirectory = {
  /** `md5-dir`, unless a name rules it out, and `blake3-tree`. */
  readonly digests: readonly Digest[];
  /** Undefined where DVC has no form for a name. */
  readonly sums: DirectorySums | undefined;
  /** What DVC objects to. */
  readonly problem: string | undefined;
};

/** What a directory is called, from what its files are called. */
export function describeDirectory(files: FileTable, blake3: Blake3): DescribedDirectory {
  const { forbidden, reserved } = findProblems(files);
  const stream = blake3.createStream();
  for (const chunk of manifestChunksOf(files)) stream.update(Buffer.from(chunk));
  const tree = { kind: 'blake3-tree', value: stream.digestHex() };
  if (forbidden !== undefined) return { digests: [tree], sums: undefined, problem: forbidden };
  const sum = createHash('md5');
  let listBytes = 0;
  for (const chunk of dirChunksOf(files)) {
    sum.update(chunk);
    listBytes += chunk.length;
  }
  const md5 = sum.digest('hex');
  const problem = reserved === undefined ? undefined : `it holds ${reserved}, a name that DVC keeps for itself`;
  return { digests: [{ kind: 'md5-dir', value: md5 }, tree], sums: { md5, blake3: tree.value, listBytes }, problem };
}

/** The first of each kind, the same one whatever the order of the walk was. */
function findProblems(files: FileTable): { forbidden?: string; reserved?: string } {
  const found: { forbidden?: string; reserved?: string } = {};
  for (let row = 0; row < files.count; row++) {
    const path = files.path(row);
    const problem =
      typeof path === 'string' ? relpathProblem(path) : `the name ${Buffer.from(path).toString()} is not UTF-8`;
    if (problem !== undefined) found.forbidden = lesser(found.forbidden, problem);
    else if (isReserved(String(path))) found.reserved = lesser(found.reserved, String(path));
  }
  return found;
}

function lesser(a: string | undefined, b: string): string {
  return a !== undefined && compareUtf8(a, b) <= 0 ? a : b;
}

/** DVC collects these wherever they lie, and refuses a directory with one of them inside. */
function isReserved(relpath: string): boolean {
  return /(?:^|\/)(?:[^/]*\.dvc|dvc\.yaml|\.dvcignore)$/.test(relpath);
}
