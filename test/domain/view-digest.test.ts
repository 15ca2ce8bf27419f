import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sha256Hex } from '../../src/domain/digest.ts';
import type { EntryDraft } from '../../src/domain/entry.ts';
import { EMPTY_STATE, stateOf } from '../../src/domain/join.ts';
import { purgeOf } from '../../src/domain/purge.ts';
import { viewOf } from '../../src/domain/view.ts';
import { entriesDigest, viewDigest, viewLines } from '../../src/domain/view-digest.ts';
import { CAST } from '../helpers/laws/cast.ts';
import { ATTEMPTS } from '../helpers/laws/random-draft.ts';
import { RandomHistory } from '../helpers/laws/random-history.ts';
import { noon, SUBJECT, title } from '../helpers/laws/stories.ts';

const it = suite('view-digest');

const { ann, ann2 } = CAST;
const USE = {
  kind: 'use',
  attempt: ATTEMPTS[0],
  direction: 'input',
  path: 'x',
  digests: [{ kind: 'md5', value: '0'.repeat(32) }],
  seen: false,
  values: {},
} as const;

/** Pairs of words that differ in one thing only. */
const END = { kind: 'attempt.end', attempt: ATTEMPTS[0], status: 'failed', inferred: false } as const;
const START = { kind: 'attempt.start', attempt: ATTEMPTS[0], saw: [], facts: {} } as const;
const WORDS: readonly EntryDraft['operation'][] = [
  { kind: 'set', values: { title: 1 } },
  { kind: 'set', values: { title: '1' } },
  { kind: 'set', values: { title: { $num: '1.0' } } },
  { kind: 'set', values: { label: 1 } },
  { kind: 'execution', namespace: '', pipeline: 'p', stage: 's' },
  { kind: 'execution', namespace: '', pipeline: 'p', stage: 't' },
  { kind: 'execution', namespace: 'n', pipeline: 'p', stage: 's' },
  START,
  { ...START, saw: [ATTEMPTS[1]] },
  { ...START, facts: { command: ['x'] } },
  END,
  { ...END, inferred: true },
  { ...END, exitCode: 1 },
  { ...END, attempt: ATTEMPTS[1] },
  { kind: 'metric', attempt: ATTEMPTS[0], rank: 0, series: { a: { steps: [1], values: [1] } } },
  { kind: 'metric', attempt: ATTEMPTS[0], rank: 0, series: { a: { steps: [null], values: [1] } } },
  { kind: 'metric', attempt: ATTEMPTS[0], rank: 1, series: { a: { steps: [1], values: [1] } } },
  { kind: 'metric', attempt: ATTEMPTS[0], rank: 0, series: { a: { steps: [1], values: [1], at: [5] } } },
  USE,
  { ...USE, seen: true },
  { ...USE, sizeBytes: 1 },
  { ...USE, pointer: 'sha1:x' },
  { ...USE, path: { $bytes: '/w==' } },
  { kind: 'tag.add', tags: ['a'] },
  { kind: 'tag.add', tags: ['b'] },
];

/** The lines of a view without the ids of entries, which differ anyhow. */
function lines(operation: EntryDraft['operation']): string {
  const history = new RandomHistory();
  history.say(ann, { bucket: '_', subject: SUBJECT, operation }, noon(0));
  const ids = new RegExp(history.entries.map(({ id }) => id).join('|'), 'g');
  return [...viewLines(viewOf(history.state))].join('\n').replace(ids, 'ID');
}

it('sees every difference between two views', () => {
  const seen = new Map<string, EntryDraft['operation']>();
  for (const operation of WORDS) {
    const text = lines(operation);
    assert.not.ok(seen.has(text), `${JSON.stringify(operation)} looks like ${JSON.stringify(seen.get(text))}`);
    seen.set(text, operation);
  }
});

it('hashes the lines of the view and nothing else', () => {
  const history = new RandomHistory();
  history.say(ann, title('x'), noon(0));
  const view = viewOf(history.state);
  assert.is(viewDigest(view), sha256Hex([...viewLines(view)].map((line) => `${line}\n`).join('')));
  assert.is(viewDigest(viewOf(EMPTY_STATE)), sha256Hex('["git-cmf view",1]\n'));
});

it('of entries counts what no purge hides, and the purges', () => {
  const history = new RandomHistory();
  history.say(ann, title('x'), noon(0));
  history.say(ann, title('y'), noon(1));
  const [first, second] = history.said as [RandomHistory['said'][number], RandomHistory['said'][number]];
  const resealed = history.reseal(first, ann2, noon(2));
  const records = [ann.record, ann2.record];
  const purge = purgeOf(first.id, first.entry);
  const digest = entriesDigest(stateOf([second.entry], records, [purge]));
  assert.is(entriesDigest(stateOf([first.entry, second.entry, resealed], records, [purge])), digest);
  assert.is.not(entriesDigest(stateOf([second.entry], records)), digest);
  assert.is(entriesDigest(EMPTY_STATE), sha256Hex('git-cmf entries 1\npurged\n'));
});

it.run();
