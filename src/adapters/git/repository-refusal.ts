import { CmfError } from '../../domain/errors.ts';
import { readable } from '../../domain/readable.ts';

/**
 * Why git opens no repository for a folder, from what it printed: there is none, what the folder points at is gone, or git
 * refuses it (foreign owner, unknown extension, …); then git's own words say what to do.
 */
export function repositoryRefusal(folder: string, stderr: string): CmfError {
  const words = readable(stderr.replace(/^warning: .*\n(?:\t.*\n)*/gm, '').replace(/^fatal: /, ''));
  const [, lost] = /^not a git repository: (.*)$/m.exec(words) ?? [];
  if (lost !== undefined) {
    return new CmfError('no-repository', {
      message: `${folder} is a work tree or a submodule, and its git folder is gone: ${lost}`,
      hint: 'git worktree repair, in the main work tree; git submodule update --init for a submodule',
    });
  }
  if (/not a git repository/.test(words)) {
    return new CmfError('no-repository', { message: `${folder} is not inside a git repository`, hint: 'git init' });
  }
  if (words.includes('safe.bareRepository')) {
    return new CmfError('no-repository', {
      message: `git refuses the bare repository at ${folder} while it is not named (safe.bareRepository)`,
      hint: 'name it: GIT_DIR=PATH git cmf …',
    });
  }
  const [first = '', ...more] = words.split('\n').map((line) => line.trim());
  const rest = more.filter((line) => line !== '').join('; ');
  const refusal = `git refuses the repository at ${folder}`;
  // A list follows, not advice.
  if (first.endsWith(':')) {
    const message = `${refusal}: ${first} ${rest}`;
    return new CmfError('no-repository', { message, hint: 'a newer git may know it: git --version' });
  }
  return new CmfError('no-repository', { message: `${refusal}: ${first}`, hint: rest === '' ? 'git status' : rest });
}
