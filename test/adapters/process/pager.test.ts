import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { showInPager } from '../../../src/adapters/process/pager.ts';
import { makeTempDirectory, sealedEnv } from '../../helpers/sealed-git.ts';

const it = suite('process: the pager');
const TEXT = 'line\n'.repeat(100_000);

it('gets the whole text, and git’s settings where the user has none', async () => {
  const file = join(makeTempDirectory(), 'shown');
  const pager = `{ echo "$LESS $LV $GIT_PAGER_IN_USE"; cat; } >'${file}'`;
  assert.is(await showInPager(TEXT, pager, sealedEnv()), true);
  assert.is(readFileSync(file, 'utf8'), `FRX -c true\n${TEXT}`);
});

it('keeps the user’s own settings', async () => {
  const file = join(makeTempDirectory(), 'shown');
  await showInPager('x', `echo "$LESS" >'${file}'`, sealedEnv({ LESS: 'S' }));
  assert.is(readFileSync(file, 'utf8'), 'S\n');
});

it('may stop reading early', async () => {
  assert.is(await showInPager(TEXT, 'head -n 1 >/dev/null', sealedEnv()), true);
});

it('says when the pager is not there, so that the text is shown in another way', async () => {
  assert.is(await showInPager('x', 'no-such-pager-anywhere 2>/dev/null', sealedEnv()), false);
});

it.run();
