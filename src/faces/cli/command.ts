import type { Argv } from 'yargs';
import type { Session } from './session.ts';

/** What a parsed command line is: yargs' record of options and positionals. */
export type Arguments = Readonly<Record<string, unknown>>;

/** One command of `git cmf`: how it is typed and what it does. Loaded only when it is the one that was asked for. */
export type CommandModule = {
  /** The synopsis after `git cmf `, as in the manual. */
  readonly usage: string;
  /** One paragraph below the synopsis in `-h`. */
  readonly description: string;
  /** True if words that are no options may follow: paths, ids, NAME=VALUE. They come as `_`. */
  readonly takesOperands?: boolean;
  /** True if a command line of the user's own may follow `--`. Its words come as `--`, not as `_`. */
  readonly takesCommand?: boolean;
  /** Options and positionals; unknown ones are refused. */
  readonly build: (parser: Argv) => Argv;
  /**
   * @param table all commands, for one that speaks of the others
   * @returns the exit status
   */
  readonly run: (args: Arguments, session: Session, table: readonly CommandEntry[]) => Promise<number>;
};

/** A command before it is loaded. */
export type CommandEntry = {
  readonly name: string;
  readonly summary: string;
  /** Not shown in the list: for hooks, not for people. */
  readonly hidden?: boolean;
  readonly load: () => Promise<{ readonly command: CommandModule }>;
};
