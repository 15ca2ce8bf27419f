import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { UsageError } from './options.js';

/** Makes the folder the example works in: the given one, which must hold nothing yet, or a temporary one. */
export function makeScratchFolder(dir) {
  if (dir === undefined) return mkdtempSync(join(realpathSync(tmpdir()), 'git-cmf-spam-'));
  const folder = resolve(dir);
  if (existsSync(folder) && readdirSync(folder).length > 0) throw new UsageError(`--dir ${dir} is not empty`);
  mkdirSync(folder, { recursive: true });
  return realpathSync(folder);
}

/** Writes the git configuration of the example: an identity, and nothing of the user's. */
export function writeGitConfig(path) {
  const lines = ['[user]', '\tname = Example', '\temail = example@example.invalid', '[init]', '\tdefaultBranch = main'];
  writeFileSync(path, `${lines.join('\n')}\n`);
}

/** Makes the central bare repository with git cmf's hooks, and pushes the pipeline's code to it. */
export function makeCentral(shell, scratch, example) {
  shell.run(scratch, ['git', 'init', '--quiet', '--bare', 'central.git']);
  shell.run(scratch, ['git', '--git-dir', 'central.git', 'cmf', 'server', 'install']);
  shell.run(scratch, ['git', 'init', '--quiet', 'code']);
  const code = { name: 'code', folder: join(scratch.folder, 'code') };
  cpSync(join(example.folder, 'stages'), join(code.folder, 'stages'), { recursive: true });
  writeFileSync(join(code.folder, 'package.json'), '{ "private": true, "type": "module" }\n');
  shell.run(code, ['git', 'add', 'package.json', 'stages']);
  shell.run(code, ['git', 'commit', '--quiet', '-m', 'A spam filter in four stages']);
  shell.run(code, ['git', 'push', '--quiet', '../central.git', 'HEAD:main']);
}

/** Clones the code to a new site and makes the clone ready to record. */
export function makeSite(shell, scratch, name) {
  shell.run(scratch, ['git', 'clone', '--quiet', 'central.git', name]);
  const site = { name, folder: join(scratch.folder, name) };
  shell.run(site, ['git', 'cmf', 'init']);
  return site;
}
