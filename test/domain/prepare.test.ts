import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AttemptId } from '../../src/domain/ids.ts';
import { prepareResume, prepareStart, prepareUse } from '../../src/domain/prepare.ts';
import { EXECUTIONS } from '../helpers/laws/random-draft.ts';

const it = suite('prepare');
const IDS = { execution: EXECUTIONS[0], attempt: '01900000-0000-7000-8000-000000000001' as AttemptId };
const NONE = new Map();
const FACTS = {
  code: { repository: 'https://me:secret@host.invalid/x.git', branch: 'main' },
  command: ['fetch', '--from=s3://key:p@ss@bucket/x', 'me@home'],
};
const PLAIN = {
  code: { repository: 'https://host.invalid/x.git', branch: 'main' },
  command: ['fetch', '--from=s3://bucket/x', 'me@home'],
};

it('records no password of a code repository or in a word of a command', () => {
  const start = { namespace: '', pipeline: 'p', stage: 's', params: NONE, props: NONE, facts: FACTS };
  const { target, drafts } = prepareStart(start, IDS);
  const resumed = prepareResume(target, [], FACTS);
  for (const draft of [drafts[1], resumed]) {
    assert.ok(draft?.operation.kind === 'attempt.start');
    assert.equal(draft.operation.facts, PLAIN);
  }
  const bare = prepareResume(target, [], {}).operation;
  assert.ok(bare.kind === 'attempt.start');
  assert.equal(bare.facts, {});
});

it('records no password of a URL that was read or written', () => {
  const bytes = (text: string) => ({ $bytes: Buffer.from(text, 'latin1').toString('base64') });
  for (const [path, expected] of [
    ['s3://key:p@ss@bucket/x@1', 's3://bucket/x@1'],
    ['data/me@home.csv', 'data/me@home.csv'],
    [bytes('s3://key:secret@bucket/\xff'), bytes('s3://bucket/\xff')],
    [bytes('a@b/\xff'), bytes('a@b/\xff')],
  ] as const) {
    const target = { ...IDS, bucket: '_' } as const;
    const use = { direction: 'input', path, digests: [], seen: false, values: {} } as const;
    const { operation } = prepareUse(target, use);
    assert.ok(operation.kind === 'use');
    assert.equal(operation.path, expected);
  }
});

it.run();
