/**
 * A push that leaves out what a remote has purged by keys that are not pinned here. The journal itself stays as it is: what
 * is left of it, and what the remote lacks, goes to the remote's inbox, where anybody's records may be brought.
 */
import { REFS } from '../domain/ids.ts';
import type { Oid, Ref } from '../ports/git.ts';
import { type Clone, ownJournal } from './clone.ts';
import { ignoredKeys, type Unpinned } from './control.ts';
import type { JournalLimits } from './journal-limits.ts';
import { landingOf } from './landing.ts';
import { mergedTreeOf } from './merged-tree-of.ts';
import { purgeTree } from './purge-tree.ts';
import { fetchOwn } from './push-commits.ts';
import { isLostRace, rejected } from './push-outcome.ts';
import { rememberPushed } from './pushed.ts';
import type { WriterTree } from './read-state.ts';
import { type Held, partsOf } from './relay-parts.ts';
import { idsOf, strangePurges } from './strange-purges.ts';

const TRIES_MAX = 5;
const PAUSE_MS = 50;

/** Records that were not sent, and who purged them; without keys of which the user wants to hear nothing. */
export type LeftOut = { readonly records: number; readonly by: readonly Unpinned[] };

export type SentWithout = {
  readonly ref: string;
  readonly status: 'pushed' | 'up-to-date';
  readonly leftOut: LeftOut;
};

/**
 * Sends what the remote lacks and has not purged. Costs what is new, as the remote says what it has.
 * @param limits what one push may bring
 * @returns undefined when nothing of this journal has to be left out, as far as is known
 * @throws CmfError `refused` with the server's own words
 */
export async function pushWithout(
  clone: Clone,
  remote: string,
  limits: JournalLimits,
): Promise<SentWithout | undefined> {
  if ((await strangePurges(clone, remote)).length === 0) return undefined;
  const ref = REFS.inbox + clone.writer;
  for (let tries = 1; ; tries++) {
    const tip = await clone.repository.refs.resolve(ownJournal(clone));
    const offered = tip === undefined ? [] : await lookAt(clone, remote, ref);
    const by = await strangePurges(clone, remote);
    if (tip === undefined || by.length === 0) return undefined;
    const held = await heldAt(clone, { remote, ref, tip }, offered);
    const whole = { writer: clone.writer, tree: await clone.repository.objects.treeOf(tip) };
    const { tree, gone } = await purgeTree(clone.repository, whole, idsOf(by), held.trees[0]);
    if (gone.length === 0) return undefined;
    const parts = await send(clone, remote, {
      what: { writer: clone.writer, tree },
      held,
      limits,
      isLast: tries === TRIES_MAX,
    });
    if (parts === undefined) {
      await clone.effects.sleep(PAUSE_MS * tries);
      continue;
    }
    rememberPushed(clone, remote, tip);
    const ignored = await ignoredKeys(clone);
    const leftOut = { records: gone.length, by: by.filter(({ key }) => !ignored.has(key)) };
    return { ref, status: parts === 0 ? 'up-to-date' : 'pushed', leftOut };
  }
}

/** Asks the remote for what it purged, what it merged, and what waits there; a remote that purges nothing any more says so. */
async function lookAt({ repository }: Clone, remote: string, inbox: string): Promise<readonly Ref[]> {
  const { transport, refs } = repository;
  const offered = await transport.listRemote(remote, [REFS.control, REFS.mergedAll, inbox]);
  const wanted = [REFS.control, REFS.mergedAll].map(
    (name) => [name, offered.find((one) => one.name === name)] as const,
  );
  const specs: { from: string; to: string }[] = [];
  for (const [name, theirs] of wanted) {
    const to = landingOf(remote, name);
    const here = await refs.resolve(to);
    if (theirs === undefined && here !== undefined) await refs.update([{ name: to, expected: here, to: undefined }]);
    if (theirs !== undefined && theirs.oid !== here) specs.push({ from: name, to });
  }
  if (specs.length > 0) await transport.fetch(remote, specs);
  return offered;
}

type Place = { readonly remote: string; readonly ref: string; readonly tip: Oid };

/** What the remote has of this writer: what it merged comes first. */
async function heldAt(clone: Clone, { remote, ref, tip }: Place, offered: readonly Ref[]): Promise<Held> {
  const { refs, objects } = clone.repository;
  const merged = await refs.resolve(landingOf(remote, REFS.mergedAll));
  const theirs = merged && (await mergedTreeOf(objects, await objects.treeOf(merged), clone.writer));
  const waits = offered.some(({ name }) => name === ref);
  const inbox = waits ? await fetchOwn(clone, { remote, ref }, tip) : undefined;
  const waiting = inbox === undefined ? [] : [await objects.treeOf(inbox)];
  return { trees: theirs === undefined ? waiting : [theirs, ...waiting], inbox };
}

type Shipment = {
  readonly what: WriterTree;
  readonly held: Held;
  readonly limits: JournalLimits;
  /** True: a lost race is a refusal. */
  readonly isLast: boolean;
};

/** How many parts went out; undefined when somebody else moved the inbox. */
async function send(
  clone: Clone,
  remote: string,
  { what, held, limits, isLast }: Shipment,
): Promise<number | undefined> {
  let parts = 0;
  for await (const { from, to } of partsOf(clone, what, held, limits)) {
    const outcomes = await clone.repository.transport.push(remote, [{ from, to }]);
    const refusal = outcomes.find(({ status }) => status === 'rejected');
    if (refusal !== undefined && isLostRace(refusal) && !isLast) return undefined;
    if (refusal !== undefined) throw rejected(refusal);
    parts++;
  }
  return parts;
}
