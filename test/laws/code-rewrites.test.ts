/** Laws of rewritten commits: notes follow them whatever the order, in chains, squashes and circles. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CodeRewrites, followRewrites, prepareRewrites } from '../../src/domain/code-rewrites.ts';
import { decodeOperation } from '../../src/domain/decode-operation.ts';
import { encodeOperation, type Operation } from '../../src/domain/operation.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';

const it = suite('laws: rewritten commits');
const laws = lawChecker();

const commit = fc.integer({ min: 0, max: 11 }).map((n) => n.toString(16).repeat(40));
const pairs = fc.array(fc.tuple(commit, commit), { maxLength: 40 });
type Pairs = readonly (readonly [string, string])[];

/** What a fold makes of pairs. */
function rewritesOf(list: Pairs): CodeRewrites {
  const found = new Map<string, string[]>();
  for (const [from, to] of list) found.set(from, [...new Set([...(found.get(from) ?? []), to])].sort());
  return found;
}

/** By the definition: grow a set until nothing is added. */
function slowly(list: Pairs, start: string): Set<string> {
  const reached = new Set([start]);
  for (let before = 0; before < reached.size; ) {
    before = reached.size;
    for (const [from, to] of list) if (reached.has(from)) reached.add(to);
  }
  return reached;
}

it('a commit is followed to all that replaced it, and to nothing else', () => {
  laws.check(300, fc.tuple(pairs, commit), ([list, start]) => {
    assert.equal([...followRewrites(rewritesOf(list), start)].sort(), [...slowly(list, start)].sort());
  });
});

it('following goes on from wherever it came to', () => {
  laws.check(200, fc.tuple(pairs, commit), ([list, start]) => {
    const rewrites = rewritesOf(list);
    const all = followRewrites(rewrites, start);
    for (const one of all) for (const next of followRewrites(rewrites, one)) assert.ok(all.has(next));
  });
});

it('more is known, more is followed', () => {
  laws.check(200, fc.tuple(pairs, pairs, commit), ([list, more, start]) => {
    const larger = followRewrites(rewritesOf([...list, ...more]), start);
    for (const one of followRewrites(rewritesOf(list), start)) assert.ok(larger.has(one));
  });
});

it('what git tells a hook is recorded once, but for what says nothing', () => {
  const line = fc.oneof(
    fc.tuple(commit, commit).map(([a, b]) => `${a} ${b}`),
    fc.tuple(commit, commit).map(([a, b]) => `${a} ${b} ${b}`),
    fc.string(),
  );
  laws.check(200, fc.array(line, { maxLength: 30 }), (lines) => {
    const wanted = new Map<string, string>();
    for (const text of lines.join('\n').split('\n')) {
      const [, from, to] = /^([0-9a-f]{40}) ([0-9a-f]{40})(?: .*)?$/s.exec(text) ?? [];
      if (from !== undefined && to !== undefined && from !== to) wanted.set(`sha1:${from}`, `sha1:${to}`);
    }
    const found = new Map<string, string>();
    for (const { operation } of prepareRewrites(lines.join('\n'))) {
      assert.is(operation.kind, 'code.rewritten');
      const stored = encodeOperation(operation);
      const read = decodeOperation('code.rewritten', undefined, stored) as Operation & { kind: 'code.rewritten' };
      assert.equal(read, operation);
      for (const [from, to] of Object.entries(read.commits)) found.set(from, to);
    }
    assert.equal(found, wanted);
  });
});

it('a chain longer than anybody amends is followed to its bound and no further', () => {
  const rewrites = new Map(Array.from({ length: 30_000 }, (_, i) => [`${i}`, [`${i + 1}`]] as const));
  assert.is(followRewrites(rewrites, '0').size, 10_000);
});

it.after(laws.report);
it.run();
