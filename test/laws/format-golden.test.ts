/**
 * The stored formats of version 1: what was written once must be read for ever, and the same words must give the same
 * bytes. The files in test/golden are never edited; a new version of a format gets new files.
 */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Hlc, hlcAt } from '../../src/domain/clock.ts';
import { type EntryDraft, sealEntry, verifyEntry } from '../../src/domain/entry.ts';
import { type AttemptId, type EntryId, type ExecutionId, pipelineId, type UseId } from '../../src/domain/ids.ts';
import { stateOf } from '../../src/domain/join.ts';
import { segmentPath } from '../../src/domain/layout.ts';
import type { Subject } from '../../src/domain/operation.ts';
import { sealSegment, verifySegment } from '../../src/domain/segment.ts';
import { publicKeyOf, secretKeyFrom } from '../../src/domain/signature.ts';
import { FOLD_VERSION, viewOf } from '../../src/domain/view.ts';
import { entriesDigest, viewDigest } from '../../src/domain/view-digest.ts';
import { createWriterRecord, endorse, verifyWriterRecord } from '../../src/domain/writer-record.ts';

const it = suite('golden: format 1');

const read = (name: string): string => readFileSync(new URL(`../golden/${name}`, import.meta.url), 'utf8');
const WRITER = read('writer-1.json');
const ENTRIES = read('entries-1.jsonl');
const SEGMENT = read('segment-1.jsonl');

const OLD_SECRET = secretKeyFrom(Uint8Array.from({ length: 32 }, (_, i) => 255 - i));
const SECRET = secretKeyFrom(Uint8Array.from({ length: 32 }, (_, i) => i));
const OLD_RECORD = createWriterRecord(OLD_SECRET, hlcAt(1_700_000_000_000));
const RECORD = createWriterRecord(SECRET, hlcAt(1_750_000_000_000), [endorse(OLD_SECRET, publicKeyOf(SECRET))]);

const BUCKET = pipelineId('lab', 'p: 1, é');
const EXECUTION: Subject = { kind: 'execution', id: '01977420-dc00-7abc-8def-0123456789ab' as ExecutionId };
const ATTEMPT = '01977420-dc00-7abc-9def-0123456789ab' as AttemptId;
const EARLIER = '01977420-dbff-7abc-9def-0123456789ab' as AttemptId;
const [A, B] = ['a', 'b'].map((digit) => digit.repeat(64) as EntryId) as [EntryId, EntryId];

/** One entry of each kind, with every optional member somewhere. */
const DRAFTS: readonly EntryDraft[] = [
  {
    bucket: BUCKET,
    subject: EXECUTION,
    operation: { kind: 'execution', namespace: 'lab', pipeline: 'p: 1, é', stage: 'train/all' },
  },
  {
    bucket: BUCKET,
    subject: EXECUTION,
    atMs: 1_749_999_999_999,
    operation: {
      kind: 'attempt.start',
      attempt: ATTEMPT,
      saw: [EARLIER],
      facts: {
        code: {
          repository: 'https://example.org/x.git',
          commit: `sha1:${'1'.repeat(40)}`,
          branch: 'main',
          dirty: true,
        },
        command: ['python', 'train.py', '--lr', '0.1'],
        environment: { node: 'v20', cores: 2 },
      },
    },
  },
  {
    bucket: BUCKET,
    subject: EXECUTION,
    operation: {
      kind: 'set',
      values: {
        title: 'Run 1',
        'param.lr': 0.1,
        'param.big': { $num: '9223372036854775808' },
        'prop.x': { $$num: [null] },
      },
    },
    over: [B, A],
  },
  {
    bucket: BUCKET,
    subject: EXECUTION,
    operation: {
      kind: 'metric',
      attempt: ATTEMPT,
      rank: 1,
      series: { 'val:top1': { steps: [1, 2, null], values: [0.5, { $num: 'NaN' }, 1], at: [1, 2, 3] } },
    },
  },
  {
    bucket: BUCKET,
    subject: EXECUTION,
    operation: {
      kind: 'use',
      attempt: ATTEMPT,
      direction: 'input',
      path: 'data/set: 1',
      digests: [
        { kind: 'md5', value: '0'.repeat(32) },
        { kind: 'blake3', value: '1'.repeat(64) },
      ],
      seen: true,
      sizeBytes: 7,
      files: 1,
      from: 'c'.repeat(64) as UseId,
      pointer: `sha1:${'2'.repeat(40)}`,
      values: { type: 'dataset' },
    },
  },
  {
    bucket: BUCKET,
    subject: EXECUTION,
    operation: {
      kind: 'use',
      attempt: ATTEMPT,
      direction: 'output',
      path: { $bytes: '/w==' },
      digests: [{ kind: 'etag', value: '"x:y"' }],
      seen: false,
      values: {},
    },
  },
  { bucket: BUCKET, subject: EXECUTION, operation: { kind: 'tag.add', tags: ['best', 'a b'] } },
  { bucket: BUCKET, subject: EXECUTION, operation: { kind: 'tag.remove', tags: { best: [A], 'a b': [] } } },
  { bucket: BUCKET, operation: { kind: 'retract', ids: [A, B] } },
  {
    bucket: BUCKET,
    subject: EXECUTION,
    operation: { kind: 'attempt.end', attempt: ATTEMPT, status: 'failed', inferred: false, exitCode: 3 },
    was: { id: A, writer: OLD_RECORD.writer },
  },
];

function sealed() {
  return DRAFTS.map((draft, i) => {
    const hlc = hlcAt(1_750_000_000_000 + i) as Hlc;
    return sealEntry(draft, { writer: RECORD.writer, hlc, nonce: i.toString(16).padStart(16, '0') });
  });
}

it('writes the same record of a writer, and reads it', () => {
  assert.is(RECORD.text, WRITER);
  assert.equal(verifyWriterRecord(WRITER), RECORD);
});

it('writes the same entry of each kind, and reads it', () => {
  const lines = ENTRIES.split('\n').slice(0, -1);
  assert.equal(
    sealed().map(({ line }) => line),
    lines,
  );
  assert.equal(lines.map(verifyEntry), sealed());
  assert.is(new Set(lines.map((line) => verifyEntry(line).operation.kind)).size, 9);
});

it('writes the same segment at the same path, and reads it', () => {
  const segment = sealSegment(sealed(), { number: 2, previous: B }, SECRET);
  assert.is(segment.text, SEGMENT);
  assert.equal(verifySegment(SEGMENT, RECORD.key), segment);
  assert.is(
    segmentPath(segment),
    'seg/ae32f38dacb3b6b041cfcd12438c4aca50127d4237c6c052775d06ccc9dbc14e/2025-06/f3/01977420dc000000-f3416e23e1425dd3e7ed43a481d01b1610fc7733cb3b321d349f74c70a8f1346.jsonl',
  );
});

it('gives the same digests, as long as the fold is of version 1', () => {
  const state = stateOf(verifySegment(SEGMENT, RECORD.key).entries, [OLD_RECORD, RECORD]);
  assert.is(FOLD_VERSION, 1);
  assert.is(entriesDigest(state), '3fe4564d30c858d0b3c7f2bb5c822e56e7bb7c0463415767203cc642022601b7');
  // Where this fails because the fold now says something else, FOLD_VERSION must grow.
  assert.is(viewDigest(viewOf(state)), '0386c6d8376468c06b2c1bc6d3497cb24bae18cd8731a776da01104a0066a1a2');
});

it.run();
