import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/app/clone.ts';
import { recordNow } from '../../src/app/executions.ts';
import { flush } from '../../src/app/flush.ts';
import { readState } from '../../src/app/read-state.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { GATE, mergedPath } from '../../src/domain/layout.ts';
import { mergeAt, plantRef, withContext } from '../helpers/hosts.ts';
import { journalFiles, testEntries, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { makeRepository } from '../helpers/sealed-git.ts';
import { draftOf } from '../helpers/simulated-machine.ts';
import { makeWritingClone, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: what a clone knows');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each(({ clone }) => clone.repository.close());

const journalRef = (number: number) => `refs/cmf/journal/${testWriter(number).record.writer}`;

/** The journal of a test writer with one entry; `prefix` is where it lies in a merged tree. */
function journal(number: number, prefix = ''): Record<string, string> {
  const writer = testWriter(number);
  const files = journalFiles(writer, [testSegment(writer)]);
  return Object.fromEntries(Object.entries(files).map(([path, text]) => [prefix + path, text]));
}

function known(numbers: readonly number[]): Record<string, string> {
  const trees = numbers.map((number) => journal(number, `${mergedPath(testWriter(number).record.writer)}/`));
  return Object.assign({}, ...trees) as Record<string, string>;
}

async function summary(context: Context): Promise<unknown> {
  const { state, partial } = await readState(context);
  return [state.entries.size, state.writers.size, partial];
}

it('is its own name and journal, what it learned, and its logs; an entry in several of them is one', async (bench) => {
  const { clone, directory } = bench;
  assert.equal(await summary(clone), [0, 1, []]);
  recordNow(clone, [draftOf(1)]);
  await flush(clone, { wait: true });
  recordNow(clone, [draftOf(2)]);
  await plantRef(directory, 'refs/cmf-local/known', known([1, 2]));
  await plantRef(directory, journalRef(2), journal(2));
  assert.equal(await summary(clone), [4, 3, []]);
});

it('leaves out lines of a log that are no records', async ({ clone }) => {
  recordNow(clone, [draftOf(1)]);
  const wal = `${clone.repository.layout.commonDir}/cmf/wal`;
  const [line = ''] = testEntries(testWriter(1)).map((entry) => entry.line);
  const text = ['not JSON', '{"a":1}', line.replace('"kind":"set"', '"kind":7'), '', line].join('\n');
  clone.disk.writeHint(`${wal}/boot.1.9.1.ff.sealed`, `${text}\n`);
  assert.equal(await summary(clone), [2, 1, []]);
});

it('names a writer that cannot be read, and shows the rest', async ({ clone, directory }) => {
  const [broken, newer] = [testWriter(1), testWriter(2)];
  const damaged = Object.entries(journal(1)).map(([path, text]) => [path, text.replace('"title":"', '"title":"x')]);
  await plantRef(directory, journalRef(1), Object.fromEntries(damaged));
  const { [GATE]: _gate, ...rest } = journal(2);
  await plantRef(directory, journalRef(2), { ...rest, 'cmf-format-2': '' });
  await plantRef(directory, journalRef(3), journal(3));
  const { state, partial } = await readState(clone);
  assert.is(state.entries.size, 1);
  assert.is(partial.length, 2);
  for (const { record } of [broken, newer]) assert.ok(partial.some((reason) => reason.includes(record.writer)));
});

it('fails where the machine and not the data is at fault', async ({ clone, directory }) => {
  await plantRef(directory, journalRef(1), journal(1));
  const { repository } = clone;
  const readTree = () => Promise.reject(new CmfError('environment', { message: 'the disk is gone' }));
  const objects = Object.assign(Object.create(repository.objects) as typeof repository.objects, { readTree });
  const failing = Object.assign(Object.create(repository) as typeof repository, { objects });
  const error = await readState({ ...clone, repository: failing }).catch((reason: Error) => reason.message);
  assert.is(error, 'the disk is gone');
});

it('is in a central repository what was merged, and nothing that came in since', async () => {
  const host = await makeRepository({ bare: true });
  await plantRef(host, journalRef(1), journal(1));
  await mergeAt(host);
  await plantRef(host, journalRef(2), journal(2));
  assert.equal(await withContext(host, summary), [1, 1, []]);
  await mergeAt(host);
  assert.equal(await withContext(host, summary), [2, 2, []]);
});

it.run();
