import { isUnfinishedKey, OBJECTS_PREFIX } from '../../domain/storage-key.ts';
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

/** Looks through the folders of both layouts, and no others. */
export async function findUnfinished({ parallel, entriesIn, measure }: FolderView): Promise<UnfinishedFile[]> {
  const shelves: string[] = [];
  for (const layout of ['', OBJECTS_PREFIX]) {
    const folders = (await entriesIn(layout)).filter(({ name, isFolder }) => isFolder && /^[0-9a-f]{2}$/.test(name));
    shelves.push(...folders.map(({ name }) => `${layout}${name}/`));
  }
  const found: UnfinishedFile[] = [];
  await inParallel(shelves, parallel, async (shelf) => {
    for (const key of (await entriesIn(shelf)).map(({ name }) => `${shelf}${name}`).filter(isUnfinishedKey)) {
      const file = await measure(key);
      if (file !== undefined) found.push({ key, ...file });
    }
  });
  return found;
}
