import { isTemporaryName, isUnfinishedKey, OBJECTS_PREFIX } from '../../domain/storage-key.ts';
import type { UnfinishedFile } from '../../ports/object-storage.ts';
import { inParallel } from './in-parallel.ts';

/** How a storage that is a folder shows what is in it. */
export type FolderView = {
  /** How many questions at once. */
  readonly parallel: number;
  /** What is in a folder, whose name ends in a slash or is empty; nothing where there is no folder. */
  readonly entriesIn: (folder: string) => Promise<readonly { readonly name: string; readonly isFolder: boolean }[]>;
  /** Undefined for what is no file, or not there any more. */
  readonly measure: (key: string) => Promise<Pick<UnfinishedFile, 'sizeBytes' | 'modifiedMs'> | undefined>;
};

/** Looks through the folders of both layouts, those that have no name yet too, and no others. */
export async function findUnfinished({ parallel, entriesIn, measure }: FolderView): Promise<UnfinishedFile[]> {
  const places = [OBJECTS_PREFIX];
  for (const layout of ['', OBJECTS_PREFIX]) {
    const folders = (await entriesIn(layout)).filter(({ isFolder }) => isFolder).map(({ name }) => name);
    const own = folders.filter((name) => /^[0-9a-f]{2}$/.test(name) || isTemporaryName(name));
    places.push(...own.map((name) => `${layout}${name}/`));
  }
  const found: UnfinishedFile[] = [];
  await inParallel(places, parallel, async (place) => {
    for (const key of (await entriesIn(place)).map(({ name }) => `${place}${name}`).filter(isUnfinishedKey)) {
      const file = await measure(key);
      if (file !== undefined) found.push({ key, ...file });
    }
  });
  return found;
}
