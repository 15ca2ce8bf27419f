/**
 * The few things git cmf asks of a file system for its own state below `<common git dir>/cmf/`. Synchronous: a command
 * has nothing else to do until its record is durable. All paths are absolute. Missing files are undefined, never an error;
 * every other failure is a CmfError `environment` that names the path.
 *
 * A simulated implementation loses what was not synchronised and reorders renames; it and the real one run the same
 * conformance suite.
 */
export interface Disk {
  /**
   * Creates a directory and those above it; no error if it is there.
   * @param options.isShared true: its group may write to it, also where it was there and is this user's
   */
  makeDirectory(path: string, options?: { readonly isShared?: boolean }): void;
  /** Names in a directory, unsorted; empty when it does not exist. */
  list(path: string): string[];
  read(path: string): Uint8Array | undefined;
  /** Size, identity and time of a file, not following a symlink. */
  stat(path: string): FileStat | undefined;
  /** Opens a file for appending, creating it if `create` says so and failing if it is then there already. */
  openAppend(path: string, options: { readonly create: boolean; readonly mode?: number }): AppendFile;
  /** Writes a whole file so that after a crash either the old or the new bytes are there: temp, sync, rename, sync. */
  replace(path: string, bytes: string | Uint8Array, options?: { readonly mode?: number }): void;
  /** Writes a file, and its directory if missing, without any promise about crashes; for hints that can be made again. */
  writeHint(path: string, bytes: string | Uint8Array): void;
  /**
   * Creates a file with these bytes, whole and durable; false if something of that name exists.
   * @param options.durable false: no promise about crashes, for what means nothing after one, such as a lock
   */
  createExclusive(
    path: string,
    bytes: string | Uint8Array,
    options?: { readonly mode?: number; readonly durable?: boolean },
  ): boolean;
  /** Atomic; the target is replaced. Durable only after syncDirectory. False when the source does not exist. */
  rename(from: string, to: string): boolean;
  /**
   * Gives a file a second name, whole at once; the target is replaced. A symbolic link is made again, where hard links cannot
   * be the file is copied with its mode. Durable only after syncDirectory. False when the source does not exist.
   */
  link(from: string, to: string): boolean;
  /** No error when it is gone already. */
  remove(path: string): void;
  /** Makes creations, renames and removals in a directory durable. */
  syncDirectory(path: string): void;
}

export type FileStat = {
  readonly sizeBytes: number;
  readonly inode: bigint;
  /** Milliseconds since the epoch; 0 where the file system does not tell. */
  readonly bornMs: number;
  readonly modifiedMs: number;
  readonly isDirectory: boolean;
};

/** A file opened for appending. Appends of one call are contiguous even with other processes appending. */
export interface AppendFile {
  readonly inode: bigint;
  append(bytes: Uint8Array): void;
  /** Makes all that was appended durable (fdatasync). */
  sync(): void;
  close(): void;
}
