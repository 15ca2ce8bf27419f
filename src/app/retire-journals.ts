/** The journals of writers that this clone continues: what no remote has accepted of them is sealed again. */
import type { Entry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import { type EntryId, REFS, type WriterId } from '../domain/ids.ts';
import { packSegments } from '../domain/pack.ts';
import { planReseal, resealEntries } from '../domain/reseal.ts';
import { resolve } from '../domain/resolve.ts';
import type { PublicKey } from '../domain/signature.ts';
import type { Predecessor } from '../domain/writer-record.ts';
import type { Oid, RefUpdate } from '../ports/git.ts';
import { type Accepted, acceptedAnywhere, acceptedIn } from './accepted.ts';
import { bucketTips, changesOf } from './append-journal.ts';
import { type Clone, ownJournal } from './clone.ts';
import { openTicker } from './clone-clock.ts';
import { farAheadSegments } from './far-ahead.ts';
import { pathsOf, readSegments } from './journal-tree.ts';
import { readState } from './read-state.ts';

const TRIES_MAX = 10;
const NONCE_BYTES = 8;

/** A journal that must go back to what was accepted. */
type Retiring = {
  readonly writer: WriterId;
  readonly tip: Oid;
  readonly accepted: Accepted;
  /** What its earlier retirements left below REFS.retired. */
  readonly marks: ReadonlyMap<string, Oid>;
  readonly pending: ReadonlyMap<string, Oid>;
  readonly key: PublicKey;
};

/** The tips of one predecessor's journal that count as accepted. */
export type GivenAccepted = { readonly writer: WriterId; readonly tips: readonly Oid[] };

/**
 * Seals again what is pending in the journals of this clone's predecessors, and takes it out of them. Nothing is done twice.
 * @param given of one of them, what counts as accepted; all that any remote took, unless given
 * @returns how many entries were sealed again
 * @throws CmfError `conflict` when others moved the refs first again and again
 */
export async function retireJournals(clone: Clone, given?: GivenAccepted): Promise<number> {
  if (clone.identity.predecessors.length === 0) return 0;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const retiring = await findRetiring(clone, given);
    if (retiring.length === 0) return 0;
    const sealed = await sealAgain(clone, retiring);
    if (await moveRefs(clone, retiring, sealed)) return sealed.length;
  }
  throw new CmfError('conflict', {
    message: `the journals of this clone were moved by others ${TRIES_MAX} times in a row; nothing is lost`,
    hint: 'git cmf push',
  });
}

async function findRetiring(clone: Clone, given: GivenAccepted | undefined): Promise<Retiring[]> {
  const { refs, objects } = clone.repository;
  const found: Retiring[] = [];
  for (const predecessor of clone.identity.predecessors) {
    const { writer, key } = predecessor;
    const tip = await refs.resolve(REFS.journal + writer);
    const listed = await refs.list([`${REFS.retired}${writer}/`]);
    const marks = new Map(listed.map(({ name, oid }) => [name, oid]));
    const stayed = marks.get(acceptedRef(writer));
    if (tip === undefined || tip === stayed) continue;
    const paths = await pathsOf(objects, await objects.treeOf(tip));
    const ahead = await aheadOf(clone, predecessor, paths, stayed);
    // What came later from a process that still is the old writer gets through as it is, unless its clock is the trouble.
    if (marks.size > 0 && ahead.size === 0) continue;
    const accepted = await (given?.writer === writer
      ? acceptedIn(clone, given.tips)
      : acceptedAnywhere(clone, writer, ahead));
    const pending = new Map([...paths].filter(([path]) => !accepted.paths.has(path)));
    found.push({ writer, tip, accepted, marks, pending, key });
  }
  return found;
}

function acceptedRef(writer: WriterId): string {
  return `${REFS.retired}${writer}/accepted`;
}

