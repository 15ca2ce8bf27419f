import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeCanonical, type JsonObject } from '../../src/domain/canonical-json.ts';
import { hlcAt } from '../../src/domain/clock.ts';
import {
  CONTROL_BYTES_MAX,
  type ControlRecord,
  controlPath,
  createKeyRecord,
  createPurgeRecords,
  parseControlPath,
  verifyControlRecord,
} from '../../src/domain/control-record.ts';
import { sha256Hex } from '../../src/domain/digest.ts';
import type { EntryId, WriterId } from '../../src/domain/ids.ts';
import type { Purge } from '../../src/domain/join.ts';
import { signText } from '../../src/domain/signature.ts';
import { errorOf } from '../helpers/error-of.ts';
import { T0, testWriter } from '../helpers/journal-maker.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';

const it = suite('control-record');
const laws = lawChecker();
it.after(() => laws.report());

const ADMIN = testWriter(7).secret;
const hash = (text: string) => sha256Hex(text) as EntryId;
const WRITER = hash('writer').slice(0, 32) as WriterId;

function purgeOf(name: string, over: readonly string[] = [], fields: readonly string[] = []): Purge {
  return {
    id: hash(name),
    writer: WRITER,
    first: WRITER,
    hlc: hlcAt(T0),
    over: over.map(hash).sort(),
    fields: fields.map((field) => hash(field).slice(0, 32)).sort(),
  };
}

const KEY = createKeyRecord(ADMIN, 'admin of central.git', T0);
const PURGES = createPurgeRecords(ADMIN, [purgeOf('b', ['x', 'y'], ['f']), purgeOf('a')], {
  atMs: T0,
  reason: 'a name',
});
const [PURGE] = PURGES as [ControlRecord];

/** A record with other members, signed again by the admin. */
function forge(record: ControlRecord, change: Readonly<Record<string, unknown>>, signer = ADMIN): string {
  const { signature: _, ...members } = { ...(JSON.parse(record.text) as JsonObject), ...change } as JsonObject;
  const first = record.kind === 'key' ? 'git-cmf admin key 1' : 'git-cmf purge 1';
  return encodeCanonical({ ...members, signature: signText(signer, `${first}\n${encodeCanonical(members)}\n`) });
}

function refusal(kind: ControlRecord['kind'], text: string): string {
  return errorOf(() => verifyControlRecord(kind, text));
}

it('reads what was signed', () => {
  assert.equal(verifyControlRecord('key', KEY.text), KEY);
  assert.equal(verifyControlRecord('purge', PURGE.text), PURGE);
  assert.is(forge(PURGE, {}), PURGE.text);
});

it('lies at the hash of its bytes', () => {
  assert.is(controlPath(PURGE), `purge/${sha256Hex(PURGE.text)}.json`);
  assert.equal(parseControlPath(controlPath(KEY)), { kind: 'key' });
  for (const path of ['key/x.json', `pin/${hash('a')}.json`, `key/${hash('a')}`, `key/${hash('a')}.json/x`, 'key']) {
    assert.is(parseControlPath(path), undefined, path);
  }
});

it('decodes what it encodes, whatever is purged', () => {
  const names = fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 8 });
  const wishes = fc.array(fc.tuple(fc.string(), names, names), { minLength: 1, maxLength: 20 });
  const reasons = fc.string({ minLength: 1, maxLength: 50 }).filter((text) => text.trim() !== '');
  laws.check(100, fc.tuple(wishes, reasons), ([some, reason]) => {
    const purges = some.map(([name, over, fields]) => purgeOf(name, over, fields));
    const records = createPurgeRecords(ADMIN, purges, { atMs: T0, reason });
    for (const record of records) assert.equal(verifyControlRecord('purge', record.text), record);
    const ids = records.flatMap((record) => record.purges.map(({ id }) => id));
    assert.equal(ids, [...new Set(purges.map(({ id }) => id))].sort());
  });
});

