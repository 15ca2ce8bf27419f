import { CmfError } from '../../domain/errors.ts';
import type { Oid, RepositoryLayout } from '../../ports/git.ts';
import type { GitServer } from '../../ports/git-server.ts';
import { cleanEnvironment, type Environment } from './git-environment.ts';
import { gitFailed } from './git-failure.ts';
import { gitLines } from './git-lines.ts';
import { toOid } from './object-id.ts';
import { type GitContext, runGit } from './run-git.ts';

/** The server's side of a repository that has been opened; inside a pre-receive hook it sees the quarantine. */
export function openGitServer(layout: RepositoryLayout, env: Environment): GitServer {
  const context: GitContext = {
    gitDir: layout.gitDir,
    worktree: layout.worktree,
    // A relative core.hooksPath starts where git runs hooks.
    cwd: layout.worktree ?? layout.gitDir,
    env: cleanEnvironment(env, env['GIT_QUARANTINE_PATH'] !== undefined),
    interactive: false,
  };
  return {
    newObjects: (commits) => newObjects(context, commits),
    hooksDirectory: () => hooksDirectory(context),
    settings: (key) => settings(context, key),
    addSetting: (key, value) => change(context, ['--add', key, value]),
    removeSetting: (key, value) => change(context, ['--fixed-value', '--unset-all', key, value]),
  };
}

async function* newObjects(context: GitContext, commits: readonly Oid[]): AsyncGenerator<Oid> {
  // The order of the options is git's own in receive-pack: `--not` speaks of `--all` only.
  const args = ['rev-list', '--objects', '--no-object-names', '--stdin', '--not', '--all'];
  const input = commits.map((oid) => `${toOid(oid)}\n`).join('');
  for await (const line of gitLines(context, args, input, 'list new objects')) yield toOid(line);
}

async function hooksDirectory(context: GitContext): Promise<string> {
  const args = ['rev-parse', '--path-format=absolute', '--git-path', 'hooks'];
  const output = await runGit(context, args, { mode: 'plain' });
  if (output.exitCode !== 0) throw gitFailed('tell where its hooks are', output);
  return output.stdout.toString().replace(/\n$/, '');
}

async function settings(context: GitContext, key: string): Promise<string[]> {
  const output = await runGit(context, ['config', '--local', '-z', '--get-all', key], { mode: 'plain' });
  if (output.exitCode > 1) throw gitFailed(`read the setting ${key}`, output);
  return output.stdout.toString().split('\0').slice(0, -1);
}

async function change(context: GitContext, args: readonly string[]): Promise<void> {
  const output = await runGit(context, ['config', '--local', ...args], { mode: 'plain' });
  // 5: there was nothing to take out.
  if (output.exitCode === 0 || output.exitCode === 5) return;
  throw new CmfError('environment', { message: `git could not change its settings: ${output.stderr.trim()}` });
}
