import { CmfError, type ErrorCode } from '../../domain/errors.ts';
import { readable } from '../../domain/readable.ts';
import type { GitOutput } from './run-git.ts';

/** The line of git's stderr that says what went wrong: the first `fatal:` or `error:`, else the first line. */
export function reasonOf(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => line !== '');
  const telling = lines.find((line) => /^(fatal|error): /.test(line)) ?? lines[0] ?? 'git gave no reason';
  return readable(telling.replace(/^(fatal|error): /, ''));
}

/** The error for a git command that ended in a way its caller has no meaning for. */
export function gitFailed(what: string, output: GitOutput, code: ErrorCode = 'environment'): CmfError {
  // 129 is git's own "I do not know this option": the one sign of a git that is too old.
  if (output.exitCode === 129) {
    return new CmfError('no-repository', {
      message: `this git cannot ${what}: ${reasonOf(output.stderr)}`,
      hint: 'git cmf needs git 2.36 or newer; `git --version` shows what is there',
    });
  }
  return new CmfError(code, { message: `git could not ${what}: ${reasonOf(output.stderr)}` });
}
