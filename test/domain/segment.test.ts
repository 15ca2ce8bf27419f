import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeCanonical, type JsonObject } from '../../src/domain/canonical-json.ts';
import { sha256Hex } from '../../src/domain/digest.ts';
import type { Entry } from '../../src/domain/entry.ts';
import { pipelineId } from '../../src/domain/ids.ts';
import { SEGMENT_BYTES_MAX, SEGMENT_ENTRIES_MAX, sealSegment, verifySegment } from '../../src/domain/segment.ts';
import { signText } from '../../src/domain/signature.ts';
import { errorOf } from '../helpers/error-of.ts';
import { type Actor, CAST } from '../helpers/laws/cast.ts';
import { RandomHistory } from '../helpers/laws/random-history.ts';
import { noon, title } from '../helpers/laws/stories.ts';

const it = suite('segment');

const { ann, bob } = CAST;
const PLACE = { number: 3, previous: sha256Hex('the one before') };

function entriesOf(actor: Actor, count: number, bucket = '_' as Entry['bucket'], size = 1): readonly Entry[] {
  const history = new RandomHistory();
  for (let i = 0; i < count; i++) history.say(actor, { ...title('x'.repeat(size)), bucket }, noon(i));
  return history.entries;
}

const SEGMENT = sealSegment(entriesOf(ann, 3), PLACE, ann.secret);
const LINES = SEGMENT.text.split('\n').slice(0, -1);
const HEADER = JSON.parse(LINES[0] ?? '') as JsonObject;

/** A segment put together by hand, with its signature made by `signer` over what it says. */
function forge(header: JsonObject, lines: readonly string[], ids: readonly string[], signer = ann): string {
  const headerLine = encodeCanonical(header);
  const signature = signText(signer.secret, `git-cmf segment 1\n${headerLine}\n${ids.join('\n')}\n`);
  return [headerLine, ...lines, encodeCanonical({ signature }), ''].join('\n');
}

const ids = (entries: readonly Entry[]) => entries.map(({ id }) => id);
const lines = (entries: readonly Entry[]) => entries.map(({ line }) => line);

function refusal(text: string, actor = ann): string {
  return errorOf(() => verifySegment(text, actor.record.key));
}

it('reads what was sealed', () => {
  assert.equal(verifySegment(SEGMENT.text, ann.record.key), SEGMENT);
  assert.is(SEGMENT.sha256, sha256Hex(SEGMENT.text));
  assert.equal(SEGMENT.header, { writer: ann.id, bucket: '_', count: 3, ...PLACE });
  assert.is(forge(HEADER, lines(SEGMENT.entries), ids(SEGMENT.entries)), SEGMENT.text);
});

it('holds as many entries as it may, and not one more', () => {
  const entries = entriesOf(ann, SEGMENT_ENTRIES_MAX);
  assert.is(verifySegment(sealSegment(entries, PLACE, ann.secret).text, ann.record.key).entries.length, 1000);
  const more = entriesOf(ann, SEGMENT_ENTRIES_MAX + 1);
  for (const wrong of [[], more]) {
    assert.is(
      errorOf(() => sealSegment(wrong, PLACE, ann.secret)),
      'internal: a segment holds 1 to 1000 entries',
    );
  }
  const text = forge({ ...HEADER, count: more.length }, lines(more), ids(more));
  assert.match(refusal(text), /^damaged: a segment has a header whose numbers are out of range \(1 to 1000 entries\)$/);
});

it('is no longer than a megabyte', () => {
  const entries = entriesOf(ann, 17, '_', 62_000);
  assert.match(
    errorOf(() => sealSegment(entries, PLACE, ann.secret)),
    /^internal: a segment has at most 1048576 bytes$/,
  );
  const text = forge({ ...HEADER, count: 17 }, lines(entries), ids(entries));
  assert.ok(text.length > SEGMENT_BYTES_MAX);
  assert.is(refusal(text), 'damaged: a segment is longer than 1048576 bytes');
});

it('is of one writer and one bucket', () => {
  const mixed = [...entriesOf(ann, 1), ...entriesOf(bob, 1)];
  const spread = [...entriesOf(ann, 1), ...entriesOf(ann, 1, pipelineId('', 'p'))];
  for (const entries of [mixed, spread]) {
    assert.match(
      errorOf(() => sealSegment(entries, PLACE, ann.secret)),
      /holds entries of one writer and one bucket$/,
    );
  }
  const foreign = forge({ ...HEADER, count: 2 }, lines(mixed), ids(mixed));
  assert.is(refusal(foreign), `damaged: a segment of ${ann.id} holds an entry of ${bob.id}`);
  const lost = forge({ ...HEADER, count: 2 }, lines(spread), ids(spread));
  assert.match(refusal(lost), /^damaged: a segment of bucket _ holds an entry of bucket [0-9a-f]{64}$/);
});

