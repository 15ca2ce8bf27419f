import type { WriterId } from '../domain/ids.ts';
import { mergedPath } from '../domain/layout.ts';
import type { GitObjects, Oid } from '../ports/git.ts';

/** A writer's tree in the tree of a merged ref; undefined when it is not there. */
export async function mergedTreeOf(objects: GitObjects, root: Oid, writer: WriterId): Promise<Oid | undefined> {
  let tree = root;
  for (const name of mergedPath(writer).split('/')) {
    const entry = (await objects.readTree(tree)).find((one) => one.name === name);
    if (entry?.mode !== '040000') return undefined;
    tree = entry.oid;
  }
  return tree;
}
