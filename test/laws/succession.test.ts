/**
 * A writer that could not go on, and what its successor seals again: the view is the same as if nothing had happened, but
 * for who sealed what and when.
 */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeCanonical } from '../../src/domain/canonical-json.ts';
import { type Hlc, hlcAt, hlcMs, tick } from '../../src/domain/clock.ts';
import type { Entry } from '../../src/domain/entry.ts';
import type { Field } from '../../src/domain/field.ts';
import { stateOf } from '../../src/domain/join.ts';
import { planReseal, resealEntries } from '../../src/domain/reseal.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { type View, viewOf } from '../../src/domain/view.ts';
import { entriesDigest } from '../../src/domain/view-digest.ts';
import { ACTORS, CAST } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { Dice } from '../helpers/laws/dice.ts';
import { randomDraft } from '../helpers/laws/random-draft.ts';
import { RandomHistory, steps } from '../helpers/laws/random-history.ts';
import { retract, title } from '../helpers/laws/stories.ts';

const it = suite('laws: succession');
const laws = lawChecker();
it.after(() => laws.report());

const NOON_MS = 1_750_000_000_000;
const DAYS_MS = 3 * 86_400_000;
const RECORDS = ACTORS.map(({ record }) => record);

/** What ann and bob said; ann's clock runs on, days ahead from some moment on. */
function story(numbers: readonly number[], aheadFrom: number): RandomHistory {
  const history = new RandomHistory();
  let clock = hlcAt(NOON_MS);
  numbers.forEach((number, i) => {
    const dice = new Dice(number);
    const actor = dice.take(3) === 0 ? CAST.bob : CAST.ann;
    clock = tick(clock, NOON_MS + dice.take(3) + (i >= aheadFrom ? DAYS_MS : 0));
    const hlc = actor === CAST.ann ? clock : hlcAt(NOON_MS + dice.take(20));
    const own = history.said.filter(({ entry }) => entry.writer === actor.id);
    const target = dice.take(8) === 0 ? dice.pickAny(own) : undefined;
    if (target !== undefined) {
      history.say(actor, retract(target.id), hlc);
      return;
    }
    const others = history.said.filter(({ entry }) => entry.writer !== actor.id).map(({ id }) => id);
    history.say(actor, { ...randomDraft(dice).draft, over: dice.some(others) }, hlc);
  });
  return history;
}

/** Everything after the retirement of ann: what was accepted, what bob said, and what ann2 sealed again from `startMs` on. */
function retired(entries: readonly Entry[], accepted: ReadonlySet<string>, startMs: number): Entry[] {
  const resolution = resolve(stateOf(entries, RECORDS));
  const retirement = { retiring: new Set([CAST.ann.id]), successor: CAST.ann2.id };
  const plan = planReseal(resolution, { ...retirement, isAccepted: (id) => accepted.has(id) });
  let hlc = hlcAt(startMs);
  let serial = 0;
  const lines = new Map(entries.map(({ id, line }) => [id, line]));
  const { sealed, left } = resealEntries(plan, {
    writer: CAST.ann2.id,
    lineOf: (id) => lines.get(id),
    nextHlc: () => {
      hlc = tick(hlc, 0);
      return hlc;
    },
    nonce: () => (serial++).toString(16).padStart(16, 'f'),
  });
  assert.is(left.length, 0);
  return [...entries.filter(({ id, writer }) => writer !== CAST.ann.id || accepted.has(id)), ...sealed];
}

