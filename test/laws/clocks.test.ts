/** What clocks can and cannot do: they order what nobody compared, and beat nobody who saw. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stateOf } from '../../src/domain/join.ts';
import { ACTORS, CAST } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { Dice } from '../helpers/laws/dice.ts';
import { RandomHistory, randomHlc, steps } from '../helpers/laws/random-history.ts';
import { shuffled } from '../helpers/laws/shuffle.ts';
import { digestsOf } from '../helpers/laws/state-text.ts';
import { noon, retract, title, titlesOf } from '../helpers/laws/stories.ts';

const it = suite('laws: clocks');
const laws = lawChecker();
it.after(() => laws.report());

/** Everybody but cid gives titles, sees what there is or not, and takes back now and then; clocks are as they are. */
const titleHistories: fc.Arbitrary<RandomHistory> = fc.array(steps, { maxLength: 12, size: 'max' }).map((numbers) => {
  const history = new RandomHistory();
  const others = ACTORS.filter((actor) => actor !== CAST.cid);
  for (const [i, number] of numbers.entries()) {
    const dice = new Dice(number);
    const actor = dice.pickAny(others) ?? CAST.ann;
    const own = dice.pickAny(history.said.filter(({ entry }) => entry.writer === actor.id));
    if (dice.take(5) === 0 && own !== undefined) history.say(actor, retract(own.id), randomHlc(dice));
    else
      history.say(
        actor,
        title(
          i,
          dice.some(history.said).map(({ id }) => id),
        ),
        randomHlc(dice),
      );
  }
  return history;
});

it('never let a value win against a writer who saw it', () => {
  laws.check(700, fc.tuple(titleHistories, steps), ([history, number]) => {
    const seen = titlesOf(history.state).map(({ id }) => id);
    const id = history.say(CAST.cid, title('mine', seen), randomHlc(new Dice(number)));
    assert.equal(
      titlesOf(history.state).map((claim) => claim.id),
      [id],
    );
  });
});

it('never hide a value that the later writer did not see', () => {
  laws.check(400, fc.tuple(titleHistories, steps), ([history, number]) => {
    const before = titlesOf(history.state).map(({ id }) => id);
    const id = history.say(CAST.cid, title('mine'), randomHlc(new Dice(number)));
    const after = titlesOf(history.state).map((claim) => claim.id);
    assert.equal([...after].sort(), [...before, id].sort());
  });
});

it('when equal, leave both values, show the same one everywhere, and never ask who came first', () => {
  const equal = fc.tuple(fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 8 }), fc.nat());
  laws.check(400, equal, ([writers, seed]) => {
    const history = new RandomHistory();
    for (const [i, number] of writers.entries()) history.say(ACTORS[number] ?? CAST.ann, title(i), noon(0));
    const shown = titlesOf(history.state);
    const records = ACTORS.map(({ record }) => record);
    const mixed = stateOf(shuffled(history.entries, seed), records);
    assert.equal(titlesOf(mixed), shown);
    assert.is(digestsOf(mixed), digestsOf(history.state));
    const order = shown.map(({ writer, id }) => `${writer} ${id}`);
    assert.equal(order, [...order].sort().reverse());
    // Of one writer and whom it continues one value is left, that of the greatest id.
    assert.is(new Set(shown.map(({ writer }) => writer)).size, shown.length);
  });
});

it('of one writer, let the later value win whatever its place in the journal', () => {
  const clocks = fc.uniqueArray(fc.nat({ max: 1000 }), { minLength: 1, maxLength: 10 });
  laws.check(300, clocks, (times) => {
    const history = new RandomHistory();
    for (const ms of times) history.say(CAST.bob, title(ms), noon(ms));
    assert.equal(
      titlesOf(history.state).map(({ value }) => value),
      [Math.max(...times)],
    );
  });
});

it.run();
