import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REFS } from '../../src/domain/ids.ts';
import { folderOf, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { cmf } from '../helpers/sites.ts';

const it = suite('app: what doctor says of the last merge');

it('names what was left out, and why it failed', async () => {
  const cwd = await makeRepository({ bare: true });
  await cmf(cwd, ['server', 'install', '--quiet']);
  const tip = await plantCommit(cwd, await plantTree(cwd, folderOf({ x: 'no journal' })));
  await git(['update-ref', `${REFS.journal}${'0'.repeat(32)}`, tip], { cwd });
  await cmf(cwd, ['server', 'merge', '--quiet']);
  const doctor = async () => (await cmf(cwd, ['doctor'], { expectExit: 'any' })).stdout;
  assert.match(await doctor(), /^WRONG {2}the last merge left out refs\/cmf\/journal\/0+ \(writer 0+\): ./m);
  mkdirSync(join(cwd, 'cmf'), { recursive: true });
  writeFileSync(join(cwd, 'cmf/merge.json'), '{"error":"no space left","notes":{"error":"broken"}}');
  const said = await doctor();
  assert.match(said, /^WRONG {2}the last merge failed: no space left$/m);
  assert.match(said, /^note {3}the last notes failed: broken$/m);
  writeFileSync(join(cwd, 'cmf/merge.json'), '{"err');
  assert.not.match(await doctor(), /the last (?:merge|notes)/);
});

it.run();
