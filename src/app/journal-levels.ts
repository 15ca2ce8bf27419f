/**
 * The folders that a journal's tree may have, as data: which names each level allows, what they are, and how many a
 * stranger may send. A walk over a tree goes no deeper than this and meets no name that is not here. Two folders of one
 * tree never have the same content, for a path determines its bytes.
 */
import { isBucket } from '../domain/ids.ts';
import { GATE, parseJournalPath, WRITER_JSON } from '../domain/layout.ts';

/** One kind of folder. */
export type Level = {
  /** How many entries a stranger's folder of this kind may have. */
  readonly countMax: number;
  /** What an entry is: a file, or a folder of the level below; undefined when it must not be here. */
  readonly open: (name: string, path: string) => 'file' | Level | undefined;
};

/** Longest line of a journal's tree, in bytes: mode, the longest name, and a SHA-256 id. */
export const TREE_LINE_BYTES_MAX = 160;

/** Pipelines of one writer, in a tree that comes from elsewhere. */
export const BUCKETS_MAX = 100_000;

const isFanout = (name: string): boolean => /^[0-9a-f]{2}$/.test(name);
const isMonth = (name: string): boolean => /^\d{4,5}-\d{2}$/.test(name);

const level = (countMax: number, open: Level['open']): Level => ({ countMax, open });

const SEGMENTS = level(10_000, (_, path) => (parseJournalPath(path)?.kind === 'segment' ? 'file' : undefined));
const FANOUTS = level(256, (name) => (isFanout(name) ? SEGMENTS : undefined));
const MONTHS = level(2_400, (name) => (isMonth(name) ? FANOUTS : undefined));
const BUCKETS = level(BUCKETS_MAX, (name) => (isBucket(name) ? MONTHS : undefined));

/** The top folder of a journal's tree. One more than it can have, so that a refusal names the stranger. */
export const JOURNAL_ROOT: Level = level(4, (name) => {
  if (name === GATE || name === WRITER_JSON) return 'file';
  return name === 'seg' ? BUCKETS : undefined;
});
