import { diskHint } from '../../domain/disk-trouble.ts';
import { CmfError } from '../../domain/errors.ts';

/** A path as the file system has it: text, or bytes where it is not UTF-8. */
export type FilePath = string | Buffer;

/** A path for a message. */
export function showPath(path: FilePath): string {
  return path.toString();
}

/** What the operating system said about a path, as an error that names it. */
export function fileFailure(cause: unknown, path: FilePath): CmfError {
  if (cause instanceof CmfError) return cause;
  const code = errorCode(cause);
  const shown = showPath(path);
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new CmfError('not-found', {
      message: `${shown} does not exist`,
      hint: 'paths begin at the current folder; `ls` shows what is there',
      cause,
    });
  const hint = diskHint(code, shown);
  const said = cause instanceof Error ? cause.message : String(cause);
  return new CmfError('environment', {
    message: `${shown} cannot be used: ${said}`,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

/** The system's name of an error, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Something that has no content to hash. */
export function specialFile(path: FilePath, what: string): CmfError {
  return new CmfError('refused', {
    message: `${showPath(path)} is ${what}: only files and directories have content that can be hashed`,
    hint: 'move it out of the way, or name it in .dvcignore',
  });
}

/** A symbolic link whose target is not there, or that leads to itself. */
export function brokenLink(path: FilePath): CmfError {
  return new CmfError('refused', {
    message: `${showPath(path)} is a symbolic link to nothing, which DVC cannot store`,
    hint: 'mend or remove the link, or name it in .dvcignore',
  });
}

/** A file was written to between the first byte and the last. */
export function changedWhileHashed(path: FilePath): CmfError {
  return new CmfError('conflict', {
    message: `${showPath(path)} changed while it was hashed`,
    hint: 'wait until it is complete and run the command again',
  });
}