it('is cut into several where one would be too long', () => {
  const fields = Array.from({ length: 15_000 }, (_, i) => `${i}`);
  const records = createPurgeRecords(
    ADMIN,
    ['a', 'b', 'c'].map((name) => purgeOf(name, [], fields)),
    { atMs: T0, reason: `${'\u0001'.repeat(1999)}x` },
  );
  assert.is(records.length, 3);
  for (const record of records) {
    assert.ok(Buffer.byteLength(record.text) <= CONTROL_BYTES_MAX);
    assert.equal(verifyControlRecord('purge', record.text), record);
  }
  const many = Array.from({ length: 1001 }, (_, i) => purgeOf(`${i}`));
  assert.is(createPurgeRecords(ADMIN, many, { atMs: T0, reason: 'x' }).length, 2);
});

it('is refused when a byte of it was changed', () => {
  const other = KEY.text.replace('central', 'centrol');
  assert.is(refusal('key', other), 'damaged: a control record is not signed by its key');
  assert.is(
    refusal('purge', KEY.text),
    'damaged: a control record has other members than at, format, key, purges, reason',
  );
  assert.is(refusal('key', forge(KEY, {}, testWriter(8).secret)), 'damaged: a control record is not signed by its key');
  assert.match(refusal('key', ` ${KEY.text}`), /^damaged: /);
  assert.match(refusal('key', KEY.text.slice(0, -1)), /^damaged: /);
});

it('names the rule that a record breaks, also a signed one', () => {
  const cases: readonly (readonly [ControlRecord, Readonly<Record<string, unknown>>, string])[] = [
    [KEY, { more: 1 }, 'has other members than created, format, key, label'],
    [KEY, { created: -1 }, 'lacks a key or a time'],
    [KEY, { key: 'x' }, 'lacks a key or a time'],
    [KEY, { label: ' ' }, 'lacks a label of 1 to 200 characters'],
    [PURGE, { at: 1.5 }, 'lacks a key or a time'],
    [PURGE, { reason: '' }, 'lacks a reason of 1 to 2000 characters'],
    [PURGE, { purges: [] }, 'lacks its 1 to 1000 purges'],
    [PURGE, { purges: [1] }, 'has a purge that is no object'],
    [PURGE, { purges: [{}] }, 'has other members than fields, first, hlc, id, over, writer'],
  ];
  for (const [record, change, rule] of cases) {
    assert.is(refusal(record.kind, forge(record, change)), `damaged: a control record ${rule}`);
  }
  const [one, other] = (JSON.parse(PURGE.text) as { purges: JsonObject[] }).purges as [JsonObject, JsonObject];
  const bent: readonly (readonly [readonly JsonObject[], RegExp])[] = [
    [[other, one], /not sorted by id/],
    [[one, one], /not sorted by id/],
    [[{ ...one, hlc: 'x' }], /without an entry, its writers or its time/],
    [[{ ...one, over: [hash('b'), hash('b')] }], /'over' is not a sorted set/],
    [[{ ...one, over: 'x' }], /'over' is not a sorted set/],
    [[{ ...one, fields: ['x'] }], /'fields' is not a sorted set/],
  ];
  for (const [purges, rule] of bent) assert.match(refusal('purge', forge(PURGE, { purges })), rule);
});

it('of another format is told from a broken one', () => {
  assert.is(refusal('key', forge(KEY, { format: 2 })), 'newer-format: a control record is not of format 1');
  assert.match(refusal('purge', `"${'x'.repeat(CONTROL_BYTES_MAX)}"`), /is longer than/);
});

it('is refused, and nothing else happens, whatever bytes a stranger sends', () => {
  laws.check(300, fc.tuple(fc.nat(PURGE.text.length - 1), fc.string({ maxLength: 3 })), ([at, text]) => {
    const bent = PURGE.text.slice(0, at) + text + PURGE.text.slice(at + 1);
    if (bent !== PURGE.text) assert.match(refusal('purge', bent), /^(?:damaged|newer-format): /);
  });
});

it.run();
