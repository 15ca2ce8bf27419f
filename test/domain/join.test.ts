import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryId } from '../../src/domain/ids.ts';
import { EMPTY_STATE, join, type Purge, stateOf } from '../../src/domain/join.ts';
import { CAST } from '../helpers/laws/cast.ts';
import { RandomHistory } from '../helpers/laws/random-history.ts';
import { noon, title } from '../helpers/laws/stories.ts';

const it = suite('join');

const [A, B, C] = ['a', 'b', 'c'].map((digit) => digit.repeat(64) as EntryId) as [EntryId, EntryId, EntryId];

/** Two purges of one entry, by people who knew different sealings of it. */
const EARLIER: Purge = {
  id: A,
  writer: CAST.ann2.id,
  hlc: noon(1),
  first: CAST.ann.id,
  over: [B],
  fields: ['1', '2'],
};
const LATER: Purge = { ...EARLIER, writer: CAST.ann.id, hlc: noon(2), over: [C], fields: ['2', '3'] };

it('keeps what either of two purges of one entry keeps', () => {
  const united = { ...EARLIER, over: [B, C], fields: ['1', '2', '3'] };
  for (const purges of [
    [EARLIER, LATER],
    [LATER, EARLIER],
    [LATER, EARLIER, LATER],
  ]) {
    assert.equal(stateOf([], [], purges).purges.get(A), united);
    const parts = purges.map((purge) => stateOf([], [], [purge]));
    assert.equal(parts.reduce(join, EMPTY_STATE).purges.get(A), united);
  }
});

it('takes nothing away from the states that it joins', () => {
  const history = new RandomHistory();
  history.say(CAST.ann, title('x'), noon(0));
  const one = stateOf(history.entries, []);
  const other = stateOf([], [CAST.ann.record], [EARLIER]);
  const both = join(one, other);
  assert.equal([one.entries.size, one.writers.size, other.entries.size, other.writers.size], [1, 0, 0, 1]);
  assert.equal([both.entries.size, both.writers.size, both.purges.size], [1, 1, 1]);
});

it.run();