/** What a view says, without when and by whom it was sealed, and so without what is shown first in a conflict. */
function wordsOf(view: View): string[] {
  const words: string[] = [];
  const add = (key: unknown[], field: Field<unknown>) => {
    const values = field
      .map(({ id, value }) => encodeCanonical(JSON.parse(JSON.stringify([id, value], withoutTimes))))
      .sort();
    words.push(JSON.stringify([...key, values]));
  };
  for (const subject of view.subjects) {
    for (const [name, field] of view.fieldsOf(subject)) add([subject, name], field);
    words.push(encodeCanonical([subject, view.tagsOf(subject)]));
  }
  for (const { id, identity, attempts, metrics, uses } of view.executions.values()) {
    add([id, 'identity'], identity);
    for (const { id: attempt, starts, ends } of attempts) {
      add([id, attempt, 'starts'], starts);
      add([id, attempt, 'ends'], ends);
    }
    for (const [name, points] of metrics) {
      for (const { attempt, step, rank, values } of points) add([id, name, attempt, step, rank], values);
    }
    for (const use of uses) words.push(JSON.stringify([id, 'use', use.id]));
  }
  words.push(JSON.stringify([...view.unknownKinds]), JSON.stringify(view.needsNewer));
  return words.sort();
}

/** A time that was not claimed is that of the sealing; sealing again claims it. */
function withoutTimes(key: string, value: unknown): unknown {
  return key === 'atMs' ? undefined : value;
}

function viewWords(entries: readonly Entry[]): string[] {
  return wordsOf(viewOf(stateOf(entries, RECORDS)));
}

/** How many of ann's entries were accepted: the first ones, or any. */
function acceptedOf(history: RandomHistory, dice: Dice): Set<string> {
  const own = history.entries.filter(({ writer }) => writer === CAST.ann.id).map(({ id }) => id);
  return new Set(dice.take(2) === 0 ? own.slice(0, dice.take(own.length + 1)) : dice.some(own));
}

const stories = fc.tuple(fc.array(steps, { maxLength: 24, size: 'max' }), fc.nat(24), steps);

it('changes no word, wherever the old clock was and the new one begins', () => {
  laws.check(600, stories, ([numbers, aheadFrom, choice]) => {
    const history = story(numbers, aheadFrom);
    const dice = new Dice(choice);
    const accepted = acceptedOf(history, dice);
    const startMs = dice.pick([NOON_MS - 10, NOON_MS + 2, NOON_MS + DAYS_MS, NOON_MS + 2 * DAYS_MS]);
    assert.equal(viewWords(retired(history.entries, accepted, startMs)), viewWords(history.entries));
  });
});

it('is the same for who still has the old sealings', () => {
  laws.check(300, stories, ([numbers, aheadFrom, choice]) => {
    const history = story(numbers, aheadFrom);
    const accepted = acceptedOf(history, new Dice(choice));
    const after = retired(history.entries, accepted, NOON_MS);
    assert.equal(viewWords([...after, ...history.entries]), viewWords(after));
    assert.is(entriesDigest(stateOf(after, RECORDS)), entriesDigest(stateOf([...after].reverse(), RECORDS)));
  });
});

it('keeps the claimed time of each event, and the order', () => {
  laws.check(300, stories, ([numbers, aheadFrom, choice]) => {
    const history = story(numbers, aheadFrom);
    const byId = new Map(history.entries.map((entry) => [entry.id, entry]));
    const sealed = retired(history.entries, acceptedOf(history, new Dice(choice)), NOON_MS).filter(({ was }) => was);
    let last: readonly [Hlc, Hlc] | undefined;
    for (const entry of sealed) {
      const old = byId.get(entry.was?.id ?? entry.id) as Entry;
      assert.is(entry.atMs, old.atMs ?? hlcMs(old.hlc));
      if (last !== undefined) assert.ok(last[0] <= old.hlc && last[1] < entry.hlc);
      last = [old.hlc, entry.hlc];
    }
  });
});

it('and without the names of what time no longer covers, words do change', () => {
  const history = new RandomHistory();
  const first = history.say(CAST.ann, title('old'), hlcAt(NOON_MS + DAYS_MS));
  history.say(CAST.ann, title('new'), hlcAt(NOON_MS + DAYS_MS + 1));
  const after = retired(history.entries, new Set([first]), NOON_MS);
  assert.equal(viewWords(after), viewWords(history.entries));
  const forgetful = after.map((entry) => ({ ...entry, over: [] }));
  assert.is.not(viewWords(forgetful).join('\n'), viewWords(history.entries).join('\n'));
});

it.run();
