import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makeTempDirectory } from '../../helpers/sealed-git.ts';
import { cmf, ROOT } from '../../helpers/sites.ts';

const it = suite('cli: the version');

it('of the built program is the one of the package', async () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  assert.is((await cmf(makeTempDirectory(), ['--version'])).stdout, `git-cmf version ${version}\n`);
});

it.run();
