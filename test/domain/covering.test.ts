import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { coveredNodes } from '../../src/domain/covering.ts';

const it = suite('covering');

type Edges = Readonly<Record<string, string>>;

/** Covered nodes, sorted, of a relation written as `{a: 'bc'}`: a covers b and c. */
function covered(edges: Edges, roots: string): string {
  const nodes = new Set([...Object.keys(edges), ...Object.values(edges).join('')]);
  return [...coveredNodes(nodes, new Set(roots), (id) => [...(edges[id] ?? '')])].sort().join('');
}

it('finds all that a root reaches', () => {
  assert.is(covered({ a: 'b', b: 'c', d: 'e' }, 'a'), 'bc');
  assert.is(covered({ a: 'b', b: 'c', d: 'c' }, 'abcd'), 'bc');
  assert.is(covered({}, ''), '');
});

it('starts at roots only', () => {
  assert.is(covered({ a: 'b', b: 'c' }, 'b'), 'c');
  assert.is(covered({ a: 'b', b: 'c' }, ''), '');
});

it('covers nobody within a circle, and all below it', () => {
  assert.is(covered({ a: 'b', b: 'a' }, 'ab'), '');
  assert.is(covered({ a: 'b', b: 'c', c: 'ad' }, 'abcd'), 'd');
  assert.is(covered({ a: 'b', b: 'c', c: 'b' }, 'abc'), 'bc');
  assert.is(covered({ a: 'a' }, 'a'), '');
  assert.is(covered({ a: 'b', b: 'ca', c: 'd', d: 'ce' }, 'abcde'), 'cde');
});

it('follows a chain of 200,000 without recursion', () => {
  const length = 200_000;
  const nodes = Array.from({ length }, (_, i) => i);
  assert.is(coveredNodes(nodes, new Set([0]), (i) => (i + 1 < length ? [i + 1] : [])).size, length - 1);
  assert.is(coveredNodes(nodes, new Set(nodes), (i) => [(i + 1) % length]).size, 0);
});

it('does not depend on the order of nodes', () => {
  const edges: Edges = { a: 'bd', b: 'c', c: 'b', d: 'e', f: 'a' };
  for (const order of ['abcdef', 'fedcba', 'cafebd']) {
    assert.equal([...coveredNodes(order, new Set('a'), (id) => [...(edges[id] ?? '')])].sort(), [...'bcde']);
  }
});

it.run();
