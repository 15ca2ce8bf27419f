/** What must hold of every cache and storage, whatever went wrong. */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeDvcDir } from '../../src/domain/dvc-dir.ts';

export type ObjectFile = { readonly path: string; readonly md5: string; readonly isList: boolean };

/** Where an object lies in a cache or storage. @param name 32 hex digits, and `.dir` for a folder's list */
export function objectIn(folder: string, name: string): string {
  return join(folder, 'files/md5', name.slice(0, 2), name.slice(2));
}

/** All that bears an object's name, of which the folder that it lies in has the first two digits. */
export function objectsIn(folder: string): ObjectFile[] {
  return filesBelow(folder).flatMap(({ path, relpath }) => {
    const [, shelf, rest, isList] = /^([0-9a-f]{2})\/([0-9a-f]{30})(\.dir)?$/.exec(relpath) ?? [];
    return rest === undefined ? [] : [{ path, md5: `${shelf}${rest}`, isList: isList !== undefined }];
  });
}

/** Files that are not whole yet or never became so, or that lie in a folder which has no name yet. */
export function unfinishedIn(folder: string): string[] {
  return filesBelow(folder).flatMap(({ path, relpath }) => (/\.tmp(\/|$)/.test(relpath) ? [path] : []));
}

function filesBelow(folder: string): { readonly path: string; readonly relpath: string }[] {
  const top = join(folder, 'files/md5');
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, encoding: 'utf8' }).flatMap((relpath) => {
    const path = join(top, relpath);
    // Somebody at work may have named or removed it meanwhile.
    return lstatSync(path, { throwIfNoEntry: false })?.isFile() ? [{ path, relpath }] : [];
  });
}

/** Fails where an object is not what its name says. */
export function requireRight(folder: string): void {
  for (const { path, md5 } of objectsIn(folder)) {
    if (createHash('md5').update(readFileSync(path)).digest('hex') !== md5)
      throw new Error(`${path} is something else`);
  }
}

/** The same, and where one lacks DVC's mark of trust. */
export function requireSound(folder: string): void {
  requireRight(folder);
  for (const { path } of objectsIn(folder)) {
    const mode = lstatSync(path).mode & 0o777;
    if (mode !== 0o444) throw new Error(`${path} has the mode ${mode.toString(8)}`);
  }
}

/** Fails where a list is there and a file that it names is not. */
export function requireComplete(folder: string): void {
  for (const { path, isList } of objectsIn(folder)) {
    if (!isList) continue;
    const lost = decodeDvcDir(readFileSync(path, 'utf8')).filter(({ md5 }) => !existsSync(objectIn(folder, md5)));
    if (lost.length > 0) throw new Error(`${path} is there, and not ${lost.map(({ relpath }) => relpath).join(', ')}`);
  }
}
