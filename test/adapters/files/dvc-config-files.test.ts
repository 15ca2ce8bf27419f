import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDvcConfigFiles } from '../../../src/adapters/files/dvc-config-files.ts';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';

const test = suite('dvc-config-files');

function place(env: Record<string, string> = {}, platform = 'linux') {
  const root = makeTempDirectory();
  mkdirSync(join(root, '.dvc'));
  const files = createDvcConfigFiles({ env, home: '/home/u', platform, lockDirectory: join(root, 'lock') });
  return { root, files };
}

test('the places are those of DVC', () => {
  const { files } = place();
  assert.is(files.pathOf('/r', 'system'), '/etc/xdg/dvc/config');
  assert.is(files.pathOf('/r', 'user'), '/home/u/.config/dvc/config');
  assert.is(files.pathOf('/r', 'local'), '/r/.dvc/config.local');
  const { files: mac } = place({}, 'darwin');
  assert.is(mac.pathOf('/r', 'user'), '/home/u/Library/Application Support/dvc/config');
  const { files: other } = place({ XDG_CONFIG_HOME: '/x', XDG_CONFIG_DIRS: '/y:/z' });
  assert.is(other.pathOf('/r', 'user'), '/x/dvc/config');
  assert.is(other.pathOf('/r', 'system'), '/y/dvc/config');
  const { files: told } = place({ DVC_GLOBAL_CONFIG_DIR: '/g', DVC_SYSTEM_CONFIG_DIR: '/s' });
  assert.is(told.pathOf('/r', 'user'), '/g/config');
  assert.is(told.pathOf('/r', 'system'), '/s/config');
});

test('a new local file can be read by its owner only; others keep their mode', async () => {
  const { root, files } = place();
  writeFileSync(join(root, '.dvc/config'), 'a', { mode: 0o640 });
  assert.ok(await files.change(root, 'local', (text) => `${text ?? 'new'}`));
  assert.ok(await files.change(root, 'repository', (text) => `${text}b`));
  assert.not(await files.change(root, 'repository', (text) => text ?? ''));
  assert.is(statSync(join(root, '.dvc/config.local')).mode & 0o777, 0o600);
  assert.is(statSync(join(root, '.dvc/config')).mode & 0o777, 0o640);
  assert.is(readFileSync(join(root, '.dvc/config'), 'utf8'), 'ab');
});

test('a link stays a link', async () => {
  const { root, files } = place();
  writeFileSync(join(root, 'shared'), 'a');
  symlinkSync('../shared', join(root, '.dvc/config'));
  await files.change(root, 'repository', () => 'b');
  assert.is(readFileSync(join(root, 'shared'), 'utf8'), 'b');
});

test('what is no text is refused, and not written over', async () => {
  const { root, files } = place();
  writeFileSync(join(root, '.dvc/config'), Buffer.from([0x5b, 0xff, 0x5d]));
  for (const act of [() => files.read(root), () => files.change(root, 'repository', () => '')]) {
    await act().then(
      () => assert.unreachable(),
      (error: Error) => assert.match(error.message, /not UTF-8/),
    );
  }
});

test.run();
