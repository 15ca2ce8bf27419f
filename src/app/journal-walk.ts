/**
 * The walk over a journal's tree. Iterative, of fixed depth; what the base has already at the same path is not visited. Of
 * a tree that a stranger sent, every tree object is measured before it is read.
 */
import type { CmfError } from '../domain/errors.ts';
import { GATE, type JournalPath, parseJournalPath, WRITER_JSON } from '../domain/layout.ts';
import type { GitObjects, Oid, TreeEntry } from '../ports/git.ts';
import { JOURNAL_ROOT, type Level, TREE_LINE_BYTES_MAX } from './journal-levels.ts';
import { quotePath, refuseObject } from './refuse-object.ts';

/** A file of a journal's tree whose path follows the layout; nothing is said about its bytes. */
export type JournalFile = { readonly path: string; readonly place: JournalPath; readonly oid: Oid };

export type WalkRequest = {
  readonly tree: Oid;
  /** A tree that is valid already. */
  readonly base: Oid | undefined;
  /** False: what the base has must be there, unchanged. True: the base only saves work. */
  readonly isBaseOptional: boolean;
  /** Undefined for a tree that is valid already: no limit for strangers applies to it, also none on one folder. */
  readonly pathsMax: number | undefined;
};

type Folder = { readonly path: string; readonly level: Level; readonly oid: Oid; readonly base: Oid | undefined };

type Walk = WalkRequest & { readonly seen: Set<string>; readonly files: JournalFile[]; paths: number };

/** Trees read at once. The largest allowed has 16 MB, and a journal holds one of these; the others have 1.6 MB. */
const BATCH_COUNT = 16;

/**
 * The files of a tree that its base lacks.
 * @throws CmfError `refused` naming the object, its path and the rule; `newer-format` behind another gate
 */
export async function newFiles(objects: GitObjects, request: WalkRequest): Promise<JournalFile[]> {
  const walk: Walk = { ...request, seen: new Set(), files: [], paths: 0 };
  const waiting: Folder[] = [{ path: '', level: JOURNAL_ROOT, oid: request.tree, base: request.base }];
  while (waiting.length > 0) {
    const batch = waiting.splice(-BATCH_COUNT);
    if (request.pathsMax !== undefined) await measure(objects, batch);
    const read = await Promise.all(batch.map((folder) => readFolder(objects, folder)));
    for (const [folder, entries, base] of read) {
      for (const inside of visit(walk, folder, entries, base)) waiting.push(inside);
    }
  }
  return walk.files;
}

/**
 * Checks that the top folder of a stranger's tree is small enough to be read.
 * @throws CmfError `refused`
 */
export function measureRoot(objects: GitObjects, tree: Oid): Promise<void> {
  return measure(objects, [{ path: '', level: JOURNAL_ROOT, oid: tree, base: undefined }]);
}

async function measure(objects: GitObjects, folders: readonly Folder[]): Promise<void> {
  const infos = await objects.infos(folders.map(({ oid }) => oid));
  for (const [i, { oid, path, level }] of folders.entries()) {
    const info = infos[i];
    if (info === undefined) throw refuseObject(oid, path, 'is missing');
    if (info.type !== 'tree') throw refuseObject(oid, path, `is a ${info.type} where a folder must be`);
    if (info.sizeBytes > level.countMax * TREE_LINE_BYTES_MAX) {
      throw refuseObject(
        oid,
        path,
        `is a folder of ${info.sizeBytes} bytes; ${level.countMax} entries are the limit here`,
      );
    }
  }
}

async function readFolder(objects: GitObjects, folder: Folder): Promise<[Folder, TreeEntry[], TreeEntry[]]> {
  const base = folder.base === undefined ? [] : await objects.readTree(folder.base);
  return [folder, await objects.readTree(folder.oid), base];
}

