/** What one writer's records become when somebody else brings them to a remote: commits for its inbox. */
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import type { Oid, TreeChange } from '../ports/git.ts';
import type { Context } from './clone.ts';
import type { JournalLimits } from './journal-limits.ts';
import { type JournalFile, newFiles } from './journal-walk.ts';
import type { WriterTree } from './read-state.ts';

/** What a remote holds of one writer: trees, and its inbox's commit; all are in this repository. */
export type Held = { readonly trees: readonly Oid[]; readonly inbox: Oid | undefined };

/** A commit to push, and what it brings. */
export type Part = { readonly to: string; readonly files: number; readonly sizeBytes: number; readonly from: Oid };

/**
 * Commits for the inbox that together hold what the remote lacks of a writer, each within the limits and on top of the one
 * before. No ref keeps them.
 */
export async function* partsOf(
  clone: Context,
  { writer, tree }: WriterTree,
  held: Held | undefined,
  { pathsMax, sizeBytesMax }: JournalLimits,
): AsyncGenerator<Part> {
  const { objects } = clone.repository;
  const lacking = await lackingFiles(clone, tree, held?.trees ?? []);
  const infos = await objects.infos(lacking.map(({ oid }) => oid));
  let part: JournalFile[] = [];
  let sizeBytes = 0;
  let parent = held?.inbox;
  const close = async (): Promise<Part> => {
    const files = part.length;
    parent = await commitFiles(clone, parent, parent === undefined ? [...(await headOf(clone, tree)), ...part] : part);
    const done = { to: REFS.inbox + writer, from: parent, files, sizeBytes };
    part = [];
    sizeBytes = 0;
    return done;
  };
  for (const [i, file] of lacking.entries()) {
    const size = infos[i]?.sizeBytes ?? 0;
    if (part.length > 0 && (part.length >= pathsMax || sizeBytes + size > sizeBytesMax)) yield close();
    part.push(file);
    sizeBytes += size;
  }
  if (part.length > 0) yield close();
}

/** The segments that are in none of the remote's trees. */
async function lackingFiles(clone: Context, tree: Oid, theirs: readonly Oid[]): Promise<JournalFile[]> {
  const bases = theirs.length === 0 ? [undefined] : theirs;
  let lacking: JournalFile[] | undefined;
  for (const base of theirs.includes(tree) ? [tree] : bases) {
    const walk = { tree, base, isBaseOptional: true, pathsMax: undefined };
    const files = base === tree ? [] : await newFiles(clone.repository.objects, walk);
    const paths = new Set(files.map(({ path }) => path));
    lacking = lacking === undefined ? files : lacking.filter(({ path }) => paths.has(path));
  }
  return (lacking ?? []).filter(({ place }) => place.kind === 'segment');
}

/** What every journal's tree must have. */
async function headOf({ repository: { objects } }: Context, tree: Oid): Promise<{ path: string; oid: Oid }[]> {
  const entries = await objects.readTree(tree);
  return entries.filter(({ mode }) => mode === '100644').map(({ name, oid }) => ({ path: name, oid }));
}

async function commitFiles(
  { repository, effects }: Context,
  parent: Oid | undefined,
  files: readonly { readonly path: string; readonly oid: Oid }[],
): Promise<Oid> {
  const ref = `${REFS.temporary}${Buffer.from(effects.randomBytes(8)).toString('hex')}`;
  const result = await repository.writer.commit({
    ref,
    expected: undefined,
    parents: parent === undefined ? [] : [parent],
    changes: files.map(({ path, oid }): TreeChange => ({ path, oid, mode: '100644' })),
    message: 'cmf: relayed\n',
    timeSeconds: Math.floor(effects.nowMs() / 1000),
  });
  if (result.kind !== 'moved') throw new CmfError('internal', { message: `${ref} was there already` });
  await repository.refs.update([{ name: ref, to: undefined, expected: result.commit }]);
  return result.commit;
}
