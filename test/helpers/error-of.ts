import { CmfError } from '../../src/domain/errors.ts';

/** What an act is refused with, as `code: message`; fails if it is not refused, or by anything but a CmfError. */
export function errorOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof CmfError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('was accepted');
}
