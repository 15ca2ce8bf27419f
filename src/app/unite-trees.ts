/** The union of two trees, path by path. */
import { CmfError } from '../domain/errors.ts';
import type { GitObjects, Oid, TreeChange, TreeEntry } from '../ports/git.ts';
import { quotePath } from './refuse-object.ts';

type Pair = { readonly path: string; readonly base: Oid | undefined; readonly other: Oid };

/**
 * The changes that unite `other` into `base`. Equal folders are skipped by their id, and a folder that only `other` has is
 * one change, so the cost follows the difference. Both trees must be valid: nothing here bounds their size.
 * @throws CmfError `damaged` when a path is in both with different bytes
 */
export async function missingPaths(objects: GitObjects, base: Oid | undefined, other: Oid): Promise<TreeChange[]> {
  const changes: TreeChange[] = [];
  const waiting: Pair[] = base === other ? [] : [{ path: '', base, other }];
  for (let pair = waiting.pop(); pair !== undefined; pair = waiting.pop()) {
    const known = new Map(await namedEntries(objects, pair.base));
    for (const [name, entry] of await namedEntries(objects, pair.other)) {
      const path = pair.path === '' ? name : `${pair.path}/${name}`;
      const ours = known.get(name);
      if (ours === undefined) changes.push({ path, oid: entry.oid, mode: modeOf(entry, path) });
      else if (ours.mode !== entry.mode) throw conflict(path);
      else if (ours.oid === entry.oid) continue;
      else if (modeOf(entry, path) === '040000') waiting.push({ path, base: ours.oid, other: entry.oid });
      else throw conflict(path);
    }
  }
  return changes;
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
