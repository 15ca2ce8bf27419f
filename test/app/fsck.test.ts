import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finishExecution } from '../../src/app/executions.ts';
import { fsck } from '../../src/app/fsck.ts';
import { mergeOnce } from '../../src/app/merged-trees.ts';
import { REFS } from '../../src/domain/ids.ts';
import type { Oid } from '../../src/ports/git.ts';
import { journalFiles, testBucket, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, plantBlob, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { git } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: fsck');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone({ bare: true }));
  const running = await startRun(bench.clone);
  await finishExecution(bench.clone, { target: running, view: undefined }, { status: 'succeeded' });
});
it.after.each(({ clone }) => clone.repository.close());

const journalOf = ({ clone }: WritingClone) => `refs/cmf/journal/${clone.writer}`;

it('finds nothing wrong with what was written, and counts it', async ({ clone }) => {
  await startRun(clone, 'score');
  const report = await fsck(clone);
  assert.equal([report.errors, report.notices], [[], []]);
  assert.equal([report.writers, report.segments, report.entries, report.logRecords], [1, 1, 3, 2]);
});

it('reports a changed segment, and the ref it is in', async (bench) => {
  const { clone, directory } = bench;
  const ref = journalOf(bench);
  const [path = ''] = (await git(['ls-tree', '-r', '--name-only', ref, 'seg'], { cwd: directory })).stdout.split('\n');
  const { stdoutBytes } = await git(['cat-file', 'blob', `${ref}:${path}`], { cwd: directory });
  const forged = Buffer.from(stdoutBytes).toString().replace('churn', 'CHURN');
  const blob = (await git(['hash-object', '-w', '--stdin'], { cwd: directory, input: forged })).stdout.trim();
  const env = { GIT_INDEX_FILE: join(directory, 'forged-index') };
  await git(['read-tree', ref], { cwd: directory, env });
  await git(['update-index', '--cacheinfo', `100644,${blob},${path}`], { cwd: directory, env });
  const tree = (await git(['write-tree'], { cwd: directory, env })).stdout.trim();
  const commit = (await git(['commit-tree', tree, '-m', 'forged'], { cwd: directory })).stdout.trim();
  await git(['update-ref', ref, commit], { cwd: directory });
  const { errors } = await fsck(clone);
  assert.is(errors.length, 1);
  assert.match(errors[0] ?? '', ref);
  assert.match(errors[0] ?? '', 'SHA-256');
});

it('reports a line of the log that is no record, with its place', async ({ clone, directory }) => {
  writeFileSync(join(directory, 'cmf/wal/boot.ns.1.1.aa.sealed'), 'nonsense\n');
  const { errors } = await fsck(clone);
  assert.is(errors.length, 1);
  assert.match(errors[0] ?? '', /boot\.ns\.1\.1\.aa\.sealed, line 1: /);
});

it('compares the merge of a server with its journals', async (bench) => {
  const { clone, directory } = bench;
  await mergeOnce(clone.repository, { nowSeconds: 0 });
  assert.equal((await fsck(clone)).errors, []);
  await git(['update-ref', 'refs/cmf/merged/all', journalOf(bench)], { cwd: directory });
  const { errors } = await fsck(clone);
  assert.ok(errors.some((error) => error.startsWith('refs/cmf/merged/all is not what the journals give')));
});

it('reads no segment twice, in however many pipelines it is merged', async ({ clone, directory }) => {
  const writer = testWriter(1);
  const buckets = ['_', testBucket('p'), testBucket('q')] as const;
  const files = journalFiles(
    writer,
    buckets.map((bucket) => testSegment(writer, { bucket })),
  );
  const commit = await plantCommit(directory, await plantTree(directory, folderOf(files)));
  await git(['update-ref', REFS.journal + writer.record.writer, commit], { cwd: directory });
  await mergeOnce(clone.repository, { nowSeconds: 0 });
  const { objects } = clone.repository;
  const read: Oid[] = [];
  const spied = Object.create(objects, {
    readBlobs: {
      value: (oids: readonly Oid[]) => {
        read.push(...oids);
        return objects.readBlobs(oids);
      },
    },
  });
  const { errors, segments } = await fsck({ ...clone, repository: { ...clone.repository, objects: spied } });
  assert.equal(errors, []);
  assert.is(segments, 4);
  const segment = await plantBlob(directory, testSegment(writer, { bucket: '_' }).text);
  // Once as the journal's, once when the merge is computed anew.
  assert.is(read.filter((oid) => oid === segment).length, 2);
});

it('says when the key is not the one of the writer', async ({ clone, directory }) => {
  writeFileSync(join(directory, 'cmf/key'), 'x\n');
  assert.match((await fsck(clone)).errors.join('\n'), 'this clone: ');
});

it.run();
