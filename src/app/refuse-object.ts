import { CmfError, type ErrorCode } from '../domain/errors.ts';
import type { Oid } from '../ports/git.ts';

const SHOWN_CHARS = 200;

/** An error about one object of a journal's tree: its id, its path and the rule, on one line whatever the path holds. */
export function refuseObject(oid: Oid, path: string, rule: string, code: ErrorCode = 'refused'): CmfError {
  return new CmfError(code, { message: `object ${oid} at ${quotePath(path)}: ${rule}` });
}

/** A path from a stranger, fit for one line of a terminal: nothing but printable ASCII, bounded. */
export function quotePath(path: string): string {
  if (path === '') return 'the top folder';
  const shown = path.length > SHOWN_CHARS ? `${path.slice(0, SHOWN_CHARS)}…` : path;
  return `'${shown.replace(/[^ -~…]|['\\]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}'`;
}
