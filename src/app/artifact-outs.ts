/** The artifacts that the pointers of a work tree name. */
import { relpathProblem } from '../domain/dvc-dir.ts';
import { type PointerOut, parsePointer } from '../domain/dvc-pointer.ts';
import { CmfError } from '../domain/errors.ts';
import { folderOf, resolveInRepository } from '../domain/repository-path.ts';
import type { Context } from './clone.ts';
import type { Files } from './track.ts';

/** One out of one pointer. Paths are relative to the top of the work tree. */
export type ArtifactOut = {
  readonly pointer: string;
  readonly path: string;
  readonly out: PointerOut;
  /** True if the storage of another repository keeps it (`dvc import`). */
  readonly isForeign: boolean;
};

/** @throws CmfError `no-repository` in a bare repository */
export function worktreeOf({ repository }: Pick<Context, 'repository'>): string {
  const { worktree } = repository.layout;
  if (worktree !== undefined) return worktree;
  throw new CmfError('no-repository', {
    message: 'this is a bare repository: it has no files',
    hint: 'go into a clone of it',
  });
}

/**
 * The artifacts at or below some paths, by path; all of the work tree when none is given.
 * @param paths absolute: an artifact, its pointer, or a folder that holds some
 * @throws CmfError `not-found` for a path with nothing; `refused` for a pointer that leads out of the work tree; `damaged`
 */
export async function findOuts(context: Context, files: Files, paths: readonly string[]): Promise<ArtifactOut[]> {
  const root = worktreeOf(context);
  const pointers = new Set<string>();
  for (const path of paths.length === 0 ? [root] : paths) {
    for (const pointer of await pointersOf(files, root, path)) pointers.add(pointer);
  }
  const outs: ArtifactOut[] = [];
  for (const pointer of pointers) outs.push(...(await readOuts(files, root, pointer)));
  return outs.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function pointersOf(files: Files, root: string, path: string): Promise<readonly string[]> {
  if (path !== root && !path.startsWith(`${root}/`)) throw notFound(path, 'lies outside the work tree');
  const relative = path.slice(root.length + 1);
  for (const pointer of relative.endsWith('.dvc') ? [relative, `${relative}.dvc`] : [`${relative}.dvc`]) {
    if (relative !== '' && (await files.pointers.read(`${root}/${pointer}`)) !== undefined) return [pointer];
  }
  const below = files.pointers.find(root, relative);
  if (below.length > 0 || relative === '') return below;
  throw notFound(path, 'is no artifact, and no pointer lies below it');
}

function notFound(path: string, why: string): CmfError {
  return new CmfError('not-found', { message: `${path} ${why}`, hint: 'git cmf artifact list' });
}

async function readOuts(files: Files, root: string, pointer: string): Promise<ArtifactOut[]> {
  const text = await files.pointers.read(`${root}/${pointer}`);
  if (text === undefined) return [];
  const { wdir, outs, fromRepository: isForeign } = parsePointer(text, pointer);
  return outs.map((out) => {
    const folder = resolveInRepository(folderOf(pointer), wdir);
    const path = folder === undefined ? undefined : resolveInRepository(folder, out.path);
    const problem = path === undefined ? 'it leads out of the work tree' : relpathProblem(path);
    if (path !== undefined && problem === undefined) return { pointer, path, out, isForeign };
    throw new CmfError('refused', {
      message: `${pointer} names '${out.path}': ${problem}`,
      hint: `git log -p -- '${pointer}' shows who wrote it`,
    });
  });
}
