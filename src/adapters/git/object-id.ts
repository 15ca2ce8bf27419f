import { createHash } from 'node:crypto';
import { CmfError } from '../../domain/errors.ts';
import type { ObjectType, Oid, RepositoryLayout } from '../../ports/git.ts';

/** The hash that a repository names its objects with. */
export type ObjectFormat = RepositoryLayout['objectFormat'];

/** Length of a raw object id. */
export function rawLengthBytes(format: ObjectFormat): number {
  return format === 'sha1' ? 20 : 32;
}

/** Hexadecimal text as an object id. Anything else is refused, so that no id can say something else to git. */
export function toOid(text: string): Oid {
  if (!/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text)) {
    throw new CmfError('damaged', { message: `${JSON.stringify(text.slice(0, 80))} is not a git object id` });
  }
  return text as Oid;
}

/** The id of an object with these bytes (gitformat: `<type> <size>\0<bytes>`). */
export function hashObject(format: ObjectFormat, type: ObjectType, bytes: Uint8Array): Oid {
  const hash = createHash(format).update(`${type} ${bytes.length}\0`).update(bytes);
  return hash.digest('hex') as Oid;
}

/** The id that stands for "no object" in ref transactions. */
export function nullOid(format: ObjectFormat): Oid {
  return '0'.repeat(2 * rawLengthBytes(format)) as Oid;
}
