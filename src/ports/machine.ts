/** What the machine has installed: asked by `git cmf doctor` only. */
export interface Machine {
  gitVersion(): Promise<{ readonly text: string; readonly isSupported: boolean }>;
  /** The version of the runtime, without a leading v. */
  readonly nodeVersion: string;
  /** The file that a shell would start for this name; undefined when it is not on PATH. */
  findProgram(name: string): string | undefined;
  /** The page that `man` would show; undefined when it finds none, or there is no `man`. */
  findManual(page: string): string | undefined;
  /** The page that comes with this program, whether `man` finds it or not. */
  readonly manualFile: string;
  /** True if this process may create files there. */
  isWritable(directory: string): boolean;
  isReadable(path: string): boolean;
  /** True for a file that this process may start. */
  isExecutable(path: string): boolean;
  /**
   * Ids of git processes that work in one of these folders now, without those that started this one or were started by it;
   * undefined when the machine does not tell. Processes of other users may be left out.
   */
  gitProcessesIn(directories: readonly string[]): readonly number[] | undefined;
}
