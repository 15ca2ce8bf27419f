/** Crashes and tampering for system tests. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { git, makeTempDirectory, runSealed } from './sealed-git.ts';
import { cmfEnv, ROOT } from './sites.ts';

/**
 * Runs `git cmf` and kills it with SIGKILL at the n-th git process that it starts, before that one does anything.
 * @returns false when it started fewer and so ended by itself
 */
export async function crashAtGitCall(folder: string, args: readonly string[], call: number): Promise<boolean> {
  const shim = makeTempDirectory('shim');
  const { PATH = '' } = cmfEnv();
  const script = [
    '#!/bin/sh',
    // mkdir is atomic, so several git processes at once count right.
    `n=1; while ! mkdir "${shim}/call-$n" 2>/dev/null; do n=$((n+1)); done`,
    `if [ "$n" -eq ${call} ]; then kill -9 $PPID; exit 1; fi`,
    `PATH='${PATH}' exec git "$@"`,
  ];
  mkdirSync(join(shim, 'bin'));
  writeFileSync(join(shim, 'bin/git'), `${script.join('\n')}\n`);
  chmodSync(join(shim, 'bin/git'), 0o755);
  const env = cmfEnv({ PATH: `${join(shim, 'bin')}${delimiter}${PATH}` });
  const program = [join(ROOT, 'bin/git-cmf'), ...args];
  const { exitCode } = await runSealed(process.execPath, program, { cwd: folder, env, expectExit: 'any' });
  return exitCode === -1;
}

/** Puts a file into the journal of a clone, as only a broken or hostile program would. */
export async function commitPath(
  site: string,
  path: string,
  content: string | Uint8Array,
): Promise<{ readonly writer: string }> {
  const listed = await git(['for-each-ref', '--format=%(refname)', 'refs/cmf/journal/'], { cwd: site });
  const ref = listed.stdout.trim();
  const inIndex = { cwd: site, env: { GIT_INDEX_FILE: join(makeTempDirectory('index'), 'index') } };
  await git(['read-tree', ref], inIndex);
  const blob = (await git(['hash-object', '-w', '--stdin'], { ...inIndex, input: content })).stdout.trim();
  await git(['update-index', '--add', '--cacheinfo', `100644,${blob},${path}`], inIndex);
  const tree = (await git(['write-tree'], inIndex)).stdout.trim();
  const commit = (await git(['commit-tree', '-p', ref, '-m', 'tampered', tree], inIndex)).stdout.trim();
  await git(['update-ref', ref, commit], { cwd: site });
  return { writer: ref.slice('refs/cmf/journal/'.length) };
}
