/**
 * What this repository knows of purges: the control records that it holds, and which of them it obeys. A clone obeys the
 * keys that its user has pinned (`cmf.adminKey`), a central repository its own, which it pins when it makes it.
 */
import { type ControlRecord, controlPath, type KeyRecord, type PurgeRecord } from '../domain/control-record.ts';
import { CmfError } from '../domain/errors.ts';
import { type EntryId, REFS } from '../domain/ids.ts';
import { type Purge, stateOf } from '../domain/join.ts';
import type { PublicKey } from '../domain/signature.ts';
import type { GitObjects, GitRepository, Oid, Ref, TreeChange } from '../ports/git.ts';
import { chooseControl, type KeyRules, STRANGE_MAX } from './choose-control.ts';
import { type Context, isHost } from './clone.ts';
import { type ControlTree, readControlOf, readControlTree } from './control-tree.ts';

/** The setting that pins an admin's key; it may be set several times. */
export const ADMIN_KEY = 'cmf.adminKey';
/** The setting that names a key of which one wants to hear nothing; it may be set several times. */
export const IGNORED_KEY = 'cmf.ignoredKey';
/** The setting that keeps clients from writing what a server merges: it tells a server, bare or not. */
export const HIDE_REFS = 'receive.hideRefs';

/** Purges by a key that is not pinned here. */
export type Unpinned = {
  readonly key: PublicKey;
  /** Who that is, by their own words; undefined when they gave none. */
  readonly label: string | undefined;
  /** Entries that nobody else's pinned key has purged. */
  readonly ids: ReadonlySet<EntryId>;
  /** How many. */
  readonly count: number;
};

/** The purges that a repository knows. */
export type KnownPurges = {
  /** Those to obey. */
  readonly applied: ReadonlyMap<EntryId, Purge>;
  /** The records that say so, in no order. */
  readonly records: readonly PurgeRecord[];
  readonly labels: ReadonlyMap<PublicKey, string>;
  readonly unpinned: readonly Unpinned[];
  /** What lies in our own control refs and is no record. */
  readonly refused: readonly string[];
};

const NONE: KnownPurges = { applied: new Map(), records: [], labels: new Map(), unpinned: [], refused: [] };

/** Where control records lie, and whose are obeyed. */
type PurgeSource = { readonly repository: Pick<GitRepository, 'refs' | 'objects' | 'worktree'> };

/** The refs that say what was purged. */
export const PURGE_REFS: readonly string[] = [REFS.control, REFS.learnedControl];

/**
 * Reads them. Where nobody has purged anything, that is one question to git.
 * @param seen refs that were listed already, PURGE_REFS among them: not even that question
 */
export async function readPurges(context: PurgeSource, seen?: readonly Ref[]): Promise<KnownPurges> {
  const { refs, objects } = context.repository;
  const found = (seen ?? (await refs.list(PURGE_REFS))).filter(({ name }) => PURGE_REFS.includes(name));
  if (found.length === 0) return NONE;
  const trees = await Promise.all(found.map((ref) => readOwn(objects, ref)));
  const records = trees.flatMap(({ files }) => files.map(({ record }) => record));
  const { pinned, ignored } = await keyRules(context);
  const purges = distinct(records.filter((record) => record.kind === 'purge'));
  const obeyed = purges.filter(({ key }) => pinned.has(key));
  const { purges: applied } = stateOf(
    [],
    [],
    obeyed.flatMap((record) => record.purges),
  );
  const labels = labelsOf(records.filter((record) => record.kind === 'key'));
  const others = purges.filter(({ key }) => !pinned.has(key) && !ignored.has(key));
  return {
    applied,
    records: obeyed,
    labels,
    unpinned: byKeys(others, applied, labels),
    refused: trees.flatMap(({ refused }) => refused),
  };
}

/** The purges in the control records of a commit that are not obeyed here; those of ignored keys too. */
export async function unpinnedIn(context: PurgeSource, commit: Oid): Promise<readonly Unpinned[]> {
  const { files } = await readControlOf(context.repository.objects, commit);
  const records = recordsOf(files);
  const { pinned } = await keyRules(context);
  const { applied } = await readPurges(context);
  const strange = records.filter((record) => record.kind === 'purge').filter(({ key }) => !pinned.has(key));
  return byKeys(strange, applied, labelsOf(records.filter((record) => record.kind === 'key')));
}

/** The keys of which this repository's user wants to hear nothing. */
export async function ignoredKeys(context: PurgeSource): Promise<ReadonlySet<string>> {
  return (await keyRules(context)).ignored;
}

async function keyRules({ repository }: PurgeSource): Promise<KeyRules> {
  const { worktree } = repository;
  const [pinned, ignored] = await Promise.all([worktree.configAll(ADMIN_KEY), worktree.configAll(IGNORED_KEY)]);
  return { pinned: new Set(pinned), ignored: new Set(ignored) };
}

