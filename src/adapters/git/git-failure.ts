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
  const message = `git could not ${what}: ${reasonOf(output.stderr)}`;
  const lock = lockInTheWay(output.stderr);
  if (lock === undefined) return new CmfError(code, { message });
  return new CmfError('environment', {
    message: message.includes(lock) ? message : `${message} (${lock} exists)`,
    hint: "if no git is at work here, one that was killed left it: 'git cmf doctor' tells, 'git cmf doctor --fix' removes it",
  });
}

/** The lock file that git could not take, in its own words since 1.7; undefined when something else was wrong. */
function lockInTheWay(stderr: string): string | undefined {
  return /Unable to create '([^'\n]+\.lock)': File exists/.exec(stderr)?.[1];
}