it('is signed by its writer', () => {
  const { entries } = SEGMENT;
  assert.is(refusal(SEGMENT.text, bob), 'damaged: a segment is not signed by its writer');
  const inHisName = forge(HEADER, lines(entries), ids(entries), bob);
  assert.is(refusal(inHisName), 'damaged: a segment is not signed by its writer');
  // Bob signs with his own key, and well, what he says ann wrote.
  assert.is(refusal(inHisName, bob), `damaged: a segment of writer ${ann.id} in the journal of ${bob.id}`);
  const other = forge(HEADER, lines(entries), ids([...entries].reverse()));
  assert.is(refusal(other), 'damaged: a segment is not signed by its writer');
  const renumbered = SEGMENT.text.replace('"number":3', '"number":4');
  assert.is(refusal(renumbered), 'damaged: a segment is not signed by its writer');
  const [header = '', first = '', second = '', third = '', last = ''] = LINES;
  assert.is(
    refusal([header, second, first, third, last, ''].join('\n')),
    'damaged: a segment is not signed by its writer',
  );
  const tampered = SEGMENT.text.replace('"title":"x"', '"title":"y"');
  assert.is(refusal(tampered), 'damaged: a segment is not signed by its writer');
});

it('has as many entries as it says, each line ended, the signature last', () => {
  const { entries } = SEGMENT;
  assert.is(refusal(SEGMENT.text.slice(0, -1)), 'damaged: a segment does not end in a line feed');
  assert.is(refusal(''), 'damaged: text is not JSON');
  assert.is(
    refusal(forge({ ...HEADER, count: 2 }, lines(entries), ids(entries))),
    'damaged: a segment says 2 entries and has 3',
  );
  assert.is(refusal(`${LINES.slice(0, 3).join('\n')}\n`), 'damaged: a segment does not end in a signature');
  assert.match(refusal(`${SEGMENT.text}\n`), /^damaged: /);
  assert.match(refusal(SEGMENT.text.replaceAll('\n', '\r\n')), /^damaged: /);
  for (let length = 1; length < SEGMENT.text.length; length += 11) {
    assert.match(refusal(SEGMENT.text.slice(0, length)), /^damaged: /);
  }
});

it('has a header of format 1', () => {
  const { entries } = SEGMENT;
  const rules: readonly (readonly [JsonObject, string])[] = [
    [{ format: 2 }, 'is not of format 1'],
    [{ extra: 1 }, 'has a malformed header'],
    [{ writer: 'x' }, 'has a header without writer or bucket'],
    [{ bucket: 'x' }, 'has a header without writer or bucket'],
    [{ number: -1 }, 'has a header whose numbers are out of range (1 to 1000 entries)'],
    [{ number: 1.5 }, 'has a header whose numbers are out of range (1 to 1000 entries)'],
    [{ count: 0 }, 'has a header whose numbers are out of range (1 to 1000 entries)'],
    [{ previous: 'x' }, "has a header whose 'previous' is no SHA-256"],
  ];
  for (const [change, rule] of rules) {
    assert.is(refusal(forge({ ...HEADER, ...change }, lines(entries), ids(entries))), `damaged: a segment ${rule}`);
  }
});

it('still verifies when lines were purged, also all of them', () => {
  const { entries } = SEGMENT;
  const purgedLine = (entry: Entry) => encodeCanonical({ purged: entry.id });
  for (const gone of [[0], [1], [2], [0, 2], [0, 1, 2]]) {
    const kept = entries.map((entry, i) => (gone.includes(i) ? purgedLine(entry) : entry.line));
    const text = forge(HEADER, kept, ids(entries));
    const segment = verifySegment(text, ann.record.key);
    assert.equal(
      segment.purged,
      gone.map((i) => entries[i]?.id),
    );
    assert.equal(
      segment.entries,
      entries.filter((_, i) => !gone.includes(i)),
    );
    // The signature is the one of the whole segment: nobody has to sign again.
    assert.is(text.split('\n').at(-2), LINES.at(-1));
  }
});

it('refuses a purged line that names another entry, or is malformed', () => {
  const [first = '', second = ''] = lines(SEGMENT.entries);
  const purged = (json: JsonObject) => forge(HEADER, [first, second, encodeCanonical(json)], ids(SEGMENT.entries));
  assert.is(refusal(purged({ purged: sha256Hex('x') })), 'damaged: a segment is not signed by its writer');
  for (const json of [{ purged: 'x' }, { purged: sha256Hex('x'), why: 'x' }]) {
    assert.is(refusal(purged(json)), 'damaged: a segment has a malformed purged line');
  }
});

it('refuses an entry that breaks a rule', () => {
  const line = (LINES[1] ?? '').replace(/"nonce":"\w+",/, '');
  const text = [LINES[0], line, ...LINES.slice(2), ''].join('\n');
  assert.is(refusal(text), 'damaged: an entry lacks a nonce of 16 hex digits');
});

it.run();
