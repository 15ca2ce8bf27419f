/** Tags: a removal undoes the adds that its author saw, and no other. */

import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryId } from '../../src/domain/ids.ts';
import { subjectKey } from '../../src/domain/operation.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { viewOf } from '../../src/domain/view.ts';
import { ACTORS, type Actor, CAST } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { Dice } from '../helpers/laws/dice.ts';
import { RandomHistory, randomHlc, steps } from '../helpers/laws/random-history.ts';
import { noon, retract, SUBJECT } from '../helpers/laws/stories.ts';

const it = suite('laws: tags');
const laws = lawChecker();
it.after(() => laws.report());

const NAMES = ['best', '__proto__', 'a b'] as const;
type Word = 'add' | 'remove' | 'retract';

/** Many adds, removals and retractions of few tags of one execution. */
const tagHistories: fc.Arbitrary<RandomHistory> = fc.array(steps, { maxLength: 14, size: 'max' }).map((numbers) => {
  const history = new RandomHistory();
  for (const number of numbers) {
    const dice = new Dice(number);
    const actor = dice.pickAny(ACTORS) as Actor;
    const word = dice.pick<Word>(['add', 'add', 'remove', 'retract']);
    const known = history.said.map(({ id }) => id);
    const tag = dice.pick(NAMES);
    const seen = dice.some(known, 6);
    if (word === 'add') {
      history.say(
        actor,
        { bucket: '_', subject: SUBJECT, operation: { kind: 'tag.add', tags: [tag] } },
        randomHlc(dice),
      );
    } else if (word === 'remove') {
      const tags = Object.fromEntries([[tag, seen]]);
      history.say(actor, { bucket: '_', subject: SUBJECT, operation: { kind: 'tag.remove', tags } }, randomHlc(dice));
    } else if (seen.length > 0) history.say(actor, retract(...seen), randomHlc(dice));
  }
  return history;
});

it('stand as long as one add is neither taken back nor seen by a removal that stands', () => {
  laws.check(600, tagHistories, ({ state }) => {
    const statements = [...resolve(state).statements.values()].filter(({ retracted }) => !retracted);
    const isRemoved = (id: EntryId, tag: string) =>
      statements.some(({ entry: { operation } }) => {
        if (operation.kind !== 'tag.remove' || !Object.hasOwn(operation.tags, tag)) return false;
        return operation.tags[tag]?.includes(id) === true;
      });
    const standing = NAMES.filter((tag) =>
      statements.some(
        ({ id, entry: { operation } }) =>
          operation.kind === 'tag.add' && operation.tags.includes(tag) && !isRemoved(id, tag),
      ),
    );
    assert.equal(viewOf(state).tagsOf(subjectKey(SUBJECT)), [...standing].sort());
  });
});

it('come back when somebody adds them again, whatever the clocks say', () => {
  laws.check(200, fc.tuple(tagHistories, fc.nat({ max: 3 })), ([history, ms]) => {
    const operation = { kind: 'tag.add', tags: ['best'] } as const;
    history.say(CAST.cid, { bucket: '_', subject: SUBJECT, operation }, noon(-ms));
    assert.ok(viewOf(history.state).tagsOf(subjectKey(SUBJECT)).includes('best'));
  });
});

it.run();
