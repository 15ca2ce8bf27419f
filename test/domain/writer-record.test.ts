import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeCanonical, type Json, type JsonObject } from '../../src/domain/canonical-json.ts';
import { hlcAt } from '../../src/domain/clock.ts';
import { publicKeyOf, type SecretKey, signText } from '../../src/domain/signature.ts';
import {
  createWriterRecord,
  endorse,
  type Predecessor,
  verifyWriterRecord,
  WRITER_RECORD_BYTES_MAX,
} from '../../src/domain/writer-record.ts';
import { errorOf } from '../helpers/error-of.ts';
import { CAST } from '../helpers/laws/cast.ts';

const it = suite('writer-record');

const { ann, ann2, ann3, bob } = CAST;

/** A record with some members changed, signed by its writer all the same: what a liar would publish. */
function signedWith(secret: SecretKey, text: string, change: JsonObject): string {
  const { signature: _signature, ...record } = { ...(JSON.parse(text) as JsonObject), ...change };
  const signature = signText(secret, `git-cmf writer 1\n${encodeCanonical(record)}\n`);
  return encodeCanonical({ ...record, signature });
}

function refusal(change: JsonObject): string {
  return errorOf(() => verifyWriterRecord(signedWith(ann2.secret, ann2.record.text, change)));
}

it('reads what was written, predecessors and all', () => {
  for (const { record } of [ann, ann2, ann3]) assert.equal(verifyWriterRecord(record.text), record);
  assert.equal(
    ann3.record.predecessors.map(({ writer }) => writer),
    [ann2.id, ann.id],
  );
  assert.is(verifyWriterRecord(signedWith(ann2.secret, ann2.record.text, {})).text, ann2.record.text);
});

it('makes no record that it would not read', () => {
  const endorsed = endorse(bob.secret, ann.record.key);
  const made = (count: number) =>
    createWriterRecord(ann.secret, hlcAt(1), new Array<Predecessor>(count).fill(endorsed));
  assert.is(made(100).predecessors.length, 100);
  assert.is(
    errorOf(() => made(101)),
    'damaged: writer.json has no proper list of predecessors',
  );
});

it('refuses a record that was changed after it was signed', () => {
  const { text } = ann2.record;
  const changes = [
    text.replace(/"created":"./, '"created":"1'),
    text.replace(/"predecessors":\[.*\],"sig/, '"predecessors":[],"sig'),
    text.replace(/"signature":"....(?=[^"]{82}","writer")/, '"signature":"AAAA'),
  ];
  for (const changed of changes) {
    assert.is.not(changed, text);
    assert.is(
      errorOf(() => verifyWriterRecord(changed)),
      'damaged: writer.json is not signed by its key',
    );
  }
});

it('refuses what is no record, with the rule', () => {
  assert.is(refusal({ format: 2 }), 'damaged: writer.json is not of format 1');
  assert.is(refusal({ extra: 1 }), 'damaged: writer.json has members that format 1 does not know');
  assert.is(refusal({ writer: ann.id }), 'damaged: writer.json names a writer that its key does not give');
  assert.is(refusal({ key: ann.record.key }), 'damaged: writer.json names a writer that its key does not give');
  const { id: writer } = ann;
  assert.is(refusal({ key: ann.record.key, writer }), 'damaged: writer.json is not signed by its key');
  for (const change of [{ created: 'now' }, { key: 7 }, { writer: null }] as const) {
    assert.is(refusal(change), 'damaged: writer.json lacks a key, a writer or a time');
  }
  assert.is(
    errorOf(() => verifyWriterRecord('[]')),
    'damaged: writer.json is not an object',
  );
  assert.is(
    errorOf(() => verifyWriterRecord(`${ann.record.text}\n`)),
    'damaged: JSON text is not canonical (RFC 8785)',
  );
});

it('refuses a cut off record wherever it was cut', () => {
  const { text } = ann.record;
  for (let length = 0; length < text.length; length += 7) {
    assert.match(
      errorOf(() => verifyWriterRecord(text.slice(0, length))),
      /^damaged: /,
    );
  }
});

it('refuses a record that is too long', () => {
  const long = signedWith(ann.secret, ann.record.text, { predecessors: 'x'.repeat(WRITER_RECORD_BYTES_MAX) });
  assert.is(
    errorOf(() => verifyWriterRecord(long)),
    'damaged: writer.json is longer than 65536 bytes',
  );
});

it('believes no predecessor who did not say so', () => {
  const key = publicKeyOf(ann2.secret);
  const good = endorse(ann.secret, key);
  const forBob = endorse(ann.secret, publicKeyOf(bob.secret));
  const claims = /^damaged: writer\.json claims to continue \w{32}, whose key did not sign that$/;
  assert.match(refusal({ predecessors: [{ ...forBob }] }), claims);
  assert.match(refusal({ predecessors: [{ ...good }, { ...endorse(bob.secret, ann.record.key) }] }), claims);
  assert.match(refusal({ predecessors: [{ ...endorse(bob.secret, key), signature: good.signature }] }), claims);
  const malformed: readonly Json[] = [
    { ...good, writer: bob.id },
    { ...good, more: 1 },
    { ...good, key: `${good.key}=` },
    { writer: ann.id },
    null,
    'x',
  ];
  for (const one of malformed) {
    assert.is(refusal({ predecessors: [one] }), 'damaged: writer.json has a malformed predecessor');
  }
  const many: readonly Predecessor[] = Array.from({ length: 101 }, () => good);
  for (const predecessors of [undefined, null, {}, many.map((one) => ({ ...one }))]) {
    const message = errorOf(() => verifyWriterRecord(signedWith(ann2.secret, ann2.record.text, { predecessors })));
    assert.match(message, /has no proper list of predecessors|has members that format 1 does not know/);
  }
});

it('is the same text whenever it is made', () => {
  assert.is(createWriterRecord(bob.secret, hlcAt(5)).text, createWriterRecord(bob.secret, hlcAt(5)).text);
});

it.run();
