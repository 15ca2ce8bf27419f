/** The union of two trees, path by path. */
import { CmfError } from '../domain/errors.ts';
import { WRITER_JSON } from '../domain/layout.ts';
import type { GitObjects, Oid, TreeChange, TreeEntry } from '../ports/git.ts';
import { quotePath } from './refuse-object.ts';

type Pair = { readonly path: string; readonly base: Oid | undefined; readonly other: Oid };

/**
 * The changes that unite `other` into `base`. Equal folders are skipped by their id, and a folder that only `other` has is
 * one change, so the cost follows the difference. Both trees must be valid: nothing here bounds their size. A writer may
 * have signed two writer.json (its key was restored from a backup, the file was not): the lesser text stands, as in the
 * join of states, whatever the order.
 * @throws CmfError `damaged` when another path is in both with different bytes
 */
export async function missingPaths(objects: GitObjects, base: Oid | undefined, other: Oid): Promise<TreeChange[]> {
  const changes: TreeChange[] = [];
  const waiting: Pair[] = base === other ? [] : [{ path: '', base, other }];
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    const known = new Map(await namedEntries(objects, pair.base));
    for (const [name, entry] of await namedEntries(objects, pair.other)) {
      const path = pair.path === '' ? name : `${pair.path}/${name}`;
      const ours = known.get(name);
      if (isSame(ours, entry)) continue;
      const mode = commonMode(ours, entry, path);
      if (ours !== undefined && mode === '040000') waiting.push({ path, base: ours.oid, other: entry.oid });
      else if (await stands(objects, path, entry.oid, ours?.oid)) changes.push({ path, oid: entry.oid, mode });
    }
  }
  return changes;
}

function commonMode(ours: TreeEntry | undefined, entry: TreeEntry, path: string): '100644' | '040000' {
  if (ours !== undefined && ours.mode !== entry.mode) throw conflict(path);
  return modeOf(entry, path);
}

function isSame(ours: TreeEntry | undefined, { mode, oid }: TreeEntry): boolean {
  return ours?.mode === mode && ours.oid === oid;
}

/** Whether the other bytes at a path stand, in the place of ours. Compares by UTF-16 code units, as join.ts does. */
async function stands(objects: GitObjects, path: string, other: Oid, ours: Oid | undefined): Promise<boolean> {
  if (ours === undefined) return true;
  if (path !== WRITER_JSON) throw conflict(path);
  const [a, b] = await Promise.all([objects.readBlob(other), objects.readBlob(ours)]);
  return Buffer.from(a).toString() < Buffer.from(b).toString();
}

async function namedEntries(objects: GitObjects, tree: Oid | undefined): Promise<(readonly [string, TreeEntry])[]> {
  return tree === undefined ? [] : (await objects.readTree(tree)).map((entry) => [entry.name, entry]);
}

function modeOf({ mode }: TreeEntry, path: string): '100644' | '040000' {
  if (mode === '100644' || mode === '040000') return mode;
  throw new CmfError('damaged', { message: `${quotePath(path)} has mode ${quotePath(mode)}, which no journal has` });
}

function conflict(path: string): CmfError {
  return new CmfError('damaged', { message: `${quotePath(path)} is in both trees with different bytes` });
}
