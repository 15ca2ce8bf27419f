import type { PointerTarget } from '../domain/dvc-pointer-text.ts';
import type { Leftovers } from './object-cache.ts';

/** What became of a pointer file. */
export type WrittenPointer = {
  readonly text: string;
  /** False: it said all this already and was not touched. */
  readonly changed: boolean;
};

/**
 * The files in the work tree that git cmf writes when a user asks for it: pointers, `.gitignore` lines and DVC's folder.
 * All paths are absolute. Safe against any number of processes doing the same at once.
 */
export interface PointerFiles {
  /** The text of a pointer, `dvc.yaml` or `dvc.lock`; undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  /**
   * Finds the pointers and the `dvc.lock` files below a folder, relative to the root, sorted. Hidden by `.dvcignore`, in folders that a pointer
   * beside them stands for, in `.git` and in `.dvc` folders, there are none.
   */
  find(root: string, folder: string): readonly string[];
  /**
   * Writes a pointer, or changes the one that is there (see writePointer). The file is replaced as a whole: no reader
   * ever sees half of it.
   * @throws CmfError `damaged` or `refused` as writePointer does, `conflict` when others keep changing it, `environment`
   */
  write(path: string, target: PointerTarget): Promise<WrittenPointer>;
  /**
   * Pointers, and files of DVC's configuration, that were being written when their process died, which lie beside them as
   * `.NAME.<12 hex digits>.tmp`.
   * @param tracked paths relative to the root that are somebody's own, whatever they are called
   * @param olderThanMs as `ObjectCache.leftovers` has it; `remove` too
   */
  leftovers(root: string, tracked: ReadonlySet<string>, olderThanMs: number, remove: boolean): Leftovers;
  /**
   * Appends the line that hides `name` to the `.gitignore` of its folder.
   * @returns false when the line is there already
   * @throws CmfError `refused` when `.gitignore` is a symbolic link, which git does not read; `conflict`, `environment`
   */
  ignore(folder: string, name: string): Promise<boolean>;
  /**
   * Makes what `dvc init` makes, unless `.dvc/config` is there: an empty `.dvc/config`, `.dvc/.gitignore` and, where
   * missing, `.dvcignore`.
   * @param root top of the work tree
   * @returns the files that were made, relative to the root
   */
  ensureDvcFolder(root: string): Promise<readonly string[]>;
}
