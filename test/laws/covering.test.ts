/** Which of several values of a field is current. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { currentValues } from '../../src/domain/field.ts';
import type { EntryId } from '../../src/domain/ids.ts';
import { join, stateOf } from '../../src/domain/join.ts';
import { subjectKey } from '../../src/domain/operation.ts';
import { purgeOf } from '../../src/domain/purge.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { viewOf } from '../../src/domain/view.ts';
import { ACTORS, CAST } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { Dice } from '../helpers/laws/dice.ts';
import { histories, RandomHistory, steps } from '../helpers/laws/random-history.ts';
import { shuffled } from '../helpers/laws/shuffle.ts';
import { groups, slowCurrentIds } from '../helpers/laws/slow-field.ts';
import { noon, retract, title, titlesOf } from '../helpers/laws/stories.ts';

const it = suite('laws: covering');
const laws = lawChecker();
it.after(() => laws.report());

it('agrees with the rule told word for word', () => {
  laws.check(2500, groups, (group) => {
    const { assignments, resolution, purges } = group;
    const current = currentValues(assignments, resolution, purges).map(({ id }) => id);
    assert.equal(current, slowCurrentIds(group));
  });
});

it('does not depend on the order in which values are found', () => {
  laws.check(500, fc.tuple(groups, fc.nat()), ([{ assignments, resolution, purges }, seed]) => {
    const mixed = currentValues(shuffled(assignments, seed), resolution, shuffled(purges, seed));
    assert.equal(mixed, currentValues(assignments, resolution, purges));
  });
});

it('never empties a field in which a value stands, whatever covers whatever', () => {
  laws.check(1000, groups, ({ assignments, resolution }) => {
    const stands = assignments.some(({ statement }) => !statement.retracted);
    assert.is(currentValues(assignments, resolution).length > 0, stands);
  });
});

it('never empties a field of a whole history either', () => {
  laws.check(500, histories({ purges: false }), ({ state }) => {
    const view = viewOf(state);
    for (const { entry, retracted } of resolve(state).statements.values()) {
      const { subject, operation } = entry;
      if (retracted || subject === undefined || operation.kind !== 'set') continue;
      for (const name of Object.keys(operation.values)) {
        assert.ok((view.fieldsOf(subjectKey(subject)).get(name) ?? []).length > 0, `${name} of ${subject.id}`);
      }
    }
  });
});

it('passes along a chain, also through what was taken back or purged', () => {
  laws.check(700, fc.array(steps, { minLength: 2, maxLength: 8 }), (numbers) => {
    const history = new RandomHistory();
    let last: EntryId | undefined;
    for (const [i, number] of numbers.entries()) {
      const dice = new Dice(number);
      // Writers who do not continue each other, the later the further behind: only `over` makes the chain.
      const actor = [CAST.ann, CAST.bob, CAST.cid][i % 3] ?? CAST.ann;
      last = history.say(actor, title(i, last === undefined ? [] : [last]), noon(i - 1000 * (i % 3)));
      const isLast = i === numbers.length - 1;
      const fate = isLast ? 0 : dice.take(3);
      if (fate === 1) history.say(actor, retract(last), noon(i));
      const said = history.said.find(({ id }) => id === last);
      if (fate === 2 && said !== undefined) history.purges.push(purgeOf(said.id, said.entry));
    }
    assert.equal(
      titlesOf(history.state).map(({ value }) => value),
      [numbers.length - 1],
    );
  });
});

it('binds values that arrive after the one that covers them', () => {
  const order = fc.tuple(fc.nat({ max: 5 }), fc.nat({ max: 5 }), fc.nat({ max: 5 }));
  laws.check(300, order, ([a, b, c]) => {
    const history = new RandomHistory();
    const first = history.say(CAST.ann, title('first'), noon(a));
    const second = history.say(CAST.bob, title('second', [first]), noon(b));
    const third = history.say(CAST.cid, title('third', [second]), noon(c));
    const records = ACTORS.map(({ record }) => record);
    const only = (id: EntryId) =>
      stateOf(
        history.entries.filter((entry) => entry.id === id),
        records,
      );
    let state = only(third);
    for (const id of [first, second]) {
      state = join(state, only(id));
      const values = titlesOf(state).map(({ value }) => value);
      // Until the link between them is known, the first and the third are two words nobody has compared.
      assert.equal([...values].sort(), id === first ? ['first', 'third'] : ['third']);
    }
  });
});

it.run();
