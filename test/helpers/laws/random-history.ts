/**
 * Random histories: a few writers with clocks that are equal, wrong or go back, who say all that can be said about a very
 * small world, so that they meet often. Everything follows from a list of numbers.
 */
import fc from 'fast-check';
import { encodeCanonical, type JsonObject } from '../../../src/domain/canonical-json.ts';
import { type Hlc, hlcAt } from '../../../src/domain/clock.ts';
import { type Entry, type EntryDraft, sealEntry, verifyEntry } from '../../../src/domain/entry.ts';
import type { EntryId } from '../../../src/domain/ids.ts';
import { type JournalState, type Purge, stateOf } from '../../../src/domain/join.ts';
import { type Subject, subjectKey } from '../../../src/domain/operation.ts';
import { purgeOf } from '../../../src/domain/purge.ts';
import { ACTORS, type Actor, actorOf, successorsOf } from './cast.ts';
import { Dice } from './dice.ts';
import { randomDraft, randomTags, type Topic } from './random-draft.ts';

/** Long before any history ends, so that a clock in the past and one in the future are both possible. */
const BASE_MS = 1_750_000_000_000;
const CLOCKS_MS = [0, 1, 2, 3, 3, 4, 5, 6, -86_400_000, 2_500_000_000_000] as const;

/** One entry, under the id by which others speak of it. */
type Said = { readonly id: EntryId; readonly entry: Entry; readonly topic: string };

/** What kind of history it shall be. */
export type HistoryWish = {
  /** Nobody seals again what he has no right to. */
  readonly honest?: boolean;
  /** False: nothing is purged. */
  readonly purges?: boolean;
  readonly maxSteps?: number;
};

/** What was said, in the order in which it was said. */
export class RandomHistory {
  readonly said: Said[] = [];
  readonly purges: Purge[] = [];
  readonly #wish: HistoryWish;
  #serial = 0;

  constructor(wish: HistoryWish = {}) {
    this.#wish = wish;
  }

  get entries(): readonly Entry[] {
    return this.said.map(({ entry }) => entry);
  }

  get state(): JournalState {
    return stateOf(
      this.entries,
      ACTORS.map(({ record }) => record),
      this.purges,
    );
  }

  /** Says one thing more. */
  step(dice: Dice): void {
    const actor = dice.pickAny(ACTORS) as Actor;
    const hlc = randomHlc(dice);
    const kind = dice.take(16);
    if (kind < 10) this.#draft(dice, actor, hlc);
    else if (kind < 12) this.#retract(dice, actor, hlc);
    else if (kind === 12) this.#unknown(dice, actor, hlc);
    else if (kind === 13) this.#reseal(dice, hlc);
    else if (kind === 14) this.#purge(dice);
    else this.#untag(dice, actor, hlc);
  }

  /** Seals what an actor says; for laws that tell a story of their own. */
  say(actor: Actor, draft: EntryDraft, hlc: Hlc): EntryId {
    return this.#keep(sealEntry(draft, { writer: actor.id, hlc, nonce: this.#nonce() }), topicOf(draft)).id;
  }

  /** Keeps a line as somebody wrote it. */
  write(actor: Actor, json: JsonObject, hlc: Hlc): Entry {
    const line = encodeCanonical({ ...json, hlc, nonce: this.#nonce(), writer: actor.id });
    return this.#keep(verifyEntry(line), 'raw').entry;
  }

  /** Seals an entry again, as the successor of its writer does. */
  reseal(said: Said, by: Actor, hlc: Hlc): Entry {
    const { was: _was, ...json } = JSON.parse(said.entry.line) as JsonObject;
    const writer = this.said.find(({ entry }) => entry.id === said.id)?.entry.writer ?? said.entry.writer;
    const line = encodeCanonical({
      ...json,
      hlc,
      nonce: this.#nonce(),
      was: { id: said.id, writer },
      writer: by.id,
    });
    const entry = verifyEntry(line);
    this.said.push({ id: said.id, entry, topic: said.topic });
    return entry;
  }

  #draft(dice: Dice, actor: Actor, hlc: Hlc): void {
    const topic: Topic = randomDraft(dice);
    const known = this.said.filter((said) => said.topic === topicOf(topic.draft));
    const over = dice.some(known).map(({ id }) => id);
    this.say(actor, { ...topic.draft, over, ...(dice.take(4) === 1 ? { atMs: BASE_MS + dice.take(9) } : {}) }, hlc);
  }

  #retract(dice: Dice, actor: Actor, hlc: Hlc): void {
    const own = this.said.filter(({ entry }) => entry.writer === actor.id);
    const target = dice.take(4) === 0 ? dice.pickAny(this.said) : dice.pickAny(own);
    if (target === undefined) return;
    this.say(actor, { bucket: '_', operation: { kind: 'retract', ids: [target.id] } }, hlc);
  }

