/** Taking back: final, only what is one's own, and what lies beneath comes to light again. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryId } from '../../src/domain/ids.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { viewOf } from '../../src/domain/view.ts';
import { viewDigest, viewLines } from '../../src/domain/view-digest.ts';
import { ACTORS, type Actor, CAST } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { Dice } from '../helpers/laws/dice.ts';
import { histories, RandomHistory, randomHlc, steps } from '../helpers/laws/random-history.ts';
import { noon, retract, title, titlesOf } from '../helpers/laws/stories.ts';

const it = suite('laws: retraction');
const laws = lawChecker();
it.after(() => laws.report());

function retractedIds(history: RandomHistory): EntryId[] {
  return [...resolve(history.state).statements.values()].filter((one) => one.retracted).map(({ id }) => id);
}

it('is final, whatever is said afterwards', () => {
  const more = fc.array(steps, { maxLength: 8, size: 'max' });
  laws.check(500, fc.tuple(histories({ honest: true }), more), ([history, numbers]) => {
    const before = retractedIds(history);
    for (const number of numbers) history.step(new Dice(number));
    // Taking a retraction back is the first thing one would try.
    for (const { entry } of [...history.said]) {
      const actor = ACTORS.find(({ id }) => id === entry.writer) as Actor;
      if (entry.operation.kind === 'retract') history.say(actor, retract(entry.id), noon(9));
    }
    const { statements } = resolve(history.state);
    for (const id of before) assert.ok(statements.get(id)?.retracted ?? true, `${id} came back`);
    for (const { entry, retracted } of statements.values()) {
      if (entry.operation.kind === 'retract') assert.not.ok(retracted, `${entry.id} was taken back`);
    }
  });
});

it('takes every word of the entry out of the view', () => {
  laws.check(400, histories(), (history) => {
    const retracted = new Set<string>(retractedIds(history));
    for (const line of viewLines(viewOf(history.state))) {
      for (const [id] of line.matchAll(/[0-9a-f]{64}/g)) assert.not.ok(retracted.has(id), line);
    }
  });
});

it('of what another writer said does nothing', () => {
  laws.check(400, fc.tuple(histories({ honest: true }), steps), ([history, number]) => {
    const dice = new Dice(number);
    const actor = dice.pickAny(ACTORS) as Actor;
    const mine = new Set([actor.id, ...actor.continues.map(({ id }) => id)]);
    const others = history.said.filter(({ id, entry }) => {
      const first = history.said.find((one) => one.entry.id === id)?.entry.writer;
      return !mine.has(entry.writer) && (first === undefined || !mine.has(first));
    });
    const isMine = new Set(history.said.filter((one) => !others.includes(one)).map(({ id }) => id));
    const before = viewDigest(viewOf(history.state));
    const ids = others.map(({ id }) => id).filter((id) => !isMine.has(id));
    history.say(actor, retract(...new Set(ids)), randomHlc(dice));
    assert.is(viewDigest(viewOf(history.state)), before);
  });
});

it('lets a successor take back what its predecessor said, and never the other way round', () => {
  laws.check(200, fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.boolean()), ([said, taken, isForward]) => {
    const [first, second] = isForward ? [CAST.bob, CAST.bob2] : [CAST.bob2, CAST.bob];
    const history = new RandomHistory();
    const id = history.say(first, title('x'), noon(said));
    history.say(second, retract(id), noon(taken));
    assert.is(titlesOf(history.state).length, isForward ? 0 : 1);
  });
});

it('reveals the latest value that still stands, and at last none', () => {
  const chains = fc.array(fc.boolean(), { minLength: 1, maxLength: 10 });
  laws.check(400, chains, (fates) => {
    const history = new RandomHistory();
    const ids = fates.map((_, i) => history.say(CAST.ann, title(i), noon(i)));
    for (const [i, isTakenBack] of fates.entries()) {
      if (isTakenBack) history.say(CAST.ann, retract(ids[i] as EntryId), noon(100));
    }
    const standing = fates.lastIndexOf(false);
    assert.equal(
      titlesOf(history.state).map(({ value }) => value),
      standing < 0 ? [] : [standing],
    );
  });
});

it.run();
