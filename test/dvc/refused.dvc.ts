/** What DVC cannot track, git cmf refuses too, and neither leaves a pointer. */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf } from '../helpers/sites.ts';
import { writeBelow } from './odd-content.ts';
import { dvc, dvcStatus, makeDvcRepository, pointersIn } from './real-dvc.ts';

const it = suite('dvc: what both refuse');

/** How to lay something out below a folder that is the case's own; and what to add of it. */
type Case = { readonly lay: (folder: string) => void; readonly add: string };

const CASES: Readonly<Record<string, Case>> = {
  'nothing at all': { lay: () => undefined, add: 'nowhere' },
  'a folder with a link to nothing': {
    lay: (folder) => {
      writeBelow(folder, 'd/a', 'a');
      symlinkSync('nowhere', join(folder, 'd/link'));
    },
    add: 'd',
  },
  'a link to nothing': { lay: (folder) => symlinkSync('nowhere', join(folder, 'link')), add: 'link' },
  'a link to a folder': {
    lay: (folder) => {
      writeBelow(folder, 'd/a', 'a');
      symlinkSync('d', join(folder, 'link'));
    },
    add: 'link',
  },
  'a file below a link to a folder': {
    lay: (folder) => {
      writeBelow(folder, 'd/a', 'a');
      symlinkSync('d', join(folder, 'link'));
    },
    add: 'link/a',
  },
  'a folder with a .dvcignore': { lay: (folder) => writeBelow(folder, 'd/.dvcignore', '*.log\n'), add: 'd' },
  'a folder with a pointer': { lay: (folder) => writeBelow(folder, 'd/x.dvc', 'outs:\n- path: x\n'), add: 'd' },
  'a folder with a stage': {
    lay: (folder) => writeBelow(folder, 'd/dvc.yaml', 'stages:\n  make:\n    cmd: echo 1\n'),
    add: 'd',
  },
  'a folder with a name that is not UTF-8': {
    lay: (folder) => {
      mkdirSync(join(folder, 'd'));
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/d/`), Buffer.of(0x62, 0xff)]), 'x');
    },
    add: 'd',
  },
  'a path that a .dvcignore hides': {
    lay: (folder) => {
      writeBelow(folder, '.dvcignore', '*.log\n');
      writeBelow(folder, 'a.log', 'a');
    },
    add: 'a.log',
  },
  'a file that git tracks': { lay: (folder) => writeBelow(folder, 'tracked', 'a'), add: 'tracked' },
  'a file in a folder that has a pointer already, around it': {
    lay: (folder) => writeBelow(folder, 'd/e/a', 'a'),
    add: 'd',
  },
  'an output of a stage': {
    lay: (folder) => {
      writeBelow(folder, 'dvc.yaml', 'stages:\n  make:\n    cmd: echo 1 > out\n    outs:\n    - out\n');
      writeBelow(folder, 'out', '1\n');
    },
    add: 'out',
  },
  'a pointer': { lay: (folder) => writeBelow(folder, 'x.dvc', 'outs: []\n'), add: 'x.dvc' },
};

const roots: Record<'git cmf' | 'dvc', string> = { 'git cmf': '', dvc: '' };

function folderOf(root: string, name: string): string {
  return join(root, name.replaceAll(' ', '-'));
}

it('repositories of both are laid out', async () => {
  for (const by of ['git cmf', 'dvc'] as const) {
    const root = await makeDvcRepository(by);
    roots[by] = root;
    for (const [name, { lay }] of Object.entries(CASES)) {
      mkdirSync(folderOf(root, name));
      // Pointers and stages that cannot be read would stop every other case of DVC.
      if (!/pointer$|stage$/.test(name)) lay(folderOf(root, name));
    }
    await git(['add', '--force', '*/tracked'], { cwd: root });
    await git(['commit', '--quiet', '-m', 'tracked'], { cwd: root });
    const around = folderOf(root, 'a file in a folder that has a pointer already, around it');
    await (by === 'dvc' ? dvc(around, ['add', '--quiet', 'd/e']) : cmf(around, ['artifact', 'add', 'd/e']));
    assert.equal(await dvcStatus(root), {});
  }
});

for (const [name, { lay, add }] of Object.entries(CASES)) {
  it(name, async () => {
    for (const by of ['git cmf', 'dvc'] as const) {
      const folder = folderOf(roots[by], name);
      if (/pointer$|stage$/.test(name)) lay(folder);
      const run = by === 'dvc' ? dvc(folder, ['add', add], { expectExit: 'any' }) : addByUs(folder, add);
      const { exitCode, stderr } = await run;
      assert.is.not(exitCode, 0, by);
      assert.match(stderr, /error/i);
      assert.not.ok(existsSync(join(folder, dirname(add), `${add}.dvc`)), by);
    }
  });
}

it('a path outside the repository', async () => {
  const outside = makeTempDirectory('outside');
  writeBelow(outside, 'a', 'a');
  for (const by of ['git cmf', 'dvc'] as const) {
    const path = join(outside, 'a');
    const { exitCode } = await (by === 'dvc'
      ? dvc(roots[by], ['add', path], { expectExit: 'any' })
      : addByUs(roots[by], path));
    assert.is.not(exitCode, 0, by);
    assert.equal(pointersIn(outside), {});
  }
});

function addByUs(folder: string, path: string) {
  return cmf(folder, ['artifact', 'add', path], { expectExit: 'any' });
}

it('what lies in a DVC repository within ours is left to DVC, which keeps it there', async () => {
  const root = roots['git cmf'];
  const nested = join(root, 'nested');
  mkdirSync(nested);
  await dvc(nested, ['init', '--subdir', '--quiet']);
  writeBelow(nested, 'theirs', 'theirs');
  writeBelow(nested, 'more', 'more');
  await dvc(nested, ['add', '--quiet', 'theirs']);
  const { stderr } = await cmf(nested, ['artifact', 'add', 'more'], { expectExit: 4 });
  assert.match(stderr, /nested\/more was not added: nested is a DVC repository of its own/);
  assert.equal([await dvcStatus(nested), Object.keys(pointersIn(nested))], [{}, ['theirs.dvc']]);
});

it.run();
