/** A program that runs and talks over its standard streams. */
export interface RunningProgram {
  readonly stdin: NodeJS.WritableStream;
  readonly stdout: NodeJS.ReadableStream;
  /** Settles when the program is gone and all it said was read; the status is 128 + n after signal n. */
  readonly ended: Promise<{ readonly exitCode: number; readonly stderr: string }>;
  stop(): void;
}

/** Programs of this machine, started without a shell. */
export interface Programs {
  /** What it cannot be started for is its end: exit status 127, and the reason as what it said. */
  start(program: string, args: readonly string[]): RunningProgram;
}
