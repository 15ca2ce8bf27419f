import { diskHint } from '../../domain/disk-trouble.ts';
import { StorageFailure } from '../../domain/storage-failure.ts';

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of this path is not a folder',
  EISDIR: 'a folder is in the way',
  EEXIST: 'a file is in the way',
  EIO: 'the device reports an error',
  ENAMETOOLONG: 'the path is too long',
};

/** What passes by itself: a network file system that went away, too many open files. */
const PASSING: ReadonlySet<string> = new Set([
  'ESTALE',
  'ETIMEDOUT',
  'EMFILE',
  'ENFILE',
  'EAGAIN',
  'EBUSY',
  'EHOSTDOWN',
]);

/** What the operating system said about a path. */
export function diskFailure(path: string, cause: unknown): StorageFailure {
  if (cause instanceof StorageFailure) return cause;
  const code = diskErrorCode(cause) ?? 'unknown error';
  const hint = diskHint(code, path);
  return new StorageFailure('environment', {
    ...(hint === undefined ? {} : { hint }),
    message: `${path}: ${REASONS[code] ?? code}`,
    retryable: PASSING.has(code),
    cause,
  });
}

/** The system's name of an error, such as ENOENT. */
export function diskErrorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