  #unknown(dice: Dice, actor: Actor, hlc: Hlc): void {
    const { draft } = randomDraft(dice);
    const { kind, id } = draft.subject as Subject;
    const names: readonly [string, ...string[]] = ['dream', 'x.y-z', 'set', 'metric'];
    const must = dice.take(2) === 1 ? { must: true } : {};
    this.write(actor, { bucket: '_', kind: dice.pick(names), on: { [kind]: id }, op: { new: [1, {}] }, ...must }, hlc);
  }

  #reseal(dice: Dice, hlc: Hlc): void {
    const said = dice.pickAny(this.said);
    if (said === undefined) return;
    const original = this.said.find(({ entry }) => entry.id === said.id)?.entry ?? said.entry;
    // Now and then somebody seals again what he has no right to.
    const isForged = dice.take(5) === 0 && this.#wish.honest !== true;
    const heirs = isForged ? ACTORS : successorsOf(original.writer);
    this.reseal(said, dice.pickAny(heirs) as Actor, hlc);
  }

  #purge(dice: Dice): void {
    const said = dice.pickAny(this.said);
    if (said !== undefined && this.#wish.purges !== false) this.purges.push(purgeOf(said.id, said.entry));
  }

  #untag(dice: Dice, actor: Actor, hlc: Hlc): void {
    const adds = this.said.filter(({ entry }) => entry.operation.kind === 'tag.add');
    const tags = Object.fromEntries(randomTags(dice).map((tag) => [tag, dice.some(adds).map(({ id }) => id)]));
    const subject = adds.at(-1)?.entry.subject;
    if (subject !== undefined) this.say(actor, { bucket: '_', subject, operation: { kind: 'tag.remove', tags } }, hlc);
  }

  #keep(entry: Entry, topic: string): Said {
    const said = { id: entry.id, entry, topic };
    this.said.push(said);
    return said;
  }

  #nonce(): string {
    return (this.#serial++).toString(16).padStart(16, '0');
  }

  /** How fast-check prints a history that breaks a law. */
  [fc.toStringMethod](): string {
    const lines = this.said.map(({ entry }) => `${actorOf(entry.writer).name} ${entry.id.slice(0, 8)} ${entry.line}`);
    return ['', ...lines, ...this.purges.map((purge) => `purge ${encodeCanonical({ ...purge })}`), ''].join('\n');
  }
}

function topicOf({ subject, operation }: EntryDraft): string {
  return `${operation.kind} ${subject === undefined ? '' : subjectKey(subject)}`;
}

/** A reading of a clock that is right, wrong or equal to another. */
export function randomHlc(dice: Dice): Hlc {
  return hlcAt(BASE_MS + (dice.pickAny(CLOCKS_MS) ?? 0));
}

/** The number that decides one step. */
export const steps: fc.Arbitrary<number> = fc.noBias(fc.maxSafeNat());

/** Random histories. */
export function histories(wish: HistoryWish = {}): fc.Arbitrary<RandomHistory> {
  return fc.array(steps, { maxLength: wish.maxSteps ?? 24, size: 'max' }).map((numbers) => {
    const history = new RandomHistory(wish);
    for (const number of numbers) history.step(new Dice(number));
    return history;
  });
}
