import { CmfError } from '../../domain/errors.ts';
import type { Oid, TreeChange, TreeEntry } from '../../ports/git.ts';
import type { NewObject } from '../../ports/git-store.ts';
import { hashObject, type ObjectFormat } from './object-id.ts';
import { formatTree, isTree } from './tree-format.ts';

type Leaf = { readonly mode: string; readonly oid: Oid; readonly bytes?: Uint8Array };
type Directory = { readonly base: Oid | undefined; readonly children: Map<string, Leaf | Directory> };

/** A tree that does not exist yet: its id, and the objects that must be written for it. */
export type TreePlan = { readonly root: Oid; readonly objects: readonly NewObject[] };

/** What planning reads: one tree's lines. */
export type TreeReader = (oid: Oid) => Promise<readonly TreeEntry[]>;

/**
 * Computes what a tree becomes when the changes are made in their order, reading only the directories on their paths.
 *
 * Nothing is written, so a change that changes nothing costs nothing. A file in the way of a directory is replaced and
 * the other way round; a directory that becomes empty goes.
 */
export async function planTree(
  format: ObjectFormat,
  read: TreeReader,
  base: Oid | undefined,
  changes: readonly TreeChange[],
): Promise<TreePlan> {
  const root = await openDirectory(read, base);
  for (const change of changes) await apply(format, read, root, change);
  const objects = new Map<Oid, NewObject>();
  const oid = seal(format, root, objects) ?? emptyTree(format, objects);
  return { root: oid, objects: [...objects.values()] };
}

async function openDirectory(read: TreeReader, base: Oid | undefined): Promise<Directory> {
  const entries = base === undefined ? [] : await read(base);
  return { base, children: new Map(entries.map((entry) => [entry.name, { mode: entry.mode, oid: entry.oid }])) };
}

async function apply(format: ObjectFormat, read: TreeReader, root: Directory, change: TreeChange): Promise<void> {
  const names = splitPath(change.path);
  const last = names.pop() ?? '';
  const leaf = toLeaf(format, change);
  let directory = root;
  for (const name of names) {
    const child = directory.children.get(name);
    if (child !== undefined && 'children' in child) {
      directory = child;
      continue;
    }
    const exists = child !== undefined && isTree(child);
    if (!exists && leaf === undefined) return;
    const opened = await openDirectory(read, exists ? child.oid : undefined);
    directory.children.set(name, opened);
    directory = opened;
  }
  if (leaf === undefined) directory.children.delete(last);
  else if (!isSame(directory.children.get(last), leaf)) directory.children.set(last, leaf);
}

/** A leaf that is there already stays as it was read, so its bytes are not written again. */
function isSame(present: Leaf | Directory | undefined, leaf: Leaf): boolean {
  return present !== undefined && 'oid' in present && present.oid === leaf.oid && present.mode === leaf.mode;
}

function toLeaf(format: ObjectFormat, change: TreeChange): Leaf | undefined {
  if ('bytes' in change) {
    const bytes = typeof change.bytes === 'string' ? Buffer.from(change.bytes) : change.bytes;
    return { mode: change.mode ?? '100644', oid: hashObject(format, 'blob', bytes), bytes };
  }
  return change.oid === undefined ? undefined : { mode: change.mode, oid: change.oid };
}

/** The id of a directory, children first; its objects are added unless the base tree proves that they exist. */
function seal(format: ObjectFormat, directory: Directory, objects: Map<Oid, NewObject>): Oid | undefined {
  const entries: TreeEntry[] = [];
  for (const [name, child] of directory.children) {
    if ('children' in child) {
      const oid = seal(format, child, objects);
      if (oid !== undefined) entries.push({ mode: '040000', name, oid });
    } else {
      if (child.bytes !== undefined) objects.set(child.oid, { type: 'blob', oid: child.oid, bytes: child.bytes });
      entries.push({ mode: child.mode, name, oid: child.oid });
    }
  }
  if (entries.length === 0) return undefined;
  const bytes = formatTree(entries);
  const oid = hashObject(format, 'tree', bytes);
  if (oid !== directory.base) objects.set(oid, { type: 'tree', oid, bytes });
  return oid;
}

function emptyTree(format: ObjectFormat, objects: Map<Oid, NewObject>): Oid {
  const bytes = Buffer.alloc(0);
  const oid = hashObject(format, 'tree', bytes);
  objects.set(oid, { type: 'tree', oid, bytes });
  return oid;
}

/** Names that git itself would not check out, or that latin1 cannot hold, are refused before they are written. */
function splitPath(path: string): string[] {
  const names = path.split('/');
  for (const name of names) {
    if (name === '' || name === '.' || name === '..' || /^\.git$/i.test(name) || /[^\x01-\xff]/.test(name)) {
      throw new CmfError('refused', { message: `${JSON.stringify(path)} cannot be a path in a git tree` });
    }
  }
  return names;
}
