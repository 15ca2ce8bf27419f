/**
 * The folders that a journal's tree may have, as data: which names each level allows, what they are, and how many. A walk
 * over a stranger's tree goes no deeper than this and meets no name that is not here.
 */
import { isBucket } from '../domain/ids.ts';
import { GATE, parseJournalPath, WRITER_JSON } from '../domain/layout.ts';

/** One kind of folder. */
export type Level = {
  /** How many entries a folder of this kind may have. */
  readonly countMax: number;
  /** What an entry is: a file, or a folder of the level below; undefined when it must not be here. */
  readonly open: (name: string, path: string) => 'file' | Level | undefined;
  /** Two folders of this kind never have the same content, so a tree that is named twice is a lie (or a tree bomb). */
  readonly isUnique: boolean;
};

/** Longest line of a journal's tree, in bytes: mode, the longest name, and a SHA-256 id. */
export const TREE_LINE_BYTES_MAX = 160;

const isFanout = (name: string): boolean => /^[0-9a-f]{2}$/.test(name);
const isMonth = (name: string): boolean => /^\d{4,5}-\d{2}$/.test(name);

const level = (countMax: number, isUnique: boolean, open: Level['open']): Level => ({ countMax, isUnique, open });

const SEGMENTS = level(10_000, true, (_, path) => (parseJournalPath(path)?.kind === 'segment' ? 'file' : undefined));
const SEGMENT_FANOUTS = level(256, true, (name) => (isFanout(name) ? SEGMENTS : undefined));
const SEGMENT_MONTHS = level(2_400, true, (name) => (isMonth(name) ? SEGMENT_FANOUTS : undefined));
const SEGMENT_BUCKETS = level(10_000, true, (name) => (isBucket(name) ? SEGMENT_MONTHS : undefined));

// The same large value may be recorded for two pipelines, so these folders may be equal.
const BLOBS = level(10_000, false, (_, path) => (parseJournalPath(path)?.kind === 'blob' ? 'file' : undefined));
const BLOB_FANOUTS = level(256, false, (name) => (isFanout(name) ? BLOBS : undefined));
const BLOB_BUCKETS = level(10_000, false, (name) => (isBucket(name) ? BLOB_FANOUTS : undefined));

/** The top folder of a journal's tree. */
export const JOURNAL_ROOT: Level = level(4, true, (name) => {
  if (name === GATE || name === WRITER_JSON) return 'file';
  return name === 'seg' ? SEGMENT_BUCKETS : name === 'blob' ? BLOB_BUCKETS : undefined;
});
