import { CmfError } from '../../domain/errors.ts';

/** The error for all that git does and this way of reaching a repository does not. Nothing was touched yet. */
export function cannot(what: string): CmfError {
  return new CmfError('environment', {
    message: `with cmf.gitBackend=nodegit, git cmf cannot ${what}`,
    hint: 'git config --unset cmf.gitBackend (or, where it was set: git config --global --unset cmf.gitBackend)',
  });
}

/** The error for what libgit2 refused to do. */
export function failed(what: string, error: unknown): CmfError {
  return new CmfError('environment', { message: `libgit2 could not ${what}: ${reasonOf(error)}`, cause: error });
}

/** libgit2's own words. */
export function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).trim();
}

/** libgit2's number for what went wrong; undefined for anything else. */
export function numberOf(error: unknown): unknown {
  return error instanceof Error && 'errno' in error ? error.errno : undefined;
}

/** Numbers that a caller has a meaning for (git2/errors.h). */
export const NOT_FOUND = -3;
export const LOCKED = -14;
