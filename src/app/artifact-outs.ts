/** The artifacts that the files of DVC in a work tree name: pointers, and the outputs of stages in a `dvc.lock`. */

import { formatDigest } from '../domain/digest.ts';
import { objectPath } from '../domain/dvc-cache.ts';
import { relpathProblem } from '../domain/dvc-dir.ts';
import { type DvcEntry, isUrl } from '../domain/dvc-entry.ts';
import { openLockReader } from '../domain/dvc-lock.ts';
import { type PointerOut, parsePointer } from '../domain/dvc-pointer.ts';
import { NO_ROLES, type OutputRole, readRoles } from '../domain/dvc-roles.ts';
import { CmfError } from '../domain/errors.ts';
import { folderOf, resolveInRepository } from '../domain/repository-path.ts';
import { compareUtf8 } from '../domain/utf8-order.ts';
import { visible } from '../domain/visible.ts';
import type { Context } from './clone.ts';
import type { Files } from './track.ts';

/** One out of one pointer or stage. Paths are relative to the top of the work tree. */
export type ArtifactOut = {
  /** The file that names it: `x.dvc`, or a `dvc.lock`. */
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
 * @param paths absolute: an artifact, the file of DVC that names it, or a folder that holds some
 * @throws CmfError `not-found` for a path with nothing; `refused` for a file that leads out of the work tree; `damaged`
 */
export async function findOuts(context: Context, files: Files, paths: readonly string[]): Promise<ArtifactOut[]> {
  const root = worktreeOf(context);
  const looking = { files, root, reporter: context.reporter };
  const found = new Map<string, ArtifactOut>();
  for (const path of paths.length === 0 ? [root] : paths) {
    const outs = await outsAt(looking, path);
    if (outs.length === 0 && path !== root) throw notFound(path, 'is no artifact, and none lies below it');
    for (const one of outs) addOut(found, one);
  }
  return [...found.values()].sort((a, b) => compareUtf8(a.path, b.path));
}

type Looking = { readonly files: Files; readonly root: string; readonly reporter: Context['reporter'] };

/** A path is one artifact; where two files of DVC disagree about it, only a person knows who is right. */
function addOut(found: Map<string, ArtifactOut>, one: ArtifactOut): void {
  const before = found.get(one.path);
  if (before === undefined) found.set(one.path, one);
  else if (nameOf(before) !== nameOf(one)) {
    throw new CmfError('conflict', {
      message: `${before.pointer} and ${one.pointer} both name ${one.path}, and not the same content`,
      hint: `remove one of them, or say paths: git cmf artifact list '${before.pointer}'`,
    });
  }
}

function nameOf({ out }: ArtifactOut): string {
  return out.digest === undefined ? '' : formatDigest(out.digest);
}

async function outsAt(looking: Looking, path: string): Promise<ArtifactOut[]> {
  const { files, root } = looking;
  if (path !== root && !path.startsWith(`${root}/`)) throw notFound(path, 'lies outside the work tree');
  const relative = path.slice(root.length + 1);
  const own = relative.endsWith('.dvc') ? [relative, `${relative}.dvc`] : [`${relative}.dvc`];
  for (const pointer of relative === '' ? [] : own) {
    const outs = await readOuts(looking, pointer);
    if (outs !== undefined) return outs;
  }
  if (isLock(relative)) return (await readOuts(looking, relative)) ?? [];
  const below = await readAll(looking, files.pointers.find(root, relative));
  if (relative === '') return below;
  // A stage may write where it is not told, but most often below the folder of its file.
  const above = await readAll(looking, locksAbove(relative));
  return [...below, ...above.filter((one) => one.path === relative || one.path.startsWith(`${relative}/`))];
}

function notFound(path: string, why: string): CmfError {
  return new CmfError('not-found', { message: `${path} ${why}`, hint: 'git cmf artifact list' });
}

function isLock(path: string): boolean {
  return path === 'dvc.lock' || path.endsWith('/dvc.lock');
}

function locksAbove(path: string): string[] {
  const locks: string[] = [];
  for (let at = path; at !== ''; ) {
    at = folderOf(at);
    locks.push(at === '' ? 'dvc.lock' : `${at}/dvc.lock`);
  }
  return locks;
}

async function readAll(looking: Looking, paths: readonly string[]): Promise<ArtifactOut[]> {
  const outs: ArtifactOut[] = [];
  for (const path of paths) outs.push(...((await readOuts(looking, path)) ?? []));
  return outs;
}

/** @returns undefined when there is no such file */
async function readOuts(looking: Looking, path: string): Promise<ArtifactOut[] | undefined> {
  const { files, root } = looking;
  const text = await files.pointers.read(`${root}/${path}`);
  if (text === undefined) return undefined;
  return isLock(path) ? readLock(looking, path, text) : readPointer(path, text);
}

function readPointer(pointer: string, text: string): ArtifactOut[] {
  const { wdir, outs, fromRepository: isForeign } = parsePointer(text, pointer);
  return outs.map((out) => ({ pointer, path: placeOf(pointer, wdir, out.path), out, isForeign }));
}

/** The outputs of stages that the `dvc.yaml` beside a lock declares; DVC looks at no others. */
async function readLock({ files, root, reporter }: Looking, lock: string, text: string): Promise<ArtifactOut[]> {
  const yaml = lock.replace(/lock$/, 'yaml');
  const declared = await files.pointers.read(`${root}/${yaml}`);
  const roles = declared === undefined ? NO_ROLES : readRoles(declared, yaml);
  const found: ArtifactOut[] = [];
  for (const { name, outs } of openLockReader().read(text, lock)) {
    const { isDeclared, wdir, roleOf } = roles.stage(name);
    if (!isDeclared) continue;
    for (const entry of outs) {
      // What a stage writes elsewhere is in no cache.
      if (isUrl(entry.path) || entry.path.startsWith('/')) continue;
      const role = roleOf(entry.path);
      if (wdir.includes('${') || role?.isUnsure === true) {
        reporter.warn(
          `${yaml} does not say plainly what ${visible(entry.path)} of stage '${visible(name)}' is: left to DVC`,
        );
        continue;
      }
      found.push({ pointer: lock, path: placeOf(lock, wdir, entry.path), out: outOf(entry, role), isForeign: false });
    }
  }
  return found;
}

function outOf({ path, digest, sizeBytes, files, executable }: DvcEntry, role: OutputRole | undefined): PointerOut {
  return {
    path,
    digest: digest !== undefined && objectPath(digest) !== undefined ? digest : undefined,
    claim: undefined,
    sizeBytes,
    nfiles: files,
    executable,
    cached: role?.cached ?? true,
    pushed: role?.pushed ?? true,
    storage: role?.storage,
    members: [],
  };
}

function placeOf(file: string, wdir: string, outPath: string): string {
  const folder = resolveInRepository(folderOf(file), wdir);
  const path = folder === undefined ? undefined : resolveInRepository(folder, outPath);
  const problem = path === undefined ? 'it leads out of the work tree' : relpathProblem(path);
  if (path !== undefined && problem === undefined) return path;
  throw new CmfError('refused', {
    message: `${file} names '${outPath}': ${problem}`,
    hint: `git log -p -- '${file}' shows who wrote it`,
  });
}