/** Checks the entries of one folder; returns the folders in it that must be visited. */
function visit(walk: Walk, folder: Folder, entries: readonly TreeEntry[], base: readonly TreeEntry[]): Folder[] {
  checkShape(walk, folder, entries);
  const known = new Map(base.map((entry) => [entry.name, entry]));
  const inside: Folder[] = [];
  for (const entry of entries) {
    const path = folder.path === '' ? entry.name : `${folder.path}/${entry.name}`;
    const kind = checkEntry(folder, entry, path);
    const before = known.get(entry.name);
    known.delete(entry.name);
    if (before?.oid === entry.oid) continue;
    count(walk, entry.oid, path);
    if (kind !== 'file') {
      // A path determines its bytes, so a tree that is named twice is a lie, or a tree bomb.
      if (walk.seen.has(entry.oid))
        throw refuseObject(entry.oid, path, 'the same folder lies elsewhere in this tree too');
      walk.seen.add(entry.oid);
      inside.push({ path, level: kind, oid: entry.oid, base: before?.oid });
    } else {
      // Of writer.json two may be valid; which one stands is not for the walk to say.
      const mayChange = walk.isBaseOptional || path === WRITER_JSON;
      if (before !== undefined && !mayChange) throw refuseObject(entry.oid, path, 'was changed');
      walk.files.push(toFile(path, entry.oid));
    }
  }
  if (!walk.isBaseOptional) for (const gone of known.values()) throw removed(folder, gone);
  return inside;
}

function count(walk: Walk, oid: Oid, path: string): void {
  walk.paths += 1;
  if (walk.pathsMax === undefined || walk.paths <= walk.pathsMax) return;
  throw refuseObject(oid, path, `more than ${walk.pathsMax} new files and folders at once`);
}

function toFile(path: string, oid: Oid): JournalFile {
  const place = parseJournalPath(path);
  if (place === undefined) throw refuseObject(oid, path, 'is not a path of format 1');
  return { path, place, oid };
}

function removed({ path }: Folder, { name, oid }: TreeEntry): CmfError {
  return refuseObject(oid, path === '' ? name : `${path}/${name}`, 'was removed');
}

/** A folder is written the one way in which git writes it; else equal journals would have unequal trees. */
function checkShape({ pathsMax }: Walk, { path, oid, level }: Folder, entries: readonly TreeEntry[]): void {
  if (entries.length === 0) throw refuseObject(oid, path, 'is an empty folder');
  if (path === '') checkGate(oid, entries);
  if (pathsMax !== undefined && entries.length > level.countMax) {
    throw refuseObject(oid, path, `has ${entries.length} entries; ${level.countMax} are the limit here`);
  }
  let last = '';
  for (const { name, mode } of entries) {
    const key = mode === '040000' ? `${name}/` : name;
    if (key <= last) throw refuseObject(oid, path, `lists ${quotePath(name)} twice or out of order`);
    last = key;
  }
}

/**
 * Checks that a journal's top folder says which format it is of, and who wrote it.
 * @throws CmfError `newer-format` behind another gate; `refused` when there is none, for anything may lack one
 */
export function checkGate(oid: Oid, entries: readonly TreeEntry[]): void {
  const names = entries.map(({ name }) => name);
  const gate = names.find((name) => /^cmf-format-[0-9]{1,9}$/.test(name));
  if (gate !== undefined && gate !== GATE) {
    throw refuseObject(oid, '', `is of ${gate}; this git cmf reads ${GATE}`, 'newer-format');
  }
  for (const name of [GATE, WRITER_JSON]) if (!names.includes(name)) throw refuseObject(oid, '', `has no ${name}`);
}

function checkEntry({ level }: Folder, { name, mode, oid }: TreeEntry, path: string): 'file' | Level {
  const kind = level.open(name, path);
  if (kind === undefined) throw refuseObject(oid, path, badName(name));
  if (mode === (kind === 'file' ? '100644' : '040000')) return kind;
  throw refuseObject(
    oid,
    path,
    `${MODES[mode] ?? `has mode ${quotePath(mode)}`} where a ${kind === 'file' ? 'file' : 'folder'} must be`,
  );
}

function badName(name: string): string {
  if (name === '.' || name === '..') return 'a name that leads out of its folder';
  return name === 'ext' || name === 'blob'
    ? 'a name that format 1 reserves'
    : 'a name that format 1 does not have here';
}

const MODES: Readonly<Record<string, string>> = {
  '040000': 'is a folder',
  '100644': 'is a file',
  '100755': 'is an executable file',
  '120000': 'is a symbolic link',
  '160000': 'is a submodule',
};
