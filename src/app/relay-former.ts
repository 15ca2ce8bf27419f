/**
 * Journals of former writers of this clone, which nobody else would push, go to the remote's inbox: they are signed, so
 * anyone may bring them. What this clone learned from others it does not send back.
 */
import { CmfError } from '../domain/errors.ts';
import { type EntryId, meaningOfRef, REFS, type WriterId } from '../domain/ids.ts';
import type { Oid, PushOutcome } from '../ports/git.ts';
import type { Clone } from './clone.ts';
import type { JournalLimits } from './journal-limits.ts';
import { obeyRemote } from './obey-remote.ts';
import { purgeTree } from './purge-tree.ts';
import { fetchOwn } from './push-commits.ts';
import { isDatedAhead, isLostRace, purgedIdsIn, rejected } from './push-outcome.ts';
import { smallCost } from './push-steps.ts';
import { mergedWriters } from './read-state.ts';
import { partsOf } from './relay-parts.ts';
import { resealFormer } from './reseal-former.ts';
import { idsOf, noteRefusal, strangePurges } from './strange-purges.ts';
import { missingPaths } from './unite-trees.ts';

/** How often one journal begins again because somebody else moved its inbox. */
const TRIES_MAX = 5;
const PAUSE_MS = 50;
const NONE: ReadonlySet<EntryId> = new Set();

/** A journal, and the tree that is to be there: that of its tip, but for what was purged at the remote. */
type Former = { readonly writer: WriterId; readonly tip: Oid; readonly tree: Oid; readonly isWhole: boolean };

/**
 * Brings each of them in steps, on top of what the remote's inbox has; our refs do not move. One that is refused is told
 * and stops no other.
 * @param limits what one step may bring
 * @throws CmfError `no-remote`
 */
export async function relayFormer(clone: Clone, remote: string, limits: JournalLimits): Promise<void> {
  const first = await bringAll(clone, remote, limits);
  let isNews = false;
  for (const refusal of first) isNews = (await heeds(clone, remote, refusal)) || isNews;
  for (const { writer, error } of isNews ? await bringAll(clone, remote, limits) : first) {
    const hint = isDatedAhead(error) ? AHEAD_HINT : error.hint;
    const help = hint === undefined ? '' : ` (${hint})`;
    clone.reporter.warn(`the journal of former writer ${writer} was not sent: ${error.message}${help}`);
  }
}

/** Where nothing was sealed again: the key is not here, or by this machine's date the records are right. */
const AHEAD_HINT =
  'nothing is lost: in the clone that it was, git cmf push seals them again; and check that the date of this machine is right';

type Refusal = { readonly writer: WriterId; readonly error: CmfError };

async function bringAll(clone: Clone, remote: string, limits: JournalLimits): Promise<Refusal[]> {
  const former = await unknownToOthers(clone, remote);
  if (former.length === 0) return [];
  const offered = await inboxesAt(clone, remote, former);
  const refusals: Refusal[] = [];
  for (const one of former) {
    try {
      await bring(clone, remote, one, { limits, inbox: offered.get(one.writer) });
    } catch (error) {
      if (!(error instanceof CmfError) || error.code === 'no-remote') throw error;
      refusals.push({ writer: one.writer, error });
    }
  }
  return refusals;
}

/** True when something was done about a refusal, so that it is worth trying again. */
async function heeds(clone: Clone, remote: string, { writer, error }: Refusal): Promise<boolean> {
  if (isDatedAhead(error)) return resealFormer(clone, writer);
  if (purgedIdsIn(error).length === 0) return false;
  const isObeyed = await obeyRemote(clone, remote);
  return (await noteRefusal(clone, remote, error)) || isObeyed;
}

/** The inboxes that a remote has for these writers. */
async function inboxesAt(
  { repository }: Clone,
  remote: string,
  former: readonly Former[],
): Promise<ReadonlyMap<WriterId, Oid>> {
  const names = new Map(former.map(({ writer }) => [REFS.inbox + writer, writer]));
  const offered = await repository.transport.listRemote(remote, [...names.keys()]);
  return new Map(
    offered.flatMap(({ name, oid }) => {
      const writer = names.get(name);
      return writer === undefined ? [] : [[writer, oid] as const];
    }),
  );
}

/** Former writers of whom this clone has something that it did not learn from others. */
async function unknownToOthers(clone: Clone, remote: string): Promise<Former[]> {
  const { repository, writer } = clone;
  const { refs, objects } = repository;
  const journals = (await refs.list([REFS.journal])).flatMap(({ name, oid }) => {
    const meaning = meaningOfRef(name);
    return meaning?.kind === 'journal' && meaning.writer !== writer ? [{ writer: meaning.writer, tip: oid }] : [];
  });
  const known = journals.length === 0 ? undefined : await refs.resolve(REFS.known);
  const learned = known === undefined ? [] : await mergedWriters(objects, await objects.treeOf(known));
  const trees = new Map(learned.map((one) => [one.writer, one.tree]));
  const purged = journals.length === 0 ? NONE : idsOf(await strangePurges(clone, remote));
  const former: Former[] = [];
  for (const journal of journals) {
    const whole = await objects.treeOf(journal.tip);
    const { tree } = await purgeTree(repository, { writer: journal.writer, tree: whole }, purged);
    const isUnknown = (await missingPaths(objects, trees.get(journal.writer), tree)).length > 0;
    if (isUnknown) former.push({ ...journal, tree, isWhole: tree === whole });
  }
  return former;
}

type Way = { readonly limits: JournalLimits; readonly inbox: Oid | undefined };

async function bring(clone: Clone, remote: string, former: Former, { limits, inbox: first }: Way): Promise<void> {
  let inbox = first;
  for (let tries = 1; inbox !== former.tip; tries++) {
    const theirs = inbox === undefined ? undefined : await fetchOf(clone, remote, former);
    const refusal = await sendWhatLacks(clone, remote, { former, theirs, limits });
    if (refusal === undefined) return;
    if (!isLostRace(refusal) || tries === TRIES_MAX) throw rejected(refusal);
    await clone.effects.sleep(PAUSE_MS * tries);
    inbox = (await inboxesAt(clone, remote, [former])).get(former.writer);
  }
}

/** What the remote's inbox has of a writer, checked; undefined when it is gone, for a server has folded it. */
async function fetchOf(clone: Clone, remote: string, { writer, tip }: Former): Promise<Oid | undefined> {
  const { repository, disk, effects, reporter } = clone;
  return fetchOwn({ repository, disk, effects, reporter, writer }, { remote, ref: REFS.inbox + writer }, tip);
}

type Shipment = { readonly former: Former; readonly theirs: Oid | undefined; readonly limits: JournalLimits };

/** The first refusal; undefined when the remote has all of it now. */
async function sendWhatLacks(
  clone: Clone,
  remote: string,
  { former, theirs, limits }: Shipment,
): Promise<PushOutcome | undefined> {
  const { objects, transport } = clone.repository;
  const to = REFS.inbox + former.writer;
  const isSmall = (await smallCost(objects, { from: undefined, tip: former.tip, limits })) !== undefined;
  if (theirs === undefined && isSmall && former.isWhole)
    return refusalIn(await transport.push(remote, [{ from: former.tip, to }]));
  const held = { trees: theirs === undefined ? [] : [await objects.treeOf(theirs)], inbox: theirs };
  for await (const { from } of partsOf(clone, former, held, limits)) {
    const refusal = refusalIn(await transport.push(remote, [{ from, to }]));
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function refusalIn(outcomes: readonly PushOutcome[]): PushOutcome | undefined {
  return outcomes.find(({ status }) => status === 'rejected');
}
