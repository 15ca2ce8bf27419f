/** One thing that is timed. */
export type Side = {
  /** What it is, as the table shows it. */
  readonly name: string;
  /** Put in place before each run; not timed. */
  readonly prepare?: () => void | Promise<void>;
  /** Timed from call to return, or to the end of the promise. */
  readonly run: () => void | Promise<void>;
};

/** What is expected of the two medians. */
export type Goal =
  /** The work takes at most so many times as long as what it is held against. */
  | { readonly kind: 'at-most'; readonly times: number }
  /** The work takes at most 1/n of the time of what it is held against. */
  | { readonly kind: 'faster'; readonly times: number };

/** The sides of a case, ready to be timed. */
export type Sides = {
  readonly work: Side;
  readonly against: Side;
  /** The bare limit: the least that the machine needs for it, when that is not what the work is held against. */
  readonly limit?: Side;
};

/** Why a case cannot be measured on this machine. */
export type Unmeasured = { readonly unmeasured: string };

/** Where a case works: `root` is the project, `folder` is empty and removed afterwards. */
export type Place = { readonly root: string; readonly folder: string };

/**
 * One row of the table. A file in bench/cases exports one, or several, as its default.
 *
 * `open` makes everything that is not timed (data, repositories) inside its folder; what it throws fails the case.
 */
export type BenchCase = {
  readonly name: string;
  readonly goal: Goal;
  /** Timed runs of each side; a first run of each is not counted. */
  readonly rounds: number;
  readonly open: (place: Place) => Sides | Unmeasured | Promise<Sides | Unmeasured>;
};
