/** The effects that are not git, not a disk: time, chance, processes, and a person who may be watching. */

/** Identifies one process for as long as the machine is up, and tells whether another one still lives. */
export type ProcessIdentity = {
  /** Changes with every boot of the machine. */
  readonly bootId: string;
  /** Process ids mean something only within one of these. */
  readonly pidNamespace: string;
  readonly pid: number;
  /** When the process started, in the machine's own unit; with the pid it names one process. */
  readonly startTime: string;
};

export interface Effects {
  /** Wall clock, milliseconds since the epoch. */
  nowMs(): number;
  randomBytes(count: number): Uint8Array;
  process(): ProcessIdentity;
  /**
   * `dead` only when it is sure: same boot and pid namespace, and no such process with that start time. Everything else
   * is `unknown` or `alive`, also where the machine does not tell.
   */
  liveness(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown';
  /** Suspends for about that long. */
  sleep(ms: number): Promise<void>;
  /** Does something again and again, for as long as the process lives, which it does not prolong. @returns what ends it */
  every(ms: number, work: () => void): () => void;
  /** What the environment of a run is described by: operating system, machine, versions; no names of people or hosts. */
  environment(): { readonly [key: string]: string };
}

/** Messages for a person, on stderr. Results never go here. */
export interface Reporter {
  /** Something the user should know although the command goes on. */
  warn(message: string): void;
  /** What a command did or waits for; shown only when a person watches a terminal. */
  note(message: string): void;
  /** How far long work is; shown only when a person watches a terminal. */
  progress(message: string): void;
}
