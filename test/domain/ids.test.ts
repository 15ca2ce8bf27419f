import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  importedExecutionId,
  isBucket,
  isEntryId,
  isExecutionId,
  isWriterId,
  meaningOfRef,
  parseExecutionId,
  pipelineId,
  REFS,
  stageId,
  uuidv7,
} from '../../src/domain/ids.ts';
import { errorOf } from '../helpers/error-of.ts';

const it = suite('ids');

const WRITER = '0123456789abcdef0123456789abcdef';
const HASH: string = 'a'.repeat(64);
const UUID = '01900000-abcd-7000-8000-00000000000f';

it('reads the refs of git cmf', () => {
  assert.equal(meaningOfRef(`${REFS.journal}${WRITER}`), { kind: 'journal', writer: WRITER });
  assert.equal(meaningOfRef(`${REFS.inbox}${WRITER}`), { kind: 'inbox', writer: WRITER });
  assert.equal(meaningOfRef(`${REFS.code}${WRITER}`), { kind: 'code', writer: WRITER });
  assert.equal(meaningOfRef(`${REFS.mergedPipeline}${HASH}`), { kind: 'merged-pipeline', pipeline: HASH });
  assert.equal(meaningOfRef(REFS.mergedAll), { kind: 'merged-all' });
  assert.equal(meaningOfRef(REFS.archive), { kind: 'archive' });
  assert.equal(meaningOfRef(REFS.control), { kind: 'control' });
});

it('knows no other name, however near', () => {
  const journal = `${REFS.journal}${WRITER}`;
  const names = [
    '',
    'refs/heads/main',
    REFS.all,
    REFS.journal,
    `${journal}/x`,
    `${journal}.lock`,
    `${journal}\n`,
    `${journal}\0`,
    ` ${journal}`,
    `x${journal}`,
    `${REFS.journal}${WRITER.toUpperCase()}`,
    `${REFS.journal}${WRITER.slice(1)}`,
    `${REFS.journal}../in/${WRITER}`,
    `${REFS.journal}${HASH}`,
    `${REFS.mergedPipeline}_`,
    `${REFS.mergedPipeline}${WRITER}`,
    `${REFS.mergedAll}/x`,
    `${REFS.archive}/x`,
    `${REFS.merged}other`,
    `${REFS.all}new/${WRITER}`,
    `REFS/cmf/journal/${WRITER}`,
    `${REFS.all}__proto__`,
  ];
  for (const name of names) assert.is(meaningOfRef(name), undefined, JSON.stringify(name));
});

it('names the same pipeline and stage alike everywhere, and different ones differently', () => {
  assert.is(pipelineId('', 'p'), '1c69595255a02fe28c2bc7cefdd03c8cb27d202c8ead1402ed58f37b74ce09c4');
  const ids = [
    pipelineId('', 'p'),
    pipelineId('', 'P'),
    pipelineId('p', ''),
    pipelineId('', 'p/q'),
    pipelineId('', 'p:q,r'),
    stageId('', pipelineId('', 'p'), 's'),
    stageId('', pipelineId('', 'q'), 's'),
    stageId('n', pipelineId('', 'p'), 's'),
    // Two spellings of one letter are two names here: faces normalise, the fold never does.
    pipelineId('', '\u00e9'),
    pipelineId('', 'e\u0301'),
  ];
  assert.is(new Set(ids).size, ids.length);
  assert.is(importedExecutionId('mlmd', '7'), importedExecutionId('mlmd', '7'));
  assert.is.not(importedExecutionId('mlmd', '7'), importedExecutionId('mlflow', '7'));
});

it('makes UUIDs of version 7 that sort by time', () => {
  const random = Uint8Array.from({ length: 10 }, () => 0xff);
  assert.is(uuidv7(0x01900000_0000, random), '01900000-0000-7fff-bfff-ffffffffffff');
  assert.is(uuidv7(2 ** 48 - 1, new Uint8Array(10)), 'ffffffff-ffff-7000-8000-000000000000');
  assert.ok(uuidv7(1_750_000_000_000, random) < uuidv7(1_750_000_000_001, new Uint8Array(10)));
});

it('checks ids to the last character', () => {
  const nearHashes: readonly unknown[] = [`${HASH}\n`, HASH.toUpperCase(), HASH.slice(1), [HASH], '__'];
  const near = [UUID.toUpperCase(), UUID.replaceAll('-', ''), `${UUID}\n`, `{${UUID}}`, 7, null, undefined, {}];
  assert.ok(isExecutionId(UUID) && isExecutionId(HASH) && isWriterId(WRITER) && isEntryId(HASH));
  assert.ok(isBucket('_') && isBucket(HASH));
  for (const text of near) {
    assert.not.ok(isExecutionId(text));
  }
  for (const text of nearHashes) {
    assert.not.ok(isEntryId(text) || isBucket(text));
  }
  assert.is(parseExecutionId(UUID), UUID);
  assert.match(
    errorOf(() => parseExecutionId('x')),
    /^usage: 'x' is not an execution id: it must be the UUID that/,
  );
});

it.run();
