/** Sealing again: one statement for each logical id, whoever has both sealings or only the later. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Entry } from '../../src/domain/entry.ts';
import { stateOf } from '../../src/domain/join.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { viewOf } from '../../src/domain/view.ts';
import { viewDigest } from '../../src/domain/view-digest.ts';
import { ACTORS, CAST, successorsOf } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { Dice } from '../helpers/laws/dice.ts';
import { histories, type RandomHistory, randomHlc, steps } from '../helpers/laws/random-history.ts';

const it = suite('laws: resealing');
const laws = lawChecker();
it.after(() => laws.report());

const RECORDS = ACTORS.map(({ record }) => record);

function viewDigestOf(entries: Iterable<Entry>, history: RandomHistory): string {
  return viewDigest(viewOf(stateOf(entries, RECORDS, history.purges)));
}

it('makes one statement of each logical id', () => {
  laws.check(300, histories({ honest: true, purges: false }), (history) => {
    const ids = new Set(history.said.map(({ id }) => id));
    assert.equal([...resolve(history.state).statements.keys()].sort(), [...ids].sort());
  });
});

it('makes original and reseal together say what the reseal says alone', () => {
  laws.check(500, fc.tuple(histories({ honest: true }), fc.array(steps, { maxLength: 4 })), ([history, numbers]) => {
    for (const number of numbers) {
      const dice = new Dice(number);
      const said = dice.pickAny(history.said.filter(({ id, entry }) => id === entry.id));
      const by = said && dice.pickAny(successorsOf(said.entry.writer));
      if (said !== undefined && by !== undefined) history.reseal(said, by, randomHlc(dice));
    }
    const resealed = new Set(history.said.filter(({ id, entry }) => id !== entry.id).map(({ id }) => id));
    const alone = history.entries.filter(({ id }) => !resealed.has(id));
    assert.is(viewDigestOf(alone, history), viewDigestOf(history.entries, history));
  });
});

it('by somebody who does not continue the writer leaves the original as it was', () => {
  laws.check(400, fc.tuple(histories({ honest: true }), steps), ([history, number]) => {
    const dice = new Dice(number);
    const said = dice.pickAny(history.said.filter(({ id, entry }) => id === entry.id));
    if (said === undefined) return;
    const before = resolve(history.state).statements.get(said.id);
    const strangers = ACTORS.filter((one) => ![one, ...one.continues].some(({ id }) => id === said.entry.writer));
    const thief = dice.pickAny(strangers) ?? CAST.cid;
    history.reseal(said, thief, randomHlc(dice));
    // A thief may also lie about whose entry it was, and name a writer whom he does continue.
    const lie = { ...JSON.parse(said.entry.line), was: { id: said.id, writer: thief.continues[0]?.id ?? thief.id } };
    history.write(thief, lie, randomHlc(dice));
    assert.equal(resolve(history.state).statements.get(said.id)?.entry, before?.entry);
  });
});

it.run();
