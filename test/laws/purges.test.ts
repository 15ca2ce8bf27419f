/** Purges: what was purged is gone for everybody, whether its bytes are or not, and nothing comes back in its place. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryId } from '../../src/domain/ids.ts';
import { type JournalState, join, stateOf } from '../../src/domain/join.ts';
import { purgeOf } from '../../src/domain/purge.ts';
import { resolve, visibleEntries } from '../../src/domain/resolve.ts';
import { viewOf } from '../../src/domain/view.ts';
import { viewLines } from '../../src/domain/view-digest.ts';
import { ACTORS } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { histories, type RandomHistory } from '../helpers/laws/random-history.ts';
import { chances, shuffled } from '../helpers/laws/shuffle.ts';
import { digestsOf } from '../helpers/laws/state-text.ts';

const it = suite('laws: purges');
const laws = lawChecker();
it.after(() => laws.report());

const RECORDS = ACTORS.map(({ record }) => record);

/** Purges some statements of a history as a server does: under their logical id, with the sealing that speaks. */
function purgeSome(history: RandomHistory, seed: number): JournalState {
  const next = chances(seed);
  const statements = [...resolve(history.state).statements.values()].filter(() => next() % 3 === 0);
  const purges = statements.map(({ id, entry }) => purgeOf(id, entry));
  return stateOf(history.entries, RECORDS, [...history.purges, ...purges]);
}

it('make the same view whether the purged bytes are still there, in part or not at all', () => {
  laws.check(700, fc.tuple(histories(), fc.nat()), ([history, seed]) => {
    const state = purgeSome(history, seed);
    const visible = [...visibleEntries(state)];
    const hidden = history.entries.filter((entry) => !visible.includes(entry));
    const purges = [...state.purges.values()];
    assert.is(digestsOf(stateOf(visible, RECORDS, purges)), digestsOf(state));
    const some = shuffled(hidden, seed).slice(0, hidden.length / 2);
    assert.is(digestsOf(stateOf([...visible, ...some], RECORDS, purges)), digestsOf(state));
  });
});

it('take every word of the entry out of the view, and nothing that it said stays visible', () => {
  laws.check(300, fc.tuple(histories(), fc.nat()), ([history, seed]) => {
    const state = purgeSome(history, seed);
    for (const line of viewLines(viewOf(state))) {
      for (const [id] of line.matchAll(/[0-9a-f]{64}/g)) assert.not.ok(state.purges.has(id as EntryId), line);
    }
  });
});

it('bring no value, tag or taken back word to light', () => {
  laws.check(700, fc.tuple(histories({ honest: true, purges: false }), fc.nat()), ([history, seed]) => {
    const before = new Set(viewLines(viewOf(history.state)));
    const tagsBefore = viewOf(history.state);
    const state = purgeSome(history, seed);
    const view = viewOf(state);
    for (const line of viewLines(view)) {
      if (/^\["(?:field|identity|metric|start)"/.test(line)) assert.ok(before.has(line), line);
    }
    for (const subject of view.subjects) {
      for (const tag of view.tagsOf(subject)) assert.ok(tagsBefore.tagsOf(subject).includes(tag), `${tag} came back`);
    }
    const { statements } = resolve(state);
    for (const { id, retracted } of resolve(history.state).statements.values()) {
      if (retracted) assert.ok(statements.get(id)?.retracted ?? true, `${id} came back`);
    }
  });
});

it('hide nothing but what was purged', () => {
  laws.check(500, fc.tuple(histories({ honest: true, purges: false }), fc.nat()), ([history, seed]) => {
    const state = purgeSome(history, seed);
    const after = new Set(viewLines(viewOf(state)));
    for (const line of viewLines(viewOf(history.state))) {
      if (!/^\["(?:field|identity|metric|start)"/.test(line) || after.has(line)) continue;
      const ids = (line.match(/[0-9a-f]{64}/g) ?? []) as EntryId[];
      assert.ok(
        ids.some((id) => state.purges.has(id)),
        line,
      );
    }
  });
});

it('of one entry made by two people are one purge, and refuse the entry in every later join', () => {
  laws.check(300, fc.tuple(histories({ honest: true }), fc.nat()), ([history, seed]) => {
    const [one, other] = [purgeSome(history, seed), purgeSome(history, seed)];
    assert.is(digestsOf(join(one, other)), digestsOf(one));
    assert.is(digestsOf(join(join(one, history.state), stateOf(history.entries, []))), digestsOf(one));
  });
});

it.run();
