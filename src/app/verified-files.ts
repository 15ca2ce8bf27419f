/**
 * What this process has verified of journals and need not verify again. It lives as long as one command and is never stored:
 * a file that was sound a moment ago is not a file that is sound.
 */
import type { Said } from '../domain/entry.ts';
import type { WriterId } from '../domain/ids.ts';
import type { Oid } from '../ports/git.ts';

/** The bytes of a segment and where they lie in the tree of their writer: all that a verification depends on. */
export type VerifiedFile = { readonly path: string; readonly oid: Oid };

/** The entries of verified segments, without their bytes. */
export class VerifiedFiles {
  readonly #entries = new Map<string, readonly Said[]>();

  /** Remembers what the writer's segment says. */
  add(writer: WriterId, file: VerifiedFile, entries: readonly Said[]): void {
    this.#entries.set(keyOf(writer, file), entries);
  }

  /** What was remembered of the same bytes at the same place of the same writer. */
  find(writer: WriterId, file: VerifiedFile): readonly Said[] | undefined {
    return this.#entries.get(keyOf(writer, file));
  }
}

function keyOf(writer: WriterId, { path, oid }: VerifiedFile): string {
  return `${writer} ${oid} ${path}`;
}
