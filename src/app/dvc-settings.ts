/** What `.dvc/config` and `.dvc/config.local` say of the cache: no more of DVC's configuration than that. */
import { type CachePlace, parseLinkTypes } from '../domain/dvc-cache.ts';
import { CmfError } from '../domain/errors.ts';
import type { Context } from './clone.ts';

/**
 * Where DVC's cache of this work tree is.
 * @throws CmfError `no-repository` without a work tree; `refused` for a setting that DVC does not know
 */
export function cachePlaceOf({ repository, disk }: Pick<Context, 'repository' | 'disk'>): CachePlace {
  const root = repository.layout.worktree;
  if (root === undefined) {
    throw new CmfError('no-repository', {
      message: 'this is a bare repository: it has no files and no cache',
      hint: 'go into a clone of it',
    });
  }
  const settings = new Map<string, string>();
  for (const name of ['config', 'config.local']) {
    const bytes = disk.read(`${root}/.dvc/${name}`);
    const text = bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
    for (const [key, value] of cacheSection(text)) settings.set(key, value);
  }
  const linkTypes = parseLinkTypes(settings.get('type'));
  if (linkTypes === undefined) {
    throw new CmfError('refused', {
      message: `cache.type is '${settings.get('type')}', which names a kind of link that DVC does not know`,
      hint: 'dvc config cache.type reflink,copy',
    });
  }
  const directory = resolvePath(`${root}/.dvc`, settings.get('dir') ?? 'cache');
  return { directory, linkTypes, group: settings.get('shared') === 'group' };
}

function cacheSection(text: string): [string, string][] {
  const pairs: [string, string][] = [];
  let section = '';
  for (const line of text.split(/\r?\n/)) {
    section = /^\s*\[\s*(.*?)\s*\]/.exec(line)?.[1]?.toLowerCase() ?? section;
    const [, key = '', value = ''] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section === 'cache' && key !== '') pairs.push([key.toLowerCase(), unquoted(value)]);
  }
  return pairs;
}

function unquoted(value: string): string {
  const [, , quoted] = /^(["'])(.*?)\1\s*(?:#.*)?$/.exec(value) ?? [];
  return quoted ?? value.replace(/\s*#.*$/, '');
}

/** A path is relative to the folder of the file that it stands in. */
function resolvePath(folder: string, path: string): string {
  if (path.startsWith('/')) return path;
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
