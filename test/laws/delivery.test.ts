/** Whatever the order, the repetition and the grouping in which a history arrives, every clone sees the same. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EMPTY_STATE, join, stateOf } from '../../src/domain/join.ts';
import { viewOf } from '../../src/domain/view.ts';
import { entriesDigest, viewLines } from '../../src/domain/view-digest.ts';
import { ACTORS } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { histories } from '../helpers/laws/random-history.ts';
import { portions, shuffled } from '../helpers/laws/shuffle.ts';
import { digestsOf } from '../helpers/laws/state-text.ts';

const it = suite('laws: delivery');
const laws = lawChecker();
it.after(() => laws.report());

const RECORDS = ACTORS.map(({ record }) => record);

it('gives the same view in any order, and twice', () => {
  laws.check(1500, fc.tuple(histories(), fc.nat()), ([history, seed]) => {
    const { entries, purges } = history;
    const twice = [...shuffled(entries, seed), ...shuffled(entries, seed + 1).slice(0, 3)];
    const other = stateOf(twice, shuffled(RECORDS, seed), shuffled([...purges, ...purges], seed));
    assert.is(digestsOf(other), digestsOf(history.state));
    assert.equal([...viewLines(viewOf(other))], [...viewLines(viewOf(history.state))]);
  });
});

it('gives the same view in any partition', () => {
  laws.check(1000, fc.tuple(histories(), fc.nat(), fc.integer({ min: 1, max: 6 })), ([history, seed, count]) => {
    const parts = shuffled(portions(history, count, seed), seed);
    assert.is(digestsOf(parts.reduce(join, EMPTY_STATE)), digestsOf(history.state));
    assert.is(digestsOf(parts.reduceRight(join, EMPTY_STATE)), digestsOf(history.state));
  });
});

it('changes the entries digest with every entry that arrives, and with nothing else', () => {
  laws.check(300, histories({ purges: false }), (history) => {
    const digests = history.entries.map((_, i) => entriesDigest(stateOf(history.entries.slice(0, i + 1), RECORDS)));
    assert.is(new Set(digests).size, digests.length);
  });
});

it.run();
