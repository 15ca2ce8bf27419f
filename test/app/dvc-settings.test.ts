import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cachePlaceOf } from '../../src/app/dvc-settings.ts';
import type { CachePlace } from '../../src/domain/dvc-cache.ts';
import type { Disk } from '../../src/ports/disk.ts';
import type { GitRepository } from '../../src/ports/git.ts';
import { errorOf } from '../helpers/error-of.ts';

const test = suite('dvc-settings');

function placeFor(files: Readonly<Record<string, string>>): CachePlace {
  const disk = {
    read: (path: string) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
  } as unknown as Disk;
  const repository = { layout: { worktree: '/w' } } as unknown as GitRepository;
  return cachePlaceOf({ repository, disk });
}

test('without settings it is as DVC has it', () => {
  assert.equal(placeFor({}), { directory: '/w/.dvc/cache', linkTypes: ['reflink', 'copy'], group: false });
});

test('config.local beats config, other sections do not count, paths are relative to .dvc', () => {
  const config = `[core]\n    dir = no\n['remote "x"']\n    type = no\n[cache]\n    dir = ../shared # here\n    type = "reflink,symlink"\n`;
  assert.equal(placeFor({ '/w/.dvc/config': config, '/w/.dvc/config.local': '[cache]\nshared = group\n' }), {
    directory: '/w/shared',
    linkTypes: ['reflink', 'symlink'],
    group: true,
  });
  const local = '[cache]\ndir = /mnt/cache\n';
  assert.is(placeFor({ '/w/.dvc/config': config, '/w/.dvc/config.local': local }).directory, '/mnt/cache');
});

test('a kind of link that DVC does not know is refused', () => {
  assert.match(
    errorOf(() => placeFor({ '/w/.dvc/config': '[cache]\ntype = magic\n' })),
    /^refused: .*'magic'/,
  );
});

test.run();
