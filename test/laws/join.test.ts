/** Join is associative, commutative and idempotent, whatever the two sides have. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hlcAt } from '../../src/domain/clock.ts';
import { EMPTY_STATE, type JournalState, join, stateOf } from '../../src/domain/join.ts';
import { createWriterRecord } from '../../src/domain/writer-record.ts';
import { CAST } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { histories, type RandomHistory } from '../helpers/laws/random-history.ts';
import { portions } from '../helpers/laws/shuffle.ts';
import { digestsOf, stateText } from '../helpers/laws/state-text.ts';

const it = suite('laws: join');
const laws = lawChecker();
it.after(() => laws.report());

type Three = { readonly history: RandomHistory; readonly parts: readonly [JournalState, JournalState, JournalState] };

/** A writer who signed two records with one key. */
const LIARS = [1, 2].map((ms) => createWriterRecord(CAST.cid.secret, hlcAt(ms)));

const threeStates: fc.Arbitrary<Three> = fc.tuple(histories(), fc.nat()).map(([history, seed]) => {
  const [a, b, c] = portions(history, 3, seed) as [JournalState, JournalState, JournalState];
  const [one, other] = LIARS.map((record) => stateOf([], [record])) as [JournalState, JournalState];
  return { history, parts: seed % 4 === 0 ? [join(a, one), join(b, other), c] : [a, b, c] };
});

const same = (left: JournalState, right: JournalState) => assert.is(stateText(left), stateText(right));

it('is commutative', () => {
  laws.check(500, threeStates, ({ parts: [a, b] }) => {
    same(join(a, b), join(b, a));
    assert.is(digestsOf(join(a, b)), digestsOf(join(b, a)));
  });
});

it('is associative', () => {
  laws.check(500, threeStates, ({ parts: [a, b, c] }) => same(join(join(a, b), c), join(a, join(b, c))));
});

it('is idempotent, and joining nothing changes nothing', () => {
  laws.check(300, threeStates, ({ parts: [a, b] }) => {
    same(join(a, a), a);
    same(join(a, EMPTY_STATE), a);
    same(join(join(a, b), a), join(a, b));
  });
});

it('loses nothing and makes nothing up', () => {
  laws.check(300, threeStates, ({ history, parts: [a, b, c] }) => {
    const whole = join(join(a, b), c);
    assert.is(whole.entries.size, history.state.entries.size);
    for (const entry of history.entries) assert.is(whole.entries.get(entry.id)?.id, entry.id);
    assert.equal([...whole.purges.keys()].sort(), [...history.state.purges.keys()].sort());
  });
});

it.run();
