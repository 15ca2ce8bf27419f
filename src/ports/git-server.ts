/** What a central repository asks of git beyond GitRepository: what a push brought, its hooks, its settings. */
import type { Oid } from './git.ts';

export interface GitServer {
  /**
   * Every object that the commits reach and no ref of the repository does, each once, in no order. Reads commits and
   * trees, never a blob. Ends git as soon as the caller stops.
   */
  newObjects(commits: readonly Oid[]): AsyncIterable<Oid>;
  /** The folder in which git looks for the hooks of this repository (`core.hooksPath` obeyed). Absolute. */
  hooksDirectory(): Promise<string>;
  /** All values of a setting in the repository's own configuration, in order. */
  settings(key: string): Promise<string[]>;
  /** Adds a value after the others. */
  addSetting(key: string, value: string): Promise<void>;
  /** Takes this value out; no error when it is not there. */
  removeSetting(key: string, value: string): Promise<void>;
}
