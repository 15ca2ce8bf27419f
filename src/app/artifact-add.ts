/** Adding paths: hash, store, pointer; no execution is recorded. */
import { CmfError } from '../domain/errors.ts';
import type { Hashed } from '../ports/hasher.ts';
import type { Context } from './clone.ts';
import { type Files, pathInWorktree, track } from './track.ts';

export type AddedArtifact = {
  /** Relative to the top of the work tree. */
  readonly path: string;
  readonly pointer: string;
  /** False: the pointer said all this already. */
  readonly changed: boolean;
  readonly hashed: Hashed;
};

/** @throws CmfError `refused` for a path that DVC cannot track; what was added before it stays */
export async function addArtifacts(context: Context, files: Files, paths: readonly string[]): Promise<AddedArtifact[]> {
  const added: AddedArtifact[] = [];
  for (const path of paths) {
    const { hashed, pointer } = await track(context, files, path, { writesPointer: true, stores: true });
    const relative = pathInWorktree(context, path) ?? path;
    if ('reason' in pointer) {
      throw new CmfError('refused', {
        message: `${relative} was not added: ${pointer.reason}`,
        hint: 'git cmf artifact list shows what is tracked',
      });
    }
    added.push({ path: relative, pointer: pointer.path, changed: pointer.changed, hashed });
  }
  return added;
}
