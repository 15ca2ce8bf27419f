import { CmfError, ERROR_CODES, type ErrorCode } from '../../domain/errors.ts';
import { visible } from '../../domain/visible.ts';
import { textWithoutCredentials } from '../../domain/without-credentials.ts';

/** The next step where an error names none of its own. */
const HINTS: Readonly<Record<ErrorCode, string>> = {
  usage: 'git cmf -h',
  ambiguous: 'git cmf list executions',
  'no-repository': 'git init',
  'not-initialised': 'git cmf init',
  'no-remote': 'git remote -v',
  environment: 'git cmf doctor',
  'not-found': 'git cmf list executions',
  'check-failed': 'git cmf fsck',
  refused: 'git cmf doctor',
  conflict: 'nothing is lost; run the command again',
  damaged: 'git cmf fsck',
  'newer-format': 'install a newer git cmf',
  'no-data': 'git cmf start -p PIPELINE -s STAGE',
  internal: 'please report this, with the output of git cmf doctor; what was recorded before is safe',
};

/**
 * What went wrong, for a person, and the exit status: `error:` what and why, `hint:` what to type next.
 * @param command the first word after `git cmf`
 */
export function describeError(error: unknown, command?: string): { readonly text: string; readonly exitCode: number } {
  const code = error instanceof CmfError ? error.code : 'internal';
  const message = error instanceof CmfError ? lineByLine(error.message) : `git cmf has a bug: ${detailOf(error)}`;
  const usual = code === 'usage' && command !== undefined ? `git cmf ${command} -h` : HINTS[code];
  const hint = (error instanceof CmfError ? error.hint : undefined) ?? usual;
  return { text: `error: ${message}\nhint: ${lineByLine(hint)}\n`, exitCode: ERROR_CODES[code] };
}

function detailOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Text from a repository or a remote may hold control characters, or a URL a password; lines of our own stay lines. */
function lineByLine(text: string): string {
  return textWithoutCredentials(text).split('\n').map(visible).join('\n');
}
