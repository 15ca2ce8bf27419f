import { type Storage, settingText } from '../../domain/storage.ts';
import { StorageFailure } from '../../domain/storage-failure.ts';
import type { ObjectStorage } from '../../ports/object-storage.ts';
import type { Programs } from '../../ports/programs.ts';
import { diskFailure } from './disk-failure.ts';
import { localStorage } from './local/local-storage.ts';
import { sshFailure, sshWords } from './ssh/ssh-command.ts';
import { sshStorage } from './ssh/ssh-storage.ts';

/** What storages need of this machine. */
export type StoragePlaces = {
  readonly programs: Programs;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/**
 * Makes ready to reach a storage. Nothing is asked of it yet.
 * @throws StorageFailure `refused` for one that git cmf cannot reach, or for settings that it cannot follow
 */
export async function openStorage(storage: Storage, places: StoragePlaces): Promise<ObjectStorage> {
  const { address } = storage;
  if (settingText(storage, 'version_aware') === 'true' || settingText(storage, 'worktree') === 'true') {
    throw new StorageFailure('refused', {
      message: `the storage '${storage.name}' keeps versions of files under their own names, which git cmf does not do`,
      hint: `git cmf storage add NAME URL for one without version_aware and worktree`,
    });
  }
  switch (address.kind) {
    case 'folder':
      return localStorage({
        root: address.path,
        isShared: settingText(storage, 'shared')?.toLowerCase() === 'group',
        syncFileSystem: (path) => syncFileSystem(places.programs, path),
      });
    case 'ssh': {
      const words = sshWords(storage, address);
      // git's variable for another ssh than the one on PATH.
      const ssh = places.env['GIT_SSH'] || 'ssh';
      return sshStorage({
        start: () => places.programs.start(ssh, words),
        explain: (exitCode, stderr) => sshFailure(address.host, exitCode, stderr),
        root: address.path,
      });
    }
    case 's3': {
      // The client library is the largest part of the program.
      const { openS3Storage } = await import('./s3/s3-storage.ts');
      return openS3Storage(storage, address);
    }
    default:
      throw new StorageFailure('refused', {
        message: `git cmf does not reach the storage '${storage.name}': it is neither a folder, nor ssh://, nor s3://`,
        hint: 'dvc push and dvc pull reach it',
      });
  }
}

/** One request for all that was written; node itself can only ask for one file after the other. */
async function syncFileSystem(programs: Programs, path: string): Promise<void> {
  const program = programs.start('sync', process.platform === 'linux' ? ['-f', path] : []);
  const { exitCode, stderr } = await program.ended;
  if (exitCode !== 0) throw diskFailure(path, new Error(`sync: ${stderr.trim()}`));
}
