/**
 * Every way in which git cmf can say no.
 *
 * A code names one rule; it decides the exit status and the page section that explains it (docs/errors.md, checked
 * both ways by a test). Floors below throw a CmfError with the facts; only the faces turn it into words for a person.
 */
export const ERROR_CODES = {
  /** A command line, a value or a JSON line that does not say what it must. */
  usage: 2,
  /** More than one running execution fits and none was named. */
  ambiguous: 2,
  /** Not inside a git repository, or git itself is missing or too old. */
  'no-repository': 3,
  /** `git cmf init` has not been run in this clone. */
  'not-initialised': 3,
  /** The named remote does not exist or does not answer. */
  'no-remote': 3,
  /** The operating system refused: permissions, a full disk, a missing program. */
  environment: 3,
  /** The thing asked for is not known here. */
  'not-found': 1,
  /** A check ran and its answer is no. */
  'check-failed': 1,
  /** A rule of the journal, of DVC or of the server forbids it. */
  refused: 4,
  /** Somebody else moved the ref first, more often than we were ready to try again. */
  conflict: 4,
  /** Bytes that were stored are not what they must be. */
  damaged: 5,
  /** The data was written by a newer git cmf. */
  'newer-format': 5,
  /** There is nothing recorded yet. */
  'no-data': 6,
  /** A bug in git cmf: a state its own code rules out. */
  internal: 125,
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** What a CmfError carries besides its code. */
export type ErrorFacts = {
  /** One line: what happened to what, and which rule says so. */
  readonly message: string;
  /** The next command to type, or the next thing to look at. */
  readonly hint?: string;
  readonly cause?: unknown;
};

/** The only error that git cmf throws on purpose. */
export class CmfError extends Error {
  override readonly name = 'CmfError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, facts: ErrorFacts) {
    super(facts.message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.hint = facts.hint;
  }
}
