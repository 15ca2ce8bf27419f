/** One tree per writer out of all that a repository holds of it: journal, inbox and archive. */
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, REFS, type WriterId } from '../domain/ids.ts';
import type { PurgedIds } from '../domain/resolve.ts';
import type { GitRepository, Oid, Ref } from '../ports/git.ts';
import { checkJournalTree } from './journal-tree.ts';
import { createPurger } from './purge-tree.ts';
import { mergedWriters } from './read-state.ts';
import { missingPaths } from './unite-trees.ts';

/** A ref, or one writer's part of one, that was left out, and why. */
export type SkippedRef = {
  readonly ref: string;
  /** Whose records it holds; undefined where all that lies in the ref was left out. */
  readonly writer: WriterId | undefined;
  readonly reason: string;
};

export type WriterUnion = {
  readonly trees: ReadonlyMap<WriterId, Oid>;
  readonly skipped: readonly SkippedRef[];
  /** Refs that still hold purged bytes; what the union shows of them does not. */
  readonly unclean: readonly string[];
};

type Part = Omit<SkippedRef, 'reason'>;
type Source = { readonly ref: string; readonly writer: WriterId; readonly tree: Oid };

/** What is trusted, and what is not. */
export type UnionFacts = {
  /** Trees per writer that are valid already; what lies in them is not read again. */
  readonly known?: ReadonlyMap<WriterId, Oid>;
  /** Trees that this server's own pre-receive has validated. */
  readonly validated?: ReadonlySet<Oid>;
  /** Applied purges: their entries are taken out of every tree that still has them. */
  readonly purged: PurgedIds;
};

/** The refs that a union is made of. */
export const SOURCE_REFS: readonly string[] = [REFS.archive, REFS.inbox, REFS.journal];

/**
 * Unites what these refs hold, writer by writer. A function of the refs and the purges: the rest only saves work. What does
 * not validate is left out and named; where two sources contradict each other, the ref that sorts first stands.
 * @param refs the refs below SOURCE_REFS, sorted by name
 */
export async function uniteWriters(
  repository: GitRepository,
  refs: readonly Ref[],
  facts: UnionFacts,
): Promise<WriterUnion> {
  const trees = new Map<WriterId, Oid>();
  const skipped: SkippedRef[] = [];
  const unclean = new Set<string>();
  const sources = await Promise.all(
    refs.map((ref) => reported(partOf(ref), skipped, [], () => sourcesOf(repository, ref))),
  );
  for (const source of sources.flat()) {
    const before = trees.get(source.writer);
    const add = async () => {
      const tree = await soundTree(repository, source, facts);
      if (tree !== source.tree) unclean.add(source.ref);
      return uniteInto(repository, before, tree);
    };
    const after = await reported(source, skipped, before, add);
    if (after !== undefined) trees.set(source.writer, after);
  }
  return { trees, skipped, unclean: [...unclean] };
}

/** Runs the work; an error that says the data is bad becomes a line of the report and `otherwise`. */
async function reported<Result>(
  { ref, writer }: Part,
  skipped: SkippedRef[],
  otherwise: Result,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CmfError) || !['refused', 'damaged', 'newer-format'].includes(error.code)) throw error;
    skipped.push({ ref, writer, reason: error.message });
    return otherwise;
  }
}

function partOf({ name }: Ref): Part {
  const meaning = meaningOfRef(name);
  const isOneWriters = meaning?.kind === 'journal' || meaning?.kind === 'inbox';
  return { ref: name, writer: isOneWriters ? meaning.writer : undefined };
}

async function sourcesOf({ objects }: GitRepository, { name, oid }: Ref): Promise<Source[]> {
  const meaning = meaningOfRef(name);
  const tree = await objects.treeOf(oid);
  switch (meaning?.kind) {
    case 'journal':
    case 'inbox':
      return [{ ref: name, writer: meaning.writer, tree }];
    case 'archive':
      return (await mergedWriters(objects, tree)).map((one) => ({ ref: name, ...one }));
    default:
      throw new CmfError('refused', { message: `${name} is no name that format 1 has` });
  }
}

/** A source's tree, validated unless that has been done, without purged entries. */
async function soundTree(
  { objects, writer: git }: GitRepository,
  { tree, writer }: Source,
  { known, validated, purged }: UnionFacts,
): Promise<Oid> {
  const base = known?.get(writer);
  if (tree === base || validated?.has(tree) === true) return tree;
  const purger = createPurger(purged);
  await checkJournalTree(objects, { tree, writer, base, allowMissingFromBase: true }, purger.visit);
  return purger.changes.length === 0 ? tree : git.writeTree(tree, purger.changes);
}

async function uniteInto({ objects, writer: git }: GitRepository, before: Oid | undefined, tree: Oid): Promise<Oid> {
  if (before === undefined) return tree;
  const missing = await missingPaths(objects, before, tree);
  return missing.length === 0 ? before : git.writeTree(before, missing);
}
