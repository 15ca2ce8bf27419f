import { OBJECTS_FOLDER } from '../../domain/dvc-cache.ts';
import type { HashOptions } from '../../ports/hasher.ts';
import { type Blake3, loadBlake3 } from './blake3.ts';
import { type FolderMemory, openFolderMemory } from './folder-memory.ts';
import { type HashCache, openHashCache } from './hash-cache.ts';
import { type HashCrew, openHashCrew } from './hash-crew.ts';

export type HasherOptions = {
  readonly load?: () => Promise<Blake3>;
  /** Where digests are remembered (see hash-cache.ts); nowhere unless given. */
  readonly cacheFile?: string;
  /** Where is remembered what whole directories gave (see folder-memory.ts); nowhere unless given. */
  readonly memoryFile?: string;
  /** Makes a file system durable (see hash-crew.ts); unless given each file is synced by itself. */
  readonly sync?: (folder: string) => Promise<boolean>;
  /** How many threads at most; one for each core unless given. */
  readonly threads?: number;
};

/** What one call works with. */
export type HashWork = {
  readonly crew: HashCrew;
  readonly cache: HashCache | undefined;
  readonly memory: FolderMemory | undefined;
  readonly memoryFile: string | undefined;
  readonly load: () => Promise<Blake3>;
  readonly how: HashOptions;
  /** The folder of the cache that the objects go to. */
  readonly objects: string | undefined;
};

/** What one call needs; the caller closes the crew. */
export function openWork(options: HasherOptions, how: HashOptions): HashWork {
  const { load = loadBlake3, sync = async () => false, cacheFile, memoryFile, threads } = options;
  const { keepIn, sha256 = false } = how;
  const objects = keepIn === undefined ? undefined : `${keepIn.directory}/${OBJECTS_FOLDER}`;
  const keep = keepIn && objects ? { folder: objects, linkTypes: keepIn.linkTypes, group: keepIn.group } : undefined;
  const crew = openHashCrew({ load, sync, sha256, keep, ...(threads === undefined ? {} : { threads }) });
  const cache = cacheFile === undefined ? undefined : openHashCache(cacheFile);
  const memory = memoryFile === undefined ? undefined : openFolderMemory(memoryFile);
  return { crew, cache, memory, memoryFile, load, how, objects };
}
