import { hash } from 'node:crypto';
import { type Stats, statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { type DvcDirEntry, encodeDvcDir, relpathProblem } from '../../domain/dvc-dir.ts';
import { encodeTreeManifest } from '../../domain/tree-manifest.ts';
import { compareUtf8 } from '../../domain/utf8-order.ts';
import type { DvcVerdict, Hashed, HashedDirectory, HashedFile, Hasher, LeftOut } from '../../ports/hasher.ts';
import { type Blake3, loadBlake3 } from './blake3.ts';
import { type DvcPlace, findDvcPlace } from './dvc-place.ts';
import { brokenLink, errorCode, type FilePath, fileFailure, showPath, specialFile } from './file-failure.ts';
import { type FileHash, type HashTools, hashFile, READ_BYTES } from './hash-file.ts';
import { isLink, specialKind, walkDirectory } from './walk-directory.ts';

/** How many files of a directory are hashed before other work of this process gets its turn. */
const TURN_FILES = 1024;

/** A hasher that works in this process, one file after the other, with flat memory per file. */
export function createHasher(load: () => Promise<Blake3> = loadBlake3): Hasher {
  let tools: HashTools | undefined;
  return {
    async hash(path, options): Promise<Hashed> {
      const stats = statTarget(path);
      tools ??= { blake3: await load(), buffer: Buffer.allocUnsafeSlow(READ_BYTES) };
      const place = findDvcPlace(options.root, path, stats.isDirectory());
      return stats.isDirectory() ? hashDirectory(path, place, tools) : hashOneFile(path, place, tools);
    },
  };
}

function statTarget(path: string): Stats {
  const stats = statOrFail(path);
  if (stats.isFile() || stats.isDirectory()) return stats;
  throw specialFile(path, specialKind(stats));
}

function statOrFail(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    const code = errorCode(error);
    throw (code === 'ENOENT' || code === 'ELOOP') && isLink(path) ? brokenLink(path) : fileFailure(error, path);
  }
}

async function hashOneFile(path: string, place: DvcPlace, tools: HashTools): Promise<HashedFile> {
  const { md5, blake3, sizeBytes, executable } = await hashFile(path, tools);
  const digests = [
    { kind: 'md5', value: md5 },
    { kind: 'blake3', value: blake3 },
  ];
  return { kind: 'file', digests, sizeBytes, executable, dvc: verdict(place.problem) };
}

async function hashDirectory(path: string, place: DvcPlace, tools: HashTools): Promise<HashedDirectory> {
  const leftOut: LeftOut[] = [];
  const options = {
    rules: place.rules,
    inRepository: place.inRepository,
    leaveOut: (left: LeftOut) => leftOut.push(left),
  };
  const members: Member[] = [];
  for (const found of walkDirectory(path, options)) {
    members.push({ ...(await hashFile(found.path, tools)), path: found.relpath });
    if (members.length % TURN_FILES === 0) await setImmediate();
  }
  const dir = describeForDvc(members);
  const tree = { kind: 'blake3-tree', value: tools.blake3.hashHex(encodeTreeManifest(members)) };
  return {
    kind: 'directory',
    digests: dir.text === undefined ? [tree] : [{ kind: 'md5-dir', value: hash('md5', dir.text, 'hex') }, tree],
    sizeBytes: members.reduce((sum, member) => sum + member.sizeBytes, 0),
    nfiles: members.length,
    dvc: verdict(place.problem ?? dir.problem),
    dirText: dir.text,
    leftOut: leftOut.sort((a, b) => compareUtf8(a.path, b.path)),
  };
}

type Member = FileHash & { readonly path: FilePath };

/** What DVC would store for a directory's files: the `.dir` text unless a name rules it out, and what it objects to. */
function describeForDvc(members: readonly Member[]): { readonly text?: string; readonly problem?: string } {
  const entries: DvcDirEntry[] = [];
  const problems: string[] = [];
  for (const { path, md5 } of members) {
    const problem = typeof path === 'string' ? relpathProblem(path) : `the name ${showPath(path)} is not UTF-8`;
    if (problem !== undefined) problems.push(problem);
    else entries.push({ relpath: path.toString(), md5 });
  }
  if (problems.length > 0) return { problem: firstOf(problems) };
  const reserved = entries.filter(({ relpath }) => isReserved(relpath)).map(({ relpath }) => relpath);
  const text = encodeDvcDir(entries);
  return reserved.length === 0
    ? { text }
    : { text, problem: `it holds ${firstOf(reserved)}, a name that DVC keeps for itself` };
}

/** DVC collects these wherever they lie, and refuses a directory with one of them inside. */
function isReserved(relpath: string): boolean {
  return /(?:^|\/)(?:[^/]*\.dvc|dvc\.yaml|\.dvcignore)$/.test(relpath);
}

/** The same one whatever the order of the walk was. */
function firstOf(texts: readonly string[]): string {
  return texts.reduce((least, text) => (compareUtf8(text, least) < 0 ? text : least));
}

function verdict(problem: string | undefined): DvcVerdict {
  return problem === undefined ? { ok: true } : { ok: false, reason: problem };
}
