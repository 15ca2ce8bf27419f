import type { Context } from '../../app/clone.ts';
import type { Installation } from '../../app/hook-files.ts';
import type { StorageContext } from '../../app/storages.ts';
import type { Files } from '../../app/track.ts';
import type { GitBundles } from '../../ports/git-bundles.ts';
import type { GitServer } from '../../ports/git-server.ts';
import type { Machine } from '../../ports/machine.ts';

/** What a command may use of the world around it; put together in compose.ts. */
export type Session = {
  /** Opens the repository that the current folder belongs to. Opened once; closed when the command ends. */
  readonly context: () => Promise<Context>;
  /** The same for a folder that was named; GIT_DIR does not speak of it. */
  readonly contextAt: (directory: string) => Promise<Context>;
  /** The server's side of a repository. */
  readonly server: (context: Context) => GitServer;
  /** Bundles of a repository. */
  readonly bundles: (context: Context) => GitBundles;
  /** Where this program lies, for the hooks that start it. */
  readonly installation: Installation;
  /** What reads and writes the user's own files. */
  readonly files: (context: Context) => Files;
  /** DVC's configuration, and the storages that it names. */
  readonly storages: (context: Context) => StorageContext;
  /** Prints a result. */
  readonly print: (text: string) => void;
  /** Writes bytes to standard output. Rejects with `environment` when nobody reads any more. */
  readonly printBytes: (bytes: Uint8Array) => Promise<void>;
  /** Says something on standard error. */
  readonly complain: (text: string) => void;
  /** Prints a result that may be long: through git's pager where a person reads it at a terminal. */
  readonly page: (text: string) => Promise<void>;
  /** True if results may be coloured. */
  readonly hasColour: () => Promise<boolean>;
  /** What the machine has installed. */
  readonly machine: Machine;
  /** Everything on standard input, line by line, as bytes without the line feed. */
  readonly inputLines: () => AsyncIterable<Uint8Array>;
  /** The same as it comes. */
  readonly inputBytes: () => AsyncIterable<Uint8Array>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly currentDirectory: string;
  /** Columns of the terminal that results go to; undefined when they go to a file or a pipe. */
  readonly columns: number | undefined;
};
