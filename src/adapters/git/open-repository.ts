import { existsSync } from 'node:fs';
import { CmfError } from '../../domain/errors.ts';
import type { GitRepository, RepositoryLayout } from '../../ports/git.ts';
import { assembleRepository } from './assemble-repository.ts';
import { CatFile } from './cat-file.ts';
import { cleanEnvironment, type Environment } from './git-environment.ts';
import { SpawnedGitRefs } from './refs.ts';
import { repositoryRefusal } from './repository-refusal.ts';
import { type GitContext, runGit, startGit } from './run-git.ts';
import { SpawnedGitStore } from './store.ts';
import { SpawnedGitTransport } from './transport.ts';
import { SpawnedGitWorktree } from './worktree.ts';

/** How a repository is opened. */
export type OpenOptions = {
  /** The user's environment: GIT_DIR in it is honoured when looking for the repository. */
  readonly env: Environment;
  /** True inside a pre-receive hook: objects that are not accepted yet can be read. */
  readonly quarantine?: boolean;
  /** True if git may ask the person at the terminal for a password. */
  readonly interactive?: boolean;
};

/**
 * Opens the repository that git itself would use in a directory, with one git process (`safe.directory`, GIT_DIR,
 * worktrees and bare repositories mean what they mean to git). Rejects with `no-repository`.
 */
export async function openRepository(startDirectory: string, options: OpenOptions): Promise<GitRepository> {
  const layout = await discover(startDirectory, options.env);
  const context: GitContext = {
    gitDir: layout.gitDir,
    worktree: layout.worktree,
    cwd: layout.worktree ?? layout.gitDir,
    env: cleanEnvironment(options.env, options.quarantine === true),
    interactive: options.interactive === true,
  };
  const reading = { ...context, env: { ...context.env, ...NO_LAZY_FETCH } };
  const catFile = new CatFile(() => startGit(reading, ['cat-file', '--batch-command', '--buffer']));
  return assembleRepository({
    layout,
    store: new SpawnedGitStore(context, catFile, layout.objectFormat),
    refs: new SpawnedGitRefs(context, layout.objectFormat),
    transport: new SpawnedGitTransport(context),
    worktree: new SpawnedGitWorktree(context),
    close: () => catFile.close(),
  });
}

/**
 * In a partial clone git would ask the remote for each object that it is asked about and does not have: a commit of
 * somebody else, say, that was never pushed. Versions before 2.44 know only the second variable: no protocol is allowed.
 */
const NO_LAZY_FETCH = { GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' };

/** `--show-toplevel` comes last: outside of a work tree it fails after the others were printed. */
const QUESTIONS = [
  '--show-object-format',
  '--path-format=absolute',
  '--git-dir',
  '--git-common-dir',
  '--is-bare-repository',
  '--show-toplevel',
];

async function discover(startDirectory: string, from: Environment): Promise<RepositoryLayout> {
  if (!existsSync(startDirectory)) {
    throw new CmfError('no-repository', { message: `${startDirectory} does not exist`, hint: 'git init PATH' });
  }
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(from)) if (value !== undefined) env[name] = value;
  env['LC_ALL'] = 'C';
  const context = { gitDir: undefined, worktree: undefined, cwd: startDirectory, env, interactive: false };
  const output = await runGit(context, ['rev-parse', ...QUESTIONS], { mode: 'plain' });
  const [format, gitDir, commonDir, isBare, toplevel, ...rest] = output.stdout.toString().split('\n');
  if (gitDir === undefined || commonDir === undefined || isBare === undefined || isBare === '') {
    throw repositoryRefusal(startDirectory, output.stderr);
  }
  if (!/^(true|false)$/.test(isBare) || rest.length > 1 || !isObjectFormat(format)) {
    throw new CmfError('no-repository', { message: `the path of the repository ${gitDir} holds a line break` });
  }
  // A hook of a repository with a work tree runs in `.git` with GIT_DIR=. and is told that `.git` is the work tree.
  const worktree = isBare === 'true' || !toplevel || toplevel === gitDir ? undefined : toplevel;
  return { gitDir, commonDir, worktree, objectFormat: format };
}

function isObjectFormat(text: string | undefined): text is RepositoryLayout['objectFormat'] {
  return text === 'sha1' || text === 'sha256';
}
