import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { type IgnoreRule, isIgnoredItself } from '../../domain/dvc-ignore-rules.ts';
import type { LeftOut } from '../../ports/hasher.ts';
import { brokenLink, errorCode, type FilePath, fileFailure, specialFile } from './file-failure.ts';

/** Files of one folder, that stand one behind the other in the order of the walk. */
export type FoundFiles = {
  /** The folder. */
  readonly path: FilePath;
  /** The folder relative to the directory, with `/`; `''` for the directory itself; bytes where it is not UTF-8. */
  readonly relpath: FilePath;
  readonly names: readonly FilePath[];
};

export type WalkOptions = {
  readonly rules: readonly IgnoreRule[];
  /** The directory relative to the top of the repository, which is what the rules speak of. */
  readonly inRepository: string;
  /** Told of everything that is no part of the directory's content. */
  readonly leaveOut: (left: LeftOut) => void;
};

type Folder = { readonly path: FilePath; readonly relpath: FilePath };
type EntryKind = 'file' | 'folder' | 'linked-folder' | 'repository-folder';

/**
 * Yields the files of a directory as DVC 3 walks it, in the order of their paths as texts. Links to files are files; links
 * to folders, `.git`, `.hg/`, `.dvc/`, folders that are DVC repositories, and what the rules ignore are left out.
 *
 * @param top absolute
 * @throws CmfError `refused` for a link to nothing and for what is neither file nor folder, unless it is ignored
 */
export function walkDirectory(top: string, options: WalkOptions): Generator<FoundFiles> {
  return walkFolder({ path: top, relpath: '' }, options);
}

function* walkFolder(folder: Folder, options: WalkOptions): Generator<FoundFiles> {
  const entries = readEntries(folder.path);
  if (folder.relpath !== '' && entries.some((entry) => isDvcFolder(entry, folder.path))) {
    options.leaveOut({ path: folder.relpath.toString(), why: 'nested-dvc-repository' });
    return;
  }
  let names: FilePath[] = [];
  for (const entry of entries) {
    if (isPlainFile(entry, options)) {
      names.push(entry.name);
      continue;
    }
    const found = { path: joinPath(folder.path, entry.name), relpath: joinPath(folder.relpath, entry.name) };
    const why = classify(entry, found, options);
    if (why === 'file') names.push(entry.name);
    else if (why === 'folder') {
      if (names.length > 0) yield { ...folder, names };
      names = [];
      yield* walkFolder(found, options);
    } else options.leaveOut({ path: found.relpath.toString(), why });
  }
  if (names.length > 0) yield { ...folder, names };
}

type Entry = Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink' | 'isFIFO' | 'isSocket'> & {
  readonly name: FilePath;
};

function readEntries(folder: FilePath): Entry[] {
  try {
    const listed = readdirSync(folder, { withFileTypes: true });
    // Node puts U+FFFD where a name is not UTF-8; only then are the bytes asked for, which costs twice as much.
    const entries: Entry[] = listed.some((dirent) => dirent.name.includes('\ufffd'))
      ? readdirSync(folder, { withFileTypes: true, encoding: 'buffer' }).map((dirent) =>
          Object.assign(dirent, { name: textIfUtf8(dirent.name) as Buffer }),
        )
      : listed;
    return entries.some((entry) => entry.isDirectory())
      ? entries.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1))
      : entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw fileFailure(error, folder);
  }
}

/** A folder sorts as the beginning of the paths below it. */
function sortKey(entry: Entry): string {
  return entry.isDirectory() ? `${entry.name}/` : entry.name.toString();
}

/** Nearly all of a large directory: nothing else has to be known of them. */
function isPlainFile(entry: Entry, { rules }: WalkOptions): boolean {
  return rules.length === 0 && entry.isFile() && entry.name !== '.git';
}

function textIfUtf8(bytes: Buffer): FilePath {
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : bytes;
}

/** The path of something in a folder; `''` is the folder that all is relative to. */
export function joinPath(folder: FilePath, name: FilePath): FilePath {
  if (typeof folder === 'string' && typeof name === 'string') return folder === '' ? name : `${folder}/${name}`;
  const parts = folder === '' ? [name] : [folder, '/', name];
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

function isDvcFolder(entry: Entry, folder: FilePath): boolean {
  if (entry.name !== '.dvc') return false;
  return statSync(joinPath(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() === true;
}

function classify(entry: Entry, found: Folder, options: WalkOptions): EntryKind | LeftOut['why'] {
  const kind = kindOf(entry, found.path);
  const isFolder = kind === 'folder' || kind === 'linked-folder';
  if (entry.name === '.git' || (isFolder && (entry.name === '.hg' || entry.name === '.dvc')))
    return 'repository-folder';
  if (options.rules.length > 0) {
    const path = `${options.inRepository}/${found.relpath.toString()}`;
    if (isIgnoredItself(options.rules, path, isFolder)) return 'ignored';
  }
  if (typeof kind === 'string') return kind;
  throw kind.refuse();
}

/** What an entry is, links followed; or how to refuse it, should nothing hide it. */
function kindOf(entry: Entry, path: FilePath): EntryKind | { readonly refuse: () => Error } {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'folder';
  if (!entry.isSymbolicLink()) return { refuse: () => specialFile(path, specialKind(entry)) };
  try {
    const target = statSync(path);
    if (target.isFile()) return 'file';
    return target.isDirectory() ? 'linked-folder' : { refuse: () => specialFile(path, specialKind(target)) };
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR') return { refuse: () => brokenLink(path) };
    throw fileFailure(error, path);
  }
}

/** What the name of a special file is called in a message. */
export function specialKind(entry: Pick<Dirent, 'isFIFO' | 'isSocket'>): string {
  if (entry.isFIFO()) return 'a FIFO';
  return entry.isSocket() ? 'a socket' : 'a device';
}

/** True for a symbolic link, whatever it leads to. */
export function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
