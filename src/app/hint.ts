import { CmfError } from '../domain/errors.ts';
import type { Context } from './clone.ts';

/**
 * Does what is only a help for later commands, after the record itself is durable: a failure is a warning, never the end of
 * the command.
 */
export function attemptHint(context: Pick<Context, 'reporter'>, work: () => void): void {
  try {
    work();
  } catch (error) {
    warnOf(context, error);
  }
}

/** Warns that something failed on which the record does not depend. Rethrows what is no CmfError. */
export function warnOf({ reporter }: Pick<Context, 'reporter'>, error: unknown): void {
  if (!(error instanceof CmfError)) throw error;
  const help = error.hint === undefined ? '' : ` (${error.hint})`;
  reporter.warn(`what was recorded is safe; ${error.message}${help}`);
}
