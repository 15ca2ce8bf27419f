import { lstatSync, mkdirSync } from 'node:fs';
import { CmfError } from '../../domain/errors.ts';
import { folderOf } from '../../domain/repository-path.ts';
import { errorCode, fileFailure } from './file-failure.ts';

/** Folders of the work tree that are known to be no symbolic links, so that nothing is written through one. */
export interface WorktreeFolders {
  /** Makes a folder and those above it. @throws CmfError `refused` where one is a link or no folder */
  ensure(path: string): void;
  /** True for a folder that is there. @throws CmfError as ensure */
  check(path: string): boolean;
  /** It is gone. */
  forget(path: string): void;
  /** True where a new folder in this one would get its group: the set-group-ID bit of the nearest that is there. */
  passesGroupOn(path: string): boolean;
}

const SET_GROUP_ID = 0o2000;

/** @param root the work tree, absolute; paths are relative to it, empty for itself */
export function openWorktreeFolders(root: string): WorktreeFolders {
  const known = new Set(['']);
  const look = (path: string): 'folder' | 'nothing' => {
    const stats = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    if (stats === undefined) return 'nothing';
    if (stats.isDirectory()) return 'folder';
    throw new CmfError('refused', {
      message: `${root}/${path} is ${stats.isSymbolicLink() ? 'a symbolic link' : 'no folder'}; nothing is written through it`,
      hint: `move it out of the way: mv '${path}' elsewhere`,
    });
  };
  const check = (path: string): boolean => {
    if (known.has(path)) return true;
    if (!check(folderOf(path)) || look(path) === 'nothing') return false;
    known.add(path);
    return true;
  };
  const ensure = (path: string): void => {
    if (known.has(path)) return;
    ensure(folderOf(path));
    if (look(path) === 'nothing') makeFolder(`${root}/${path}`);
    known.add(path);
  };
  const passesGroupOn = (path: string): boolean => {
    const stats = lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
    if (stats === undefined) return path !== '' && passesGroupOn(folderOf(path));
    return (stats.mode & SET_GROUP_ID) !== 0;
  };
  return { ensure, check, passesGroupOn, forget: (path) => void known.delete(path) };
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST' || lstatSync(path).isSymbolicLink()) throw fileFailure(error, path);
  }
}
