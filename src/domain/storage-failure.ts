import { CmfError, type ErrorCode, type ErrorFacts } from './errors.ts';

/** Why something of a storage failed, and whether the same may work a moment later. */
export class StorageFailure extends CmfError {
  readonly retryable: boolean;

  constructor(code: ErrorCode, { retryable = false, ...facts }: ErrorFacts & { readonly retryable?: boolean }) {
    super(code, facts);
    this.retryable = retryable;
  }
}

/** The failure for a key that names nothing. */
export function noSuchObject(key: string, cause?: unknown): StorageFailure {
  return new StorageFailure('not-found', {
    message: `${key} is not in the storage`,
    hint: 'whoever made it may not have pushed it yet',
    cause,
  });
}

/** The failure for a file that is not as long as it was. */
export function sourceChanged(path: string, cause?: unknown): StorageFailure {
  return new StorageFailure('conflict', {
    message: `${path} changed while it was stored`,
    hint: 'wait until it is complete and run the command again',
    cause,
  });
}

/** The failure for an object of which less, or more, came than there should be. */
export function truncated(key: string, got: number, expected: number): StorageFailure {
  return new StorageFailure('environment', {
    message: `${key} came with ${got} bytes instead of ${expected}`,
    hint: 'the same command again; what is complete stays',
    retryable: true,
  });
}
