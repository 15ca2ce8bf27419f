import { CmfError, ERROR_CODES } from '../../domain/errors.ts';
import { visible } from './render/escape.ts';

/** What went wrong, for a person, and the exit status: `error:` what and why, `hint:` what to type next. */
export function describeError(error: unknown): { readonly text: string; readonly exitCode: number } {
  if (!(error instanceof CmfError)) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { text: `error: git cmf has a bug: ${detail}\n`, exitCode: ERROR_CODES.internal };
  }
  const lines = [`error: ${lineByLine(error.message)}`];
  if (error.hint !== undefined) lines.push(`hint: ${lineByLine(error.hint)}`);
  return { text: `${lines.join('\n')}\n`, exitCode: ERROR_CODES[error.code] };
}

/** Text from a repository or a remote may hold control characters; lines of our own stay lines. */
function lineByLine(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
