/** Files that are made of objects of the cache: clones, links or copies. */
import { hash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type CachePlace, type LinkType, objectPath } from '../../domain/dvc-cache.ts';
import { CmfError } from '../../domain/errors.ts';
import type { CheckoutFile } from '../../ports/object-cache.ts';
import { errorCode, fileFailure } from './file-failure.ts';
import { legacyMd5, plainMd5 } from './file-md5.ts';
import { TRUSTED_MODE } from './object-keeper.ts';

/** A file up to this size is checked while it is copied: nothing wrong comes into a work tree that is cheap to see. */
const CHECKED_BYTES = 1024 * 1024;

/** What a file is made of. */
export type FileContent = Pick<CheckoutFile, 'digest' | 'executable'>;

export interface ObjectMaker {
  /**
   * Makes a new file. Where it cannot be made, nothing of it is left.
   * @returns how many bytes it has
   * @throws CmfError `damaged` for an object that is not what its name says; `environment`
   */
  make(path: string, content: FileContent): number;
}

export type MakerSetup = {
  readonly place: CachePlace;
  /** Of this process: to ask for it takes it away for a moment, from all threads, so it is asked for before they start. */
  readonly umask: number;
};

type NewFile = FileContent & Pick<MakerSetup, 'umask'>;

/** Makes files of one cache, by the first of its link types that works. */
export function openObjectMaker({ place, umask }: MakerSetup): ObjectMaker {
  let types: readonly LinkType[] = place.linkTypes;
  const makeByAny = (path: string, file: NewFile): number => {
    const object = `${place.directory}/${objectPath(file.digest)}`;
    for (const type of file.executable ? types.filter(isOwnFile) : types) {
      try {
        return makeBy(type, object, path, file);
      } catch (error) {
        if (!isUnavailable(error)) throw fileFailure(error, object);
        // What does not work for one file of this cache works for none.
        types = types.filter((other) => other !== type);
        rmSync(path, { force: true });
      }
    }
    return copyChecked(object, path, file);
  };
  return {
    make(path, content) {
      try {
        const bytes = makeByAny(path, { ...content, umask });
        if (content.executable) addExecutable(path, umask);
        return bytes;
      } catch (error) {
        rmSync(path, { force: true });
        throw error;
      }
    },
  };
}

/** Gives a file the x bit, as the user's mask allows. @throws CmfError as fileFailure */
export function addExecutable(path: string, umask: number): void {
  try {
    const stats = lstatSync(path);
    // A link shares its mode with the cache, whose objects stay as they are.
    if (stats.isFile() && (stats.mode & 0o200) !== 0) chmodSync(path, stats.mode | (0o111 & ~umask));
  } catch (error) {
    throw fileFailure(error, path);
  }
}

/** A link shares its mode with the cache, whose objects may be nothing but read. */
function isOwnFile(type: LinkType): boolean {
  return type === 'reflink' || type === 'copy';
}

const UNAVAILABLE: ReadonlySet<string | undefined> = new Set([
  'EXDEV',
  'EOPNOTSUPP',
  'ENOTSUP',
  'ENOSYS',
  'EPERM',
  'EMLINK',
  'ENOTTY',
  'EINVAL',
]);

function isUnavailable(error: unknown): boolean {
  return UNAVAILABLE.has(errorCode(error));
}

function makeBy(type: LinkType, object: string, path: string, file: NewFile): number {
  if (type === 'copy') return copyChecked(object, path, file);
  const stats = lstatSync(object);
  if (!stats.isFile()) throw damaged(object);
  if (stats.size === 0) return copyChecked(object, path, file);
  requireTrust(object, stats, file);
  if (type === 'symlink') symlinkSync(object, path);
  else if (type === 'hardlink') linkSync(object, path);
  else {
    copyFileSync(object, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    makeWritable(path, file.umask);
  }
  return stats.size;
}

/** Copies; a small file is hashed on the way, a large one that has not the mode of a whole one is hashed first. */
function copyChecked(object: string, path: string, file: NewFile): number {
  const fd = openObject(object);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw damaged(object);
    const { size } = stats;
    if (size > CHECKED_BYTES) {
      requireTrust(object, stats, file);
      copyFileSync(object, path, constants.COPYFILE_EXCL);
      makeWritable(path, file.umask);
      return size;
    }
    const bytes = Buffer.allocUnsafe(size);
    const count = readSync(fd, bytes, 0, size, 0);
    if (count !== size || !isContent(bytes, object, file)) throw damaged(object);
    writeFileSync(path, bytes, { flag: 'wx' });
    return size;
  } finally {
    closeSync(fd);
  }
}

/** What is no file, such as a link that leads elsewhere or a FIFO, is no object. */
function openObject(object: string): number {
  try {
    return openSync(object, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    throw errorCode(error) === 'ELOOP' ? damaged(object) : error;
  }
}

/** An object without DVC's mark of trust is hashed before it is used, as DVC does. */
function requireTrust(object: string, { mode }: Stats, { digest }: FileContent): void {
  if ((mode & 0o7777) === TRUSTED_MODE) return;
  const sums = digest.kind === 'md5-dos2unix' ? legacyMd5(object) : [plainMd5(object)];
  if (!sums.includes(digest.value)) throw damaged(object);
}

function isContent(bytes: Uint8Array, object: string, { digest }: FileContent): boolean {
  if (digest.kind === 'md5-dos2unix') return legacyMd5(object).includes(digest.value);
  return hash('md5', bytes, 'hex') === digest.value;
}

function damaged(object: string): CmfError {
  return new CmfError('damaged', {
    message: `${object} is not what its name says, and was not checked out`,
    hint: `rm -f '${object}', then git cmf artifact pull gets it again, or artifact add where the file is right`,
  });
}

/** As a new file of this user would be. */
function makeWritable(path: string, umask: number): void {
  chmodSync(path, 0o666 & ~umask);
}
