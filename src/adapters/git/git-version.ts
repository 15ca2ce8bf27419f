import { cleanEnvironment, type Environment } from './git-environment.ts';
import { gitFailed } from './git-failure.ts';
import { runGit } from './run-git.ts';

/** The oldest git with `cat-file --batch-command`. */
export const OLDEST_GIT = '2.36';

/** What `git --version` says, and whether it is new enough. */
export type GitVersion = { readonly text: string; readonly isSupported: boolean };

/** Asks git for its version. Nothing else asks before something fails: a git that works is new enough. */
export async function readGitVersion(directory: string, env: Environment): Promise<GitVersion> {
  const clean = cleanEnvironment(env, false);
  const context = { gitDir: undefined, worktree: undefined, cwd: directory, env: clean, interactive: false };
  const output = await runGit(context, ['--version'], { mode: 'plain' });
  if (output.exitCode !== 0) throw gitFailed('tell its version', output);
  return parseGitVersion(output.stdout.toString());
}

/** `git version 2.39.5 (Apple Git-154)`: the first two numbers decide. */
export function parseGitVersion(output: string): GitVersion {
  const text = /^git version (\S+)/.exec(output)?.[1] ?? output.trim();
  const [major = 0, minor = 0] = text.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_GIT.split('.').map(Number);
  return { text, isSupported: major > oldestMajor || (major === oldestMajor && minor >= oldestMinor) };
}
