/**
 * Which files of DVC lie in the trees of commits. Each tree is read once, however many commits have it, and two trees with the
 * same files of DVC below them have one listing, so a history costs what changed in it.
 */
import { CmfError } from '../domain/errors.ts';
import type { GitObjects, Oid, TreeEntry } from '../ports/git.ts';

/** A file of DVC. `path` holds raw bytes as latin1, like `TreeEntry.name`. */
export type DvcFile = { readonly path: string; readonly oid: Oid };

/** The files of DVC below a tree. Equal listings are one object. */
export type DvcListing = {
  readonly files: readonly DvcFile[];
  readonly folders: readonly (readonly [name: string, listing: DvcListing])[];
  /** How many files there are in all. */
  readonly count: number;
  readonly id: number;
};

export type ListingReader = {
  /** The listing of a tree. */
  readonly read: (tree: Oid) => Promise<DvcListing>;
};

/** More is no repository that DVC could work in, but a tree that was made to be endless. */
const FILES_MAX = 200_000;
const DEPTH_MAX = 256;

/** A reader that remembers every tree. */
export function openListingReader(objects: GitObjects): ListingReader {
  const trees = new Map<Oid, Promise<DvcListing>>();
  const known = new Map<string, DvcListing>();
  const intern = (files: DvcListing['files'], folders: DvcListing['folders']): DvcListing => {
    const key = JSON.stringify([
      files.map(({ path, oid }) => [path, oid]),
      folders.map(([name, { id }]) => [name, id]),
    ]);
    const before = known.get(key);
    if (before !== undefined) return before;
    const count = folders.reduce((sum, [, listing]) => sum + listing.count, files.length);
    if (count > FILES_MAX) {
      throw new CmfError('refused', { message: `a commit holds more than ${FILES_MAX} files of DVC` });
    }
    const listing = { files, folders, count, id: known.size };
    known.set(key, listing);
    return listing;
  };
  const read = async (tree: Oid, depth: number): Promise<DvcListing> => {
    if (depth > DEPTH_MAX) throw new CmfError('refused', { message: `a tree is deeper than ${DEPTH_MAX} folders` });
    const before = trees.get(tree);
    if (before !== undefined) return before;
    const reading = list(tree, depth);
    trees.set(tree, reading);
    return reading;
  };
  const list = async (tree: Oid, depth: number): Promise<DvcListing> => {
    const entries = await objects.readTree(tree);
    const files = entries.filter(isDvcFile).map(({ name, oid }) => ({ path: name, oid }));
    const folders = entries.filter(isFolder);
    const listings = await Promise.all(folders.map(({ oid }) => read(oid, depth + 1)));
    const filled = folders.flatMap(({ name }, i): [string, DvcListing][] => {
      const listing = listings[i];
      return listing === undefined || listing.count === 0 ? [] : [[name, listing]];
    });
    return intern(files, filled);
  };
  return { read: (tree) => read(tree, 0) };
}

/** How the names of DVC's files end, and of few others. */
export const DVC_ENDINGS = ['.dvc', 'dvc.lock', 'dvc.yaml'];

/** As DVC finds its files: by name. A link is no such file here: it could lead anywhere. */
export function isDvcFile({ mode, name }: Pick<TreeEntry, 'mode' | 'name'>): boolean {
  if (mode !== '100644' && mode !== '100755') return false;
  return name === 'dvc.yaml' || name === 'dvc.lock' || (name.endsWith('.dvc') && name !== '.dvc');
}

function isFolder({ mode, name }: TreeEntry): boolean {
  return mode === '040000' && name !== '.dvc';
}

/** All files of a listing, with their paths from its top. */
export function filesOf(listing: DvcListing, prefix = ''): DvcFile[] {
  const files = listing.files.map(({ path, oid }) => ({ path: prefix + path, oid }));
  return [...files, ...listing.folders.flatMap(([name, inner]) => filesOf(inner, `${prefix}${name}/`))];
}
