import type { ConfigFile, ConfigLevel } from '../domain/dvc-config.ts';

/** The files that DVC reads its configuration from; `root` is the top of the work tree, absolute. */
export interface DvcConfigFiles {
  /** The user's folder. */
  readonly home: string;
  /** Where the file of a level is, whether it is there or not. */
  pathOf(root: string, level: ConfigLevel): string;
  /**
   * The files that are there, lowest level first.
   * @throws CmfError `damaged` for one that is not UTF-8, `environment`
   */
  read(root: string): Promise<readonly ConfigFile[]>;
  /**
   * Replaces a file by what `edit` makes of it, as a whole: no reader ever sees half of it. A new file of the local level can
   * be read by its owner only.
   * @param edit gets undefined where there is no file; may be called again when somebody else changes the file meanwhile
   * @returns false when the text stays the same
   * @throws CmfError what `edit` throws; `conflict` when others keep changing the file; `environment`
   */
  change(root: string, level: 'repository' | 'local', edit: (text: string | undefined) => string): Promise<boolean>;
}
