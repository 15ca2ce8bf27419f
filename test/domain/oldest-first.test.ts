import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Dated, oldestFirst } from '../../src/domain/oldest-first.ts';

const it = suite('oldest-first');

/** A history: each commit has some of those before it as parents, and a clock that may be wrong. */
const histories = fc
  .array(fc.tuple(fc.nat(5), fc.array(fc.nat(), { maxLength: 3 })), { maxLength: 12 })
  .map((rows): Dated[] =>
    rows.map(([timeSeconds, parents], i) => ({
      commit: `c${i}`,
      timeSeconds,
      parents: i === 0 ? ['gone'] : parents.map((one) => `c${one % i}`),
    })),
  );

it('puts parents before children and loses nothing, whatever the order that commits come in', () => {
  const law = (commits: readonly Dated[], seed: number): void => {
    const order = oldestFirst(commits);
    const place = new Map(order.map(({ commit }, i) => [commit, i]));
    assert.is(order.length, commits.length);
    for (const { commit, parents } of commits) {
      for (const parent of parents) {
        if (parent !== 'gone') assert.ok((place.get(parent) ?? 0) < (place.get(commit) ?? 0));
      }
    }
    const turned = [...commits].sort(
      (a, b) => ((a.commit.charCodeAt(1) * seed) % 7) - ((b.commit.charCodeAt(1) * seed) % 7),
    );
    assert.equal(oldestFirst(turned), order);
  };
  fc.assert(fc.property(histories, fc.nat(6), law), { numRuns: 300 });
});

it('goes by date where it is free, then by id', () => {
  const commit = (name: string, timeSeconds: number) => ({ commit: name, timeSeconds, parents: [] });
  const order = oldestFirst([commit('d', 2), commit('b', 1), commit('a', 2), commit('c', 0)]);
  assert.equal(
    order.map((one) => one.commit),
    ['c', 'b', 'a', 'd'],
  );
});

it.run();
