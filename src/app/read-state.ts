/**
 * Reads what this clone knows: its own journal, what it learned from others, and its logs. On a central repository: what
 * its worker merged.
 */
import { type Entry, type Said, saidBy, verifyEntry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import {
  type EntryId,
  isPipelineId,
  meaningOfRef,
  type PipelineId,
  pipelineId,
  REFS,
  type WriterId,
} from '../domain/ids.ts';
import { type JournalState, stateOf } from '../domain/join.ts';
import { parseMergedPath, WRITER_JSON } from '../domain/layout.ts';
import { type View, viewOf } from '../domain/view.ts';
import { visible } from '../domain/visible.ts';
import type { WriterRecord } from '../domain/writer-record.ts';
import type { GitObjects, Oid } from '../ports/git.ts';
import { type Context, isInitialised, openClone, walDirectory } from './clone.ts';
import { readPurges, type Unpinned } from './control.ts';
import { readEntries, readWriterRecord } from './journal-tree.ts';
import { refuseObject } from './refuse-object.ts';
import type { VerifiedFiles } from './verified-files.ts';
import { findWals } from './wal.ts';

export type ReadState = {
  readonly state: JournalState;
  /** Why the state may be less than the whole. Empty: it is whole. */
  readonly missing: readonly Missing[];
  /** The reasons alone. */
  readonly partial: readonly string[];
};

/** Something that is known to exist and is not in the state. */
export type Missing = {
  /** Of this pipeline everything is there. */
  readonly exceptPipeline?: PipelineId;
  /** It is here and cannot be read: what it names is not known. */
  readonly isUnreadable?: true;
  readonly reason: string;
};

/** One writer's tree as it lies in this repository. */
export type WriterTree = { readonly writer: WriterId; readonly tree: Oid };

/**
 * Reads the whole state. What is damaged or of a newer format is left out and named; it never hides the rest.
 * @param lines where the stored lines go, by entry; they are half of the memory that a state needs, so few ask for them
 * @param verified what need not be read again; its entries bring no lines
 */
export async function readState(
  context: Context,
  lines?: Map<EntryId, string>,
  verified?: VerifiedFiles,
): Promise<ReadState> {
  const entries: Said[] = [];
  const keep = (entry: Entry) => {
    lines?.set(entry.id, entry.line);
    return saidBy(entry);
  };
  // The logs come first: what a flush moves into the journal meanwhile is then seen twice, not never.
  for (const file of findWals(context.disk, walDirectory(context))) {
    for (const entry of soundEntries(file.lines)) entries.push(keep(entry));
  }
  const writers = ownRecord(context);
  const missing: Missing[] = [];
  const { objects } = context.repository;
  for (const { writer, tree } of await writerTrees(context)) {
    try {
      const record = await readWriterRecord(objects, tree);
      writers.push(record);
      if (record.writer !== writer) throw refuseObject(tree, WRITER_JSON, `is not of writer ${writer}`, 'damaged');
      for await (const some of readEntries(objects, tree, record, { keep, verified })) {
        for (const entry of some) entries.push(entry);
      }
    } catch (error) {
      if (!isAboutData(error)) throw error;
      missing.push({ isUnreadable: true, reason: `writer ${writer}: ${error.message}` });
    }
  }
  missing.push(...(await leftOutByPulls(context, entries)));
  const { applied, unpinned, refused } = await readPurges(context);
  missing.push(...unpinned.flatMap((one) => unpinnedReason(one, entries)), ...refused.map((reason) => ({ reason })));
  return { state: stateOf(entries, writers, applied.values()), missing, partial: missing.map(({ reason }) => reason) };
}

/** Nothing for purges of what is not here: anyone can sign those. */
function unpinnedReason({ key, label, ids }: Unpinned, entries: readonly Said[]): Missing[] {
  const here = new Set<EntryId>();
  for (const { id, was } of entries) {
    if (ids.has(id)) here.add(id);
    if (was !== undefined && ids.has(was.id)) here.add(was.id);
  }
  const who = label === undefined ? key : `${visible(label)} (${key})`;
  const what = here.size === 1 ? '1 purge' : `${here.size} purges`;
  return here.size === 0 ? [] : [{ reason: `not applied: ${what} by ${who}, whose key is not pinned here` }];
}

/** Who this clone is: its journal says so too, but not before something of it is in git. */
function ownRecord(context: Context): WriterRecord[] {
  if (!isInitialised(context)) return [];
  try {
    return [openClone(context).identity];
  } catch (error) {
    // Said by fsck and doctor; what others recorded can be read all the same.
    if (!isAboutData(error)) throw error;
    return [];
  }
}

/** True for an error that says something of stored data, and nothing of this machine. */
export function isAboutData(error: unknown): error is CmfError {
  return error instanceof CmfError && ['refused', 'damaged', 'newer-format'].includes(error.code);
}

async function leftOutByPulls({ repository }: Context, entries: readonly Said[]): Promise<Missing[]> {
  const missing: Missing[] = [];
  for (const { name } of await repository.refs.list([REFS.partial, REFS.skipped])) {
    const last = name.slice(name.lastIndexOf('/') + 1);
    if (name.startsWith(REFS.skipped))
      missing.push({ reason: `writer ${last}: a pull left out what it could not read` });
    else if (isPipelineId(last)) {
      missing.push({ exceptPipeline: last, reason: `a pull brought only pipeline ${nameOfPipeline(last, entries)}` });
    }
  }
  return missing;
}

/** A pipeline as people call it; its id where nothing here says its name. */
function nameOfPipeline(id: PipelineId, entries: readonly Said[]): string {
  for (const { bucket, operation } of entries) {
    if (bucket !== id || operation.kind !== 'execution') continue;
    if (pipelineId(operation.namespace, operation.pipeline) === id) return `'${visible(operation.pipeline)}'`;
  }
  return id;
}

/** The view of all that this clone knows. */
export async function readView(context: Context): Promise<View> {
  return viewOf((await readState(context)).state);
}

function soundEntries(lines: readonly string[]): Entry[] {
  return lines.flatMap((line) => {
    try {
      return [verifyEntry(line)];
    } catch {
      return [];
    }
  });
}

/**
 * Every tree to read. On a central repository that is what its worker merged, and nothing that it has not looked at yet;
 * in a clone its own journal and what it learned. The same writer may come twice; entries deduplicate.
 */
export async function writerTrees(context: Context): Promise<WriterTree[]> {
  const { refs, objects } = context.repository;
  const merged = await refs.list([REFS.mergedAll]);
  const isCentral = merged.length > 0 && !isInitialised(context);
  const sources = isCentral ? merged : await refs.list(sourcesOf(context));
  const trees: WriterTree[] = [];
  for (const { name, oid } of sources) {
    const meaning = meaningOfRef(name);
    const tree = await objects.treeOf(oid);
    if (meaning?.kind === 'journal') trees.push({ writer: meaning.writer, tree });
    else if (meaning?.kind === 'inbox') trees.push({ writer: meaning.writer, tree });
    else if (!name.startsWith(REFS.journal) && !name.startsWith(REFS.inbox))
      trees.push(...(await mergedWriters(objects, tree)));
  }
  return distinct(trees);
}

/** Where others push to and nothing is merged, the inbox and the archive are read as they are, like the journals. */
function sourcesOf(context: Context): string[] {
  const own = [REFS.journal, REFS.known, REFS.partial, REFS.mergedAll];
  return isInitialised(context) ? own : [...own, REFS.inbox, REFS.archive];
}

function distinct(trees: readonly WriterTree[]): WriterTree[] {
  return [...new Map(trees.map((one) => [`${one.writer} ${one.tree}`, one])).values()];
}

/** The writers in a tree of the shape of merged/all. */
export async function mergedWriters(objects: GitObjects, tree: Oid): Promise<WriterTree[]> {
  const writers: WriterTree[] = [];
  for (const fanout of await objects.readTree(tree)) {
    for (const { name, oid } of await objects.readTree(fanout.oid)) {
      const writer = parseMergedPath(fanout.name, name);
      if (writer !== undefined) writers.push({ writer, tree: oid });
    }
  }
  return writers;
}