/** The far-ahead segments of a journal; what an earlier retirement let stay was looked at then. */
async function aheadOf(clone: Clone, { key }: Predecessor, paths: ReadonlyMap<string, Oid>, stayed: Oid | undefined) {
  const { objects } = clone.repository;
  const seen = stayed === undefined ? undefined : await pathsOf(objects, await objects.treeOf(stayed));
  return farAheadSegments(clone, new Map([...paths].filter(([path]) => seen?.has(path) !== true)), key);
}

async function sealAgain(clone: Clone, retiring: readonly Retiring[]): Promise<readonly Entry[]> {
  const pending = new Set<EntryId>();
  for (const { pending: paths, key } of retiring) {
    for await (const { entries } of readSegments(clone.repository.objects, paths, key)) {
      for (const { id } of entries) pending.add(id);
    }
  }
  if (pending.size === 0) return [];
  const lines = new Map<EntryId, string>();
  const { state } = await readState(clone, lines);
  // Also of one that has written nothing yet, and that this clone did not become.
  const writers = new Map([...state.writers, [clone.writer, clone.identity] as const]);
  const plan = planReseal(resolve({ ...state, writers }), {
    retiring: new Set(retiring.map(({ writer }) => writer)),
    successor: clone.writer,
    isAccepted: (id) => !pending.has(id),
  });
  const ticker = openTicker(clone);
  const nonce = () => Buffer.from(clone.effects.randomBytes(NONCE_BYTES)).toString('hex');
  const seal = { writer: clone.writer, lineOf: (id: EntryId) => lines.get(id), nextHlc: () => ticker.next(), nonce };
  const { sealed, left } = resealEntries(plan, seal);
  ticker.save();
  if (left.length > 0) {
    clone.reporter.warn(`${left.length} records could not be sealed again; they stay below ${REFS.retired}`);
  }
  return sealed;
}

/** Moves all refs at once, or none. The new commit is made on a ref of its own, where no garbage collection takes it. */
async function moveRefs(clone: Clone, retiring: readonly Retiring[], sealed: readonly Entry[]): Promise<boolean> {
  const { refs } = clone.repository;
  const temporary = `${REFS.temporary}${Buffer.from(clone.effects.randomBytes(8)).toString('hex')}`;
  const updates = retiring.flatMap(retirement);
  const own = await refs.resolve(ownJournal(clone));
  const commit = sealed.length === 0 ? undefined : await commitSealed(clone, { sealed, own, temporary });
  if (commit !== undefined) {
    updates.push({ name: ownJournal(clone), to: commit, expected: own });
    updates.push({ name: temporary, to: undefined, expected: commit });
  }
  const isMoved = await refs.update(updates);
  if (!isMoved && commit !== undefined) await refs.update([{ name: temporary, to: undefined, expected: commit }]);
  return isMoved;
}

function retirement({ writer, tip, accepted, marks }: Retiring): RefUpdate[] {
  const mark = (name: string, to: Oid | undefined): RefUpdate => ({ name, to, expected: marks.get(name) });
  const updates = [
    { name: REFS.journal + writer, to: accepted.tip, expected: tip },
    mark(`${REFS.retired}${writer}/${tip}`, tip),
    mark(acceptedRef(writer), accepted.tip),
  ];
  return updates.filter(({ to, expected }) => to !== expected);
}

async function commitSealed(
  clone: Clone,
  what: { readonly sealed: readonly Entry[]; readonly own: Oid | undefined; readonly temporary: string },
): Promise<Oid | undefined> {
  const { sealed, own, temporary } = what;
  const segments = packSegments(sealed, await bucketTips(clone, own), clone.secret);
  const result = await clone.repository.writer.commit({
    ref: temporary,
    expected: undefined,
    parents: own === undefined ? [] : [own],
    changes: changesOf(clone, own, segments),
    message: `cmf: ${sealed.length} entries, sealed again\n`,
    timeSeconds: Math.floor(clone.effects.nowMs() / 1000),
  });
  return result.kind === 'moved' ? result.commit : undefined;
}
