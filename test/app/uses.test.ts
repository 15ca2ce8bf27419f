import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { recordNow } from '../../src/app/executions.ts';
import { openRecordSession } from '../../src/app/record-lines.ts';
import { retractRecords } from '../../src/app/retract.ts';
import { noteUses, type PlannedUse, planUse, type UseFacts } from '../../src/app/uses.ts';
import { parseDigest } from '../../src/domain/digest.ts';
import type { Target } from '../../src/domain/prepare.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: uses');
const MD5 = `md5:${'0'.repeat(32)}`;

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

function factsOf(direction: 'input' | 'output', path = 'model.bin'): UseFacts {
  return { direction, path, digests: [parseDigest(MD5)], seen: true, values: {} };
}

function record({ clone }: WritingClone, target: Target, facts: UseFacts): PlannedUse {
  const planned = planUse(clone, target, facts);
  recordNow(clone, [planned.draft]);
  noteUses(clone, [planned]);
  return planned;
}

function originOf({ clone }: WritingClone, target: Target, path?: string): string | undefined {
  return planUse(clone, target, factsOf('input', path)).use.from;
}

it('says of an input which use wrote it last', async (bench) => {
  const run = await startRun(bench.clone);
  assert.is(originOf(bench, run), undefined);
  const made = record(bench, run, factsOf('output'));
  assert.is(originOf(bench, run), made.id);
  const again = record(bench, await startRun(bench.clone), factsOf('output'));
  assert.is(originOf(bench, run), again.id);
  assert.is(
    planUse(bench.clone, run, { ...factsOf('input'), from: made.id }).use.from,
    made.id,
    'what was said counts',
  );
});

it('knows a URL by what is recorded of it', async (bench) => {
  const run = await startRun(bench.clone);
  const made = record(bench, run, factsOf('output', 's3://key:secret@bucket/x'));
  assert.is(originOf(bench, run, 's3://bucket/x'), made.id);
});

it('remembers what a stream of JSON lines wrote', async (bench) => {
  const run = await startRun(bench.clone);
  record(bench, run, factsOf('output'));
  const session = openRecordSession(bench.clone, run.execution);
  const say = (line: object) => session.line(Buffer.from(JSON.stringify(line)));
  await say({ op: 'start', pipeline: 'p', stage: 's' });
  await say({ op: 'use', direction: 'output', path: 'model.bin', digests: [`md5:${'1'.repeat(32)}`] });
  assert.is(originOf(bench, run), undefined, 'the bytes there now are others');
  await session.end();
});

it('does not say that something came from a use that was taken back', async (bench) => {
  const run = await startRun(bench.clone);
  const [made, other] = [record(bench, run, factsOf('output')), record(bench, run, factsOf('output', 'other.bin'))];
  await retractRecords(bench.clone, [made.id]);
  assert.is(originOf(bench, run), undefined);
  assert.is(originOf(bench, run, 'other.bin'), other.id);
});

it.run();
