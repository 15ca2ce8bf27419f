/**
 * Reads what this clone knows: its own journal, what it learned from others, and its logs. On a central repository: what
 * its worker merged.
 */
import { type Entry, verifyEntry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import { REFS, type WriterId } from '../domain/ids.ts';
import { type JournalState, stateOf } from '../domain/join.ts';
import { parseMergedPath } from '../domain/layout.ts';
import { type View, viewOf } from '../domain/view.ts';
import type { WriterRecord } from '../domain/writer-record.ts';
import type { GitObjects, Oid } from '../ports/git.ts';
import { type Context, walDirectory } from './clone.ts';
import { readJournalTree, readWriterRecord } from './journal-tree.ts';
import { findWals } from './wal.ts';

export type ReadState = {
  readonly state: JournalState;
  /** Why the state may be less than the whole: a partial pull, a writer of a newer format. Empty: it is whole. */
  readonly partial: readonly string[];
};

/** One writer's tree as it lies in this repository. */
export type WriterTree = { readonly writer: WriterId; readonly tree: Oid };

/** Reads the whole state. Writers of a format that is not known here are skipped and named in `partial`. */
export async function readState(context: Context): Promise<ReadState> {
  // The logs come first: what a flush moves into the journal meanwhile is then seen twice, not never.
  const entries = findWals(context.disk, walDirectory(context)).flatMap((file) => soundEntries(file.lines));
  const writers: WriterRecord[] = [];
  const partial: string[] = [];
  const { objects } = context.repository;
  for (const { writer, tree } of await writerTrees(context)) {
    try {
      writers.push(await readWriterRecord(objects, tree));
      for await (const segment of readJournalTree(objects, tree, writer)) entries.push(...segment.entries);
    } catch (error) {
      if (!(error instanceof CmfError) || error.code !== 'newer-format') throw error;
      partial.push(error.message);
    }
  }
  for (const { name } of await context.repository.refs.list([REFS.partial])) {
    partial.push(`of pipeline ${name.slice(REFS.partial.length)} only what 'git cmf pull -p' brought`);
  }
  return { state: stateOf(entries, writers), partial };
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

/** Every tree to read, own and others'. The same writer may come twice; entries deduplicate. */
export async function writerTrees(context: Context): Promise<WriterTree[]> {
  const { refs, objects } = context.repository;
  const trees: WriterTree[] = [];
  for (const { name, oid } of await refs.list([REFS.journal, REFS.known, REFS.partial, REFS.mergedAll])) {
    const tree = await objects.treeOf(oid);
    if (name.startsWith(REFS.journal)) trees.push({ writer: name.slice(REFS.journal.length) as WriterId, tree });
    else trees.push(...(await mergedWriters(objects, tree)));
  }
  return distinct(trees);
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