/** What a server enforces must be readable; what a clone learned is never a reason to show nothing: it can be learned again. */
async function readOwn(objects: GitObjects, { name, oid }: Ref): Promise<ControlTree> {
  if (name === REFS.control) return readControlTree(objects, await objects.treeOf(oid));
  const tree = await readControlOf(objects, oid);
  const help = tree.refused.length === 0 ? '' : `git update-ref -d ${name}, then git cmf pull`;
  return { ...tree, refused: tree.refused.map((line) => `${line}; ${help}`) };
}

/** The same record may lie in both refs. */
function distinct(records: readonly PurgeRecord[]): PurgeRecord[] {
  return [...new Map(records.map((record) => [record.text, record])).values()];
}

/** The label of each key; of several that it gave itself the latest, then the greatest text. */
function labelsOf(records: readonly KeyRecord[]): ReadonlyMap<PublicKey, string> {
  const order = (a: KeyRecord, b: KeyRecord) => a.createdMs - b.createdMs || (a.text < b.text ? -1 : 1);
  return new Map([...records].sort(order).map(({ key, label }) => [key, label]));
}

function byKeys(
  records: readonly PurgeRecord[],
  applied: ReadonlyMap<EntryId, Purge>,
  labels: ReadonlyMap<PublicKey, string>,
): Unpinned[] {
  const byKey = new Map<PublicKey, Set<EntryId>>();
  for (const { key, purges } of records) {
    const ids = byKey.get(key) ?? new Set<EntryId>();
    byKey.set(key, ids);
    for (const { id } of purges) if (!applied.has(id)) ids.add(id);
  }
  return [...byKey]
    .filter(([, ids]) => ids.size > 0)
    .map(([key, ids]) => ({ key, label: labels.get(key), ids, count: ids.size }))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/** What a union of control records brought. */
export type LearnedControl = { readonly added: number; readonly refused: readonly string[] };

/**
 * Checks the control records of a commit that came from elsewhere and unites them, path by path, into what is known here:
 * `refs/cmf/control` of a central repository, `refs/cmf-local/control` of a clone. Records of all keys are kept; which are
 * obeyed is decided when they are read.
 * @param from where the commit lies; in this repository unless given
 * @throws CmfError `conflict`
 */
export async function learnControl(
  context: Context,
  commit: Oid,
  from: GitObjects = context.repository.objects,
): Promise<LearnedControl> {
  const { refs, objects } = context.repository;
  const ref = await controlRefOf(context);
  const oid = await refs.resolve(ref);
  const treeIn = (where: GitObjects, one: Oid) => where.treeOf(one).catch(() => undefined);
  const isSame = oid !== undefined && (await treeIn(objects, oid)) === ((await treeIn(from, commit)) ?? '');
  if (isSame) return { added: 0, refused: [] };
  const own = oid === undefined ? { files: [], refused: [] } : await readOwn(objects, { name: ref, oid });
  const { files, refused } = await readControlOf(from, commit, new Set(own.files.map(({ path }) => path)));
  const chosen = chooseControl(recordsOf(own.files), recordsOf(files), await keyRules(context));
  await addControl(context, chosen.kept, ref);
  if (chosen.strange > 0) {
    const limit = `${STRANGE_MAX.ofOneKey} of one key and ${STRANGE_MAX.ofAll} of all`;
    context.reporter.warn(
      `${chosen.strange} control records of keys that are not pinned here were not kept: more than ${limit}`,
    );
  }
  const excess = chosen.excess === 0 ? [] : [`control records: no room for ${chosen.excess} of them`];
  return { added: chosen.kept.length, refused: [...refused, ...excess] };
}

function recordsOf(files: ControlTree['files']): ControlRecord[] {
  return files.map(({ record }) => record);
}

/** The ref that holds what this repository learns: where others fetch from it, they learn it too. */
export async function controlRefOf(context: Context): Promise<string> {
  const isServer = isHost(context) || (await context.repository.worktree.configAll(HIDE_REFS)).includes(REFS.control);
  return isServer ? REFS.control : REFS.learnedControl;
}

const TRIES_MAX = 20;

/**
 * Adds records to a control ref, by compare-and-swap. What is signed here goes to the one that others fetch, whatever kind
 * of repository this is.
 * @throws CmfError `conflict` when others moved it first TRIES_MAX times
 */
export async function addControl(
  context: Context,
  records: readonly ControlRecord[],
  ref: string = REFS.control,
): Promise<void> {
  if (records.length === 0) return;
  const { refs, writer } = context.repository;
  const changes = records.map((record): TreeChange => ({ path: controlPath(record), bytes: record.text }));
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const expected = await refs.resolve(ref);
    const result = await writer.commit({
      ref,
      expected,
      parents: expected === undefined ? [] : [expected],
      changes,
      message: 'cmf: control records\n',
      timeSeconds: Math.floor(context.effects.nowMs() / 1000),
    });
    if (result.kind !== 'lost') return;
  }
  throw new CmfError('conflict', { message: `${ref} was moved by others ${TRIES_MAX} times`, hint: 'do it again' });
}
