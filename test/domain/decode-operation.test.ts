import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Json, JsonObject } from '../../src/domain/canonical-json.ts';
import { decodeOperation, decodeSubject } from '../../src/domain/decode-operation.ts';
import { encodeOperation, type Subject } from '../../src/domain/operation.ts';
import { Dice } from '../helpers/laws/dice.ts';
import { ATTEMPTS, EXECUTIONS, randomDraft } from '../helpers/laws/random-draft.ts';

const it = suite('decode-operation');

const KINDS = [
  'execution',
  'attempt.start',
  'attempt.end',
  'set',
  'metric',
  'use',
  'tag.add',
  'tag.remove',
  'retract',
  'constructor',
  '__proto__',
  'dream',
];
const HASH = 'a'.repeat(64);
const MD5 = `md5:${'0'.repeat(32)}`;
const SUBJECT: Subject = { kind: 'execution', id: EXECUTIONS[0] };
const PIPELINE = { kind: 'pipeline', id: HASH } as Subject;

/** JSON that is often nearly right. */
const nearly = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constantFrom<Json>(null, true, 0, -1, 0.5, '', 'x', 'input', 'aborted', HASH, MD5, ATTEMPTS[0]),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        ...[
          'attempt',
          'saw',
          'facts',
          'status',
          'rank',
          'series',
          'steps',
          'values',
          'title',
          'param.x',
          'tags',
          'ids',
        ],
        ...['direction', 'path', 'digests', '$bytes', '$num', 'pipeline', 'stage', 'namespace', '__proto__', 'at'],
      ),
      tie('json'),
      { maxKeys: 6 },
    ),
  ),
})).json as fc.Arbitrary<Json>;

it('never throws, whatever the payload and the subject', () => {
  const objects = fc.dictionary(fc.string(), nearly).map((object) => object as JsonObject);
  const payloads = fc.oneof(
    objects,
    nearly.filter((json) => json !== null && typeof json === 'object' && !Array.isArray(json)),
  );
  const check = fc.property(fc.constantFrom(...KINDS), payloads, nearly, (kind, op, on) => {
    const operation = decodeOperation(kind, decodeSubject(on), op as JsonObject);
    assert.ok(operation.kind === kind || operation.kind === 'unknown');
    const ours = decodeOperation(kind, SUBJECT, op as JsonObject);
    assert.ok(ours.kind === kind || (ours.kind === 'unknown' && ours.name === kind));
  });
  fc.assert(check, { numRuns: 5000 });
});

it('reads back every operation that can be said', () => {
  const check = fc.property(fc.noBias(fc.maxSafeNat()), (number) => {
    const { subject, operation } = randomDraft(new Dice(number)).draft;
    assert.equal(decodeOperation(operation.kind, subject, encodeOperation(operation)), operation);
  });
  fc.assert(check, { numRuns: 1000 });
});

const USE = { attempt: ATTEMPTS[0], direction: 'input', path: 'x', digests: [MD5] };
const SERIES = { steps: [1, null], values: [1, { $num: 'NaN' }] };

const SOUND: readonly (readonly [kind: string, op: JsonObject])[] = [
  ['execution', { namespace: '', pipeline: 'p', stage: 's' }],
  ['attempt.start', { attempt: ATTEMPTS[0], saw: [], facts: {} }],
  ['attempt.end', { attempt: ATTEMPTS[0], status: 'failed', inferred: false, exitCode: 1 }],
  ['set', { values: { title: 'x', 'param.a.b': 1, 'prop. ': null } }],
  ['metric', { attempt: ATTEMPTS[0], rank: 0, series: { 'val:top1': { ...SERIES, at: [1, 2] } } }],
  ['use', { ...USE, seen: true, sizeBytes: 0, files: 1, from: HASH, pointer: 'sha1:x', values: { type: 'model' } }],
  ['use', { ...USE, path: { $bytes: '/w==' } }],
  ['tag.add', { tags: ['a'] }],
  ['tag.remove', { tags: { a: [HASH], b: [] } }],
  ['retract', { ids: [HASH] }],
];

/** Changes to a sound payload, each of which makes it one that nobody knows. */
const BROKEN: readonly (readonly [kind: string, change: JsonObject])[] = [
  ['execution', { pipeline: '' }],
  ['execution', { stage: 5 }],
  ['execution', { namespace: undefined }],
  ['attempt.start', { attempt: 'x' }],
  ['attempt.start', { saw: ['x'] }],
  ['attempt.start', { facts: [] }],
  ['attempt.end', { status: 'running' }],
  ['attempt.end', { exitCode: 1.5 }],
  ['set', { values: { colour: 1 } }],
  ['set', { values: { 'param.': 1 } }],
  ['set', { values: { title: { $num: '5' } } }],
  ['set', { values: [] }],
  ['metric', { rank: -1 }],
  ['metric', { series: { '': SERIES } }],
  ['metric', { series: { loss: { ...SERIES, steps: [1] } } }],
  ['metric', { series: { loss: { ...SERIES, steps: [1, 1.5] } } }],
  ['metric', { series: { loss: { ...SERIES, at: [1] } } }],
  ['use', { direction: 'both' }],
  ['use', { path: '' }],
  ['use', { path: { $bytes: 5 } }],
  ['use', { digests: [] }],
  ['use', { digests: ['md5:short'] }],
  ['use', { sizeBytes: -1 }],
  ['use', { from: 'x' }],
  ['use', { values: { 'x.y': 1 } }],
  ['tag.add', { tags: [''] }],
  ['tag.add', { tags: 'a' }],
  ['tag.remove', { tags: { a: ['x'] } }],
  ['tag.remove', { tags: { '': [] } }],
  ['retract', { ids: ['x'] }],
];

it('takes a known kind with another shape for one that a newer version knows', () => {
  for (const [kind, op] of SOUND) assert.is(decodeOperation(kind, SUBJECT, op).kind, kind);
  for (const [kind, change] of BROKEN) {
    const sound = SOUND.find(([name]) => name === kind)?.[1];
    const operation = decodeOperation(kind, SUBJECT, { ...sound, ...change });
    assert.equal(operation, { kind: 'unknown', name: kind }, JSON.stringify(change));
  }
});

it('asks for the subject that the kind speaks of', () => {
  for (const [kind, op] of SOUND) {
    const isOfExecutions = ['execution', 'attempt.start', 'attempt.end', 'metric', 'use'].includes(kind);
    assert.is(decodeOperation(kind, PIPELINE, op).kind, isOfExecutions ? 'unknown' : kind);
    assert.is(decodeOperation(kind, undefined, op).kind, kind === 'retract' ? kind : 'unknown');
  }
});

it('sorts the digests of a use', () => {
  const digests = [MD5, `blake3:${HASH}`];
  const operation = decodeOperation('use', SUBJECT, { ...USE, digests });
  assert.equal(operation.kind === 'use' && operation.digests.map(({ kind }) => kind), ['blake3', 'md5']);
});

it('reads subjects, and no others', () => {
  for (const kind of ['pipeline', 'stage', 'use', 'execution', 'attempt']) {
    assert.equal(decodeSubject({ [kind]: HASH }), { kind, id: HASH });
  }
  assert.equal(decodeSubject({ artifact: MD5 }), { kind: 'artifact', id: MD5 });
  const others = [
    undefined,
    null,
    'x',
    [],
    {},
    { model: HASH },
    { use: 5 },
    { use: HASH, stage: HASH },
    { artifact: 'x' },
  ];
  for (const json of [...others, JSON.parse(`{"__proto__":"${HASH}"}`)]) assert.is(decodeSubject(json), undefined);
});

it.run();
