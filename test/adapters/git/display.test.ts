import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pagerCommand, wantsColour } from '../../../src/adapters/git/display.ts';
import { git, makeRepository, makeTempDirectory, sealedEnv } from '../../helpers/sealed-git.ts';

const it = suite('git: how the user wants to see output');

it('pages with what git pages with', async () => {
  const directory = await makeRepository();
  assert.is(await pagerCommand(directory, sealedEnv({ PAGER: 'from-pager' })), 'from-pager');
  await git(['config', 'core.pager', 'less -S'], { cwd: directory });
  assert.is(await pagerCommand(directory, sealedEnv({ PAGER: 'from-pager' })), 'less -S');
  assert.is(await pagerCommand(directory, sealedEnv({ GIT_PAGER: 'cat' })), 'cat');
  assert.is(await pagerCommand(makeTempDirectory(), sealedEnv({ PAGER: 'p' })), 'p', 'also outside of a repository');
});

it('colours as git would: on a terminal, unless color.cmf or color.ui says otherwise', async () => {
  const directory = await makeRepository();
  const env = sealedEnv({ TERM: 'xterm' });
  assert.is(await wantsColour(directory, env, true), true);
  assert.is(await wantsColour(directory, env, false), false);
  assert.is(await wantsColour(directory, sealedEnv({ TERM: 'dumb' }), true), false);
  await git(['config', 'color.ui', 'always'], { cwd: directory });
  assert.is(await wantsColour(directory, env, false), true);
  await git(['config', 'color.cmf', 'never'], { cwd: directory });
  assert.is(await wantsColour(directory, env, true), false);
});

it.run();
