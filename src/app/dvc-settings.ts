/** What DVC's configuration says of the cache. */
import { type CachePlace, parseLinkTypes } from '../domain/dvc-cache.ts';
import { readDvcConfig } from '../domain/dvc-config.ts';
import { CmfError } from '../domain/errors.ts';
import type { DvcConfigFiles } from '../ports/dvc-config-files.ts';
import type { Context } from './clone.ts';

/**
 * Where DVC's cache of this work tree is.
 * @throws CmfError `no-repository` without a work tree; `refused` for a setting that DVC does not know; `damaged` for a
 * file that DVC cannot read either
 */
export async function cachePlaceOf(
  { repository }: Pick<Context, 'repository'>,
  config: DvcConfigFiles,
): Promise<CachePlace> {
  const root = repository.layout.worktree;
  if (root === undefined) {
    throw new CmfError('no-repository', {
      message: 'this is a bare repository: it has no files and no cache',
      hint: 'go into a clone of it',
    });
  }
  const cache = readDvcConfig(await config.read(root), config.home).sections.get('cache');
  const textOf = (key: string): string | undefined => {
    const value = cache?.get(key)?.value;
    return value === undefined ? undefined : String(value);
  };
  const linkTypes = parseLinkTypes(textOf('type'));
  if (linkTypes === undefined) {
    throw new CmfError('refused', {
      message: `cache.type is '${textOf('type')}', which names a kind of link that DVC does not know`,
      hint: 'dvc config cache.type reflink,copy',
    });
  }
  return { directory: textOf('dir') ?? `${root}/.dvc/cache`, linkTypes, group: textOf('shared') === 'group' };
}
