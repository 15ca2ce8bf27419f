/** How the user wants to see output, by git's own rules; asked of git, so that every setting means what it means there. */
import type { Environment } from './git-environment.ts';
import { type GitContext, runGit } from './run-git.ts';

/** The command that git would page with: GIT_PAGER, `core.pager`, PAGER, or what this git was built with. */
export async function pagerCommand(directory: string, env: Environment): Promise<string> {
  const { stdout } = await runGit(contextOf(directory, env), ['var', 'GIT_PAGER'], { mode: 'plain' });
  return stdout.toString().replace(/\n$/, '');
}

/** True if `color.cmf`, else `color.ui`, asks for colours on a terminal, or anywhere. */
export async function wantsColour(directory: string, env: Environment, isTerminal: boolean): Promise<boolean> {
  const question = ['config', '--get-colorbool', 'color.cmf', String(isTerminal)];
  const { stdout } = await runGit(contextOf(directory, env), question, { mode: 'plain' });
  return stdout.toString().trim() === 'true';
}

function contextOf(cwd: string, from: Environment): GitContext {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) if (value !== undefined) env[name] = value;
  return { gitDir: undefined, worktree: undefined, cwd, env, interactive: false };
}
