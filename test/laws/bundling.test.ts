/** However entries are bundled into segments and signed, what is read back says the same. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Entry } from '../../src/domain/entry.ts';
import { stateOf } from '../../src/domain/join.ts';
import { sealSegment, verifySegment } from '../../src/domain/segment.ts';
import { verifyWriterRecord } from '../../src/domain/writer-record.ts';
import { ACTORS, actorOf } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { histories } from '../helpers/laws/random-history.ts';
import { chances, shuffled } from '../helpers/laws/shuffle.ts';
import { digestsOf } from '../helpers/laws/state-text.ts';

const it = suite('laws: bundling');
const laws = lawChecker();
it.after(() => laws.report());

/** Entries in bundles of one writer and bucket, cut anywhere. */
function bundles(entries: readonly Entry[], seed: number): Entry[][] {
  const next = chances(seed);
  const open = new Map<string, Entry[]>();
  const closed: Entry[][] = [];
  for (const entry of shuffled(entries, seed)) {
    const key = `${entry.writer} ${entry.bucket}`;
    const bundle = open.get(key) ?? [];
    if (bundle.length === 0 || next() % 4 === 0) open.set(key, [entry]);
    else bundle.push(entry);
    if (open.get(key) !== bundle && bundle.length > 0) closed.push(bundle);
  }
  return [...closed, ...open.values()];
}

function throughSegments(entries: readonly Entry[], seed: number): Entry[] {
  return bundles(entries, seed).flatMap((bundle, number) => {
    const { secret, record } = actorOf((bundle[0] as Entry).writer);
    const { text } = sealSegment(bundle, { number, previous: null }, secret);
    return [...verifySegment(text, record.key).entries];
  });
}

it('gives the same view after sealing and reading, bundled one way and another', () => {
  laws.check(250, fc.tuple(histories({ maxSteps: 16 }), fc.nat()), ([history, seed]) => {
    const records = ACTORS.map(({ record }) => verifyWriterRecord(record.text));
    const once = throughSegments(history.entries, seed);
    const again = throughSegments(once, seed + 1);
    assert.is(digestsOf(stateOf(once, records, history.purges)), digestsOf(history.state));
    assert.is(digestsOf(stateOf(again, records, history.purges)), digestsOf(history.state));
  });
});

it('brings every entry back as it was, to the byte and to the meaning', () => {
  laws.check(150, fc.tuple(histories({ maxSteps: 12 }), fc.nat()), ([history, seed]) => {
    const read = new Map(throughSegments(history.entries, seed).map((entry) => [entry.id, entry]));
    for (const entry of history.entries) assert.equal(read.get(entry.id), entry);
  });
});

it.run();
