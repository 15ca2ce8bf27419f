/** A failure on its way from one thread to another: what is cloned loses all but its message. */
import { CmfError, ERROR_CODES, type ErrorCode } from '../../domain/errors.ts';

export type ThreadFailure = { readonly code: string; readonly message: string; readonly hint: string | undefined };

export function failureOf(error: unknown): ThreadFailure {
  const { code, message, hint } = error as Partial<ThreadFailure>;
  return { code: code ?? 'internal', message: message ?? String(error), hint };
}

export function errorFrom({ code, message, hint }: ThreadFailure): CmfError {
  const known: ErrorCode = code in ERROR_CODES ? (code as ErrorCode) : 'internal';
  return new CmfError(known, hint === undefined ? { message } : { message, hint });
}
