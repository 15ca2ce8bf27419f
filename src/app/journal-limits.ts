/** How much a journal may bring at once. */
export type JournalLimits = {
  /** New files and folders. */
  readonly pathsMax: number;
  /** New bytes, uncompressed. */
  readonly sizeBytesMax: number;
};

/** What a server accepts in one push, over all refs of git cmf together. A client pushes in steps of a quarter of it. */
export const PUSH_LIMITS: JournalLimits = { pathsMax: 200_000, sizeBytesMax: 256 * 1024 * 1024 };

/** What a clone accepts of one writer in one fetch: a whole history may come at once, a tree bomb may not. */
export const FETCH_LIMITS: JournalLimits = { pathsMax: 4_000_000, sizeBytesMax: 64 * 1024 * 1024 * 1024 };
