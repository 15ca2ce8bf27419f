import { rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { displayIfChosen, openIfChosen } from '../../../src/adapters/nodegit/choose-nodegit.ts';
import { rejectsWith } from '../../conformance/git-subject.ts';
import { git, makeRepository, makeTempDirectory, sealedEnv } from '../../helpers/sealed-git.ts';

const it = suite('nodegit: who chooses it');

it('is nobody who did not set cmf.gitBackend to it', async () => {
  const directory = await makeRepository();
  assert.is(await openIfChosen(directory, sealedEnv()), undefined);
  assert.is(await openIfChosen(makeTempDirectory(), sealedEnv()), undefined);
  await git(['config', 'cmf.gitBackend', 'git'], { cwd: directory });
  assert.is(await openIfChosen(directory, sealedEnv()), undefined);
  await git(['config', 'cmf.note', 'gitBackend = nodegit'], { cwd: directory });
  assert.is(await openIfChosen(directory, sealedEnv()), undefined);
});

it('leaves to git what cannot be read', async () => {
  const directory = await makeRepository();
  assert.is(await openIfChosen(directory, sealedEnv({ GIT_CONFIG_GLOBAL: directory })), undefined);
  assert.is(await openIfChosen(directory, sealedEnv({ GIT_CONFIG_GLOBAL: '/dev/full' })), undefined);
  assert.is(await openIfChosen(`${directory}\0`, sealedEnv()), undefined);
  rmSync(join(directory, '.git'), { recursive: true });
  symlinkSync('.git', join(directory, '.git'));
  assert.is(await openIfChosen(directory, sealedEnv()), undefined);
});

it('is told how to get the package where it is not installed', async () => {
  const directory = await makeRepository();
  await git(['config', 'cmf.gitBackend', 'nodegit'], { cwd: directory });
  await rejectsWith('environment', openIfChosen(directory, sealedEnv()));
  const error = await openIfChosen(directory, sealedEnv()).catch((reason: Error & { hint?: string }) => reason);
  assert.match(`${(error as { hint: string }).hint}`, /npm install nodegit@0\.27 .*--unset cmf\.gitBackend/);
});

it('sees results as git would show them', async () => {
  const directory = await makeRepository();
  const shown = (isTerminal: boolean, extra = {}) =>
    displayIfChosen(directory, sealedEnv({ TERM: 'xterm', ...extra }), isTerminal);
  assert.is(await shown(true), undefined);
  await git(['config', 'cmf.gitBackend', 'nodegit'], { cwd: directory });
  assert.equal(await shown(true), { pager: 'less', hasColour: true });
  assert.equal(await shown(false, { PAGER: 'more' }), { pager: 'more', hasColour: false });
  await git(['config', 'core.pager', 'delta'], { cwd: directory });
  await git(['config', 'color.ui', 'never'], { cwd: directory });
  assert.equal(await shown(true, { PAGER: 'more' }), { pager: 'delta', hasColour: false });
  await git(['config', 'color.cmf', 'always'], { cwd: directory });
  assert.equal(await shown(false, { GIT_PAGER: 'cat' }), { pager: 'cat', hasColour: true });
});

it.run();
