/**
 * Relay: what this clone learned from others goes on to a remote that lacks it: a hub, a colleague without a network. Every
 * journal is signed, so anyone may bring it; it goes to the remote's inbox.
 */
import { meaningOfRef, REFS, type WriterId } from '../domain/ids.ts';
import type { Oid, PushOutcome, Ref } from '../ports/git.ts';
import type { Clone } from './clone.ts';
import type { JournalLimits } from './journal-limits.ts';
import { landingOf } from './landing.ts';
import { pull } from './pull.ts';
import { purgeTree } from './purge-tree.ts';
import { rejected } from './push-outcome.ts';
import { mergedWriters, type WriterTree } from './read-state.ts';
import { type Held, type Part, partsOf } from './relay-parts.ts';
import { idsOf, noteRefusal, strangePurges } from './strange-purges.ts';

/** What a remote holds of one writer, while it is found out. */
type Found = { readonly trees: Oid[]; inbox: Oid | undefined };

/** A ref can be sent so many at once before a server is asked to judge too many. */
const REFS_AT_ONCE = 200;

/**
 * Pulls first, so that all that the remote has is known and checked; then what is known here and lacking there is sent. What
 * pulls of single pipelines brought is not.
 * @param limits what one push may bring
 * @returns how many writers' records were sent on
 */
export async function relay(clone: Clone, remote: string, limits: JournalLimits): Promise<number> {
  await pull(clone, remote);
  const first = await relayOnce(clone, remote, limits);
  let isNews = false;
  for (const outcome of first.refused) isNews = (await noteRefusal(clone, remote, rejected(outcome))) || isNews;
  // What got through in part waits for the next time: its inbox has moved.
  const again = new Set(first.refused.map(({ ref }) => ref).filter((ref) => isNews && !first.relayed.has(ref)));
  const second = again.size === 0 ? NOTHING : await relayOnce(clone, remote, limits, again);
  for (const { ref, reason } of [...first.refused.filter(({ ref }) => !again.has(ref)), ...second.refused]) {
    clone.reporter.warn(`the remote refused ${ref}: ${reason ?? 'it gave no reason'}`);
  }
  return new Set([...first.relayed, ...second.relayed]).size;
}

type Relayed = { readonly relayed: ReadonlySet<string>; readonly refused: readonly PushOutcome[] };

const NOTHING: Relayed = { relayed: new Set(), refused: [] };

/** @param only inboxes to send to; all unless given */
async function relayOnce(
  clone: Clone,
  remote: string,
  limits: JournalLimits,
  only?: ReadonlySet<string>,
): Promise<Relayed> {
  const held = await heldBy(clone, remote);
  const purged = idsOf(await strangePurges(clone, remote));
  const relayed = new Set<string>();
  const refused: PushOutcome[] = [];
  let batch: Part[] = [];
  const send = async () => {
    for (const outcome of await sendAll(clone, remote, batch)) {
      if (outcome.status === 'rejected') refused.push(outcome);
      else relayed.add(outcome.ref);
    }
    batch = [];
  };
  for (const { writer, tree: whole } of await learnedWriters(clone)) {
    if (only?.has(REFS.inbox + writer) === false) continue;
    const there = held.get(writer);
    const { tree } = await purgeTree(clone.repository, { writer, tree: whole }, purged, there?.trees[0]);
    for await (const part of partsOf(clone, { writer, tree }, there, limits)) {
      if (!hasRoom(batch, part, limits)) await send();
      batch.push(part);
    }
  }
  await send();
  return { relayed, refused };
}

async function learnedWriters({ repository: { refs, objects }, writer }: Clone): Promise<WriterTree[]> {
  const known = await refs.resolve(REFS.known);
  const learned = known === undefined ? [] : await mergedWriters(objects, await objects.treeOf(known));
  return learned.filter((one) => one.writer !== writer);
}

/** What the remote showed to the pull: what it merged, or on a host without hooks all journals. */
async function heldBy(clone: Clone, remote: string): Promise<ReadonlyMap<WriterId, Held>> {
  const { refs, objects, transport } = clone.repository;
  const offered = await transport.listRemote(remote, [REFS.all]);
  const merged = offered.filter(({ name }) => name === REFS.mergedAll);
  const held = new Map<WriterId, Found>();
  for (const { name } of merged.length > 0 ? merged : offered.filter(isSource)) {
    const fetched = await refs.resolve(landingOf(remote, name));
    if (fetched === undefined) continue;
    const tree = await objects.treeOf(fetched);
    const meaning = meaningOfRef(name);
    const isOne = meaning?.kind === 'journal' || meaning?.kind === 'inbox';
    for (const one of isOne ? [{ writer: meaning.writer, tree }] : await mergedWriters(objects, tree)) {
      const before = held.get(one.writer) ?? { trees: [], inbox: undefined };
      before.trees.push(one.tree);
      if (meaning?.kind === 'inbox') before.inbox = fetched;
      held.set(one.writer, before);
    }
  }
  return held;
}

function isSource({ name }: Ref): boolean {
  return ['journal', 'inbox', 'archive'].includes(meaningOfRef(name)?.kind ?? '');
}

function hasRoom(batch: readonly Part[], next: Part, { pathsMax, sizeBytesMax }: JournalLimits): boolean {
  if (batch.length >= REFS_AT_ONCE || batch.some(({ to }) => to === next.to)) return false;
  const files = batch.reduce((sum, part) => sum + part.files, next.files);
  return files <= pathsMax && batch.reduce((sum, part) => sum + part.sizeBytes, next.sizeBytes) <= sizeBytesMax;
}

async function sendAll(
  { repository, reporter }: Clone,
  remote: string,
  batch: readonly Part[],
): Promise<PushOutcome[]> {
  if (batch.length === 0) return [];
  reporter.progress(`sending on the records of ${batch.length} writers…`);
  const outcomes = await repository.transport.push(
    remote,
    batch.map(({ from, to }) => ({ from, to })),
  );
  reporter.progress('');
  return outcomes;
}
