import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachePlaceOf } from '../../src/app/dvc-settings.ts';
import type { CachePlace } from '../../src/domain/dvc-cache.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { DvcConfigFiles } from '../../src/ports/dvc-config-files.ts';
import type { GitRepository } from '../../src/ports/git.ts';

const test = suite('dvc-settings');

const PATHS = { repository: '/w/.dvc/config', local: '/w/.dvc/config.local' };

function placeFor(files: Readonly<Partial<typeof PATHS>>): Promise<CachePlace> {
  const read = async () =>
    (['repository', 'local'] as const).map((level) => ({ level, path: PATHS[level], text: files[level] ?? '' }));
  const repository = { layout: { worktree: '/w' } } as unknown as GitRepository;
  return cachePlaceOf({ repository }, { home: '/home', read } as unknown as DvcConfigFiles);
}

test('without settings it is as DVC has it', async () => {
  assert.equal(await placeFor({}), { directory: '/w/.dvc/cache', linkTypes: ['reflink', 'copy'], group: false });
});

test('config.local beats config, other sections do not count, paths are relative to .dvc', async () => {
  const config = `[core]\n    dir = no\n['remote "x"']\n    type = no\n[cache]\n    dir = ../shared # here\n    type = "reflink,symlink"\n`;
  assert.equal(await placeFor({ repository: config, local: '[cache]\nshared = group\n' }), {
    directory: '/w/shared',
    linkTypes: ['reflink', 'symlink'],
    group: true,
  });
  const local = '[cache]\ndir = /mnt/cache\n';
  assert.is((await placeFor({ repository: config, local })).directory, '/mnt/cache');
});

test('a kind of link that DVC does not know is refused', async () => {
  const error: unknown = await placeFor({ repository: '[cache]\ntype = magic\n' }).catch((reason: unknown) => reason);
  assert.match(error instanceof CmfError ? `${error.code}: ${error.message}` : '', /^refused: .*'magic'/);
});

test.run();
