import type { FileContent, ObjectMaker } from './make-object.ts';
import { failureOf, type ThreadFailure } from './thread-failure.ts';

/** A file, and where to make it until it gets its place in the work tree. */
export type FileToMake = FileContent & { readonly at: string };

/** What became of a batch: so many from its beginning are whole. Of the others there is nothing. */
export type MadeFiles = {
  readonly count: number;
  readonly bytes: number;
  /** Why the one after them could not be made. */
  readonly failure: ThreadFailure | undefined;
};

/** So long a batch takes at most, and one file more: whoever gave it wants to know how far it has come. */
const BATCH_MS = 50;

/** Makes files until all are made, one fails, or the time is up. */
export function makeFiles(
  maker: ObjectMaker,
  files: readonly FileToMake[],
  nowMs: () => number = () => performance.now(),
): MadeFiles {
  const endMs = nowMs() + BATCH_MS;
  let count = 0;
  let bytes = 0;
  try {
    for (const file of files) {
      bytes += maker.make(file.at, file);
      count++;
      if (nowMs() > endMs) break;
    }
    return { count, bytes, failure: undefined };
  } catch (error) {
    return { count, bytes, failure: failureOf(error) };
  }
}
