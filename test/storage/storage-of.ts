import { nodePrograms } from '../../src/adapters/process/node-programs.ts';
import { openStorage } from '../../src/adapters/storage/open-storage.ts';
import type { Storage } from '../../src/domain/storage.ts';
import { parseStorageUrl } from '../../src/domain/storage-url.ts';
import type { ObjectStorage } from '../../src/ports/object-storage.ts';
import { sealedEnv } from '../helpers/sealed-git.ts';

/** A storage as DVC's configuration would name it. */
export function storageOf(url: string, settings: Readonly<Record<string, string>> = {}): Storage {
  const entries = Object.entries(settings).map(([key, value]) => [key, { value, level: 'local' }] as const);
  return {
    name: 'test',
    url,
    address: parseStorageUrl(url),
    settings: new Map(entries),
    level: 'local',
    isDefault: true,
  };
}

/** Opens it as the program does, in an environment of its own. */
export function openAs(storage: Storage, extra: Readonly<Record<string, string>> = {}): Promise<ObjectStorage> {
  const env = sealedEnv(extra);
  return openStorage(storage, { programs: nodePrograms(env), env });
}
