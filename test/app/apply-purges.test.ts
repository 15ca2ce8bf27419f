import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { applyPurges } from '../../src/app/apply-purges.ts';
import { chooseExecution } from '../../src/app/choose-execution.ts';
import { ownJournal, walDirectory } from '../../src/app/clone.ts';
import { addControl, readPurges } from '../../src/app/control.ts';
import { digestOf } from '../../src/app/digest.ts';
import { finishExecution, logMetrics } from '../../src/app/executions.ts';
import { flush } from '../../src/app/flush.ts';
import { fsck } from '../../src/app/fsck.ts';
import { learn } from '../../src/app/learn.ts';
import { removedFiles } from '../../src/app/purge-mark.ts';
import { listPurged } from '../../src/app/purged-records.ts';
import { readPushed, rememberPushed } from '../../src/app/pushed.ts';
import { readState } from '../../src/app/read-state.ts';
import { findWals } from '../../src/app/wal.ts';
import { createPurgeRecords } from '../../src/domain/control-record.ts';
import type { Said } from '../../src/domain/entry.ts';
import { REFS } from '../../src/domain/ids.ts';
import { segmentPathOf } from '../../src/domain/layout.ts';
import { purgeOf } from '../../src/domain/purge.ts';
import { rewriteSegment } from '../../src/domain/rewrite-segment.ts';
import type { Segment } from '../../src/domain/segment.ts';
import { publicKeyOf } from '../../src/domain/signature.ts';
import type { Oid } from '../../src/ports/git.ts';
import { journalFiles, T0, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { git } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

const it = suite<WritingClone>('app: purges in a clone');
const ADMIN = testWriter(20).secret;
const other = testWriter(2);
const theirs = testSegment(other, { count: 3, salt: 'secret' });

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
});
it.after.each((bench) => bench.clone.repository.close());

async function order({ clone, directory }: WritingClone, entries: readonly Said[]): Promise<void> {
  await addControl(
    clone,
    createPurgeRecords(
      ADMIN,
      entries.map((entry) => purgeOf(entry.id, entry)),
      { atMs: T0, reason: 'because' },
    ),
  );
  await git(['config', 'cmf.adminKey', publicKeyOf(ADMIN)], { cwd: directory });
}

/** Learns what the other writer wrote; returns the commit that it came in. */
async function hear({ clone, directory }: WritingClone): Promise<Oid> {
  const tree = await plantTree(directory, folderOf(journalFiles(other, [theirs])));
  await learn(clone, REFS.known, [{ writer: other.record.writer, tree }]);
  return plantCommit(directory, tree);
}

async function reaches({ directory }: WritingClone, text: string): Promise<boolean> {
  const { stdout } = await git(['rev-list', '--objects', '--no-object-names', '--all', '--reflog'], { cwd: directory });
  const { stdout: contents } = await git(['cat-file', '--batch'], { cwd: directory, input: stdout });
  return contents.includes(text);
}

async function metricOf({ clone }: WritingClone): Promise<Said> {
  const found = [...(await readState(clone)).state.entries.values()].find(({ kind }) => kind === 'metric');
  assert.ok(found);
  return found as Said;
}

it('take the bytes out of what is known and of what was fetched, and keep all else', async (bench) => {
  const { clone, directory } = bench;
  const commit = await hear(bench);
  for (const name of ['x/journal/a', 'y/kept'])
    await git(['update-ref', REFS.incoming + name, commit], { cwd: directory });
  await git(['update-ref', `${REFS.skipped}x/${other.record.writer}`, `${commit}^{tree}`], { cwd: directory });
  const [gone, left] = theirs.entries;
  await order(bench, theirs.entries.slice(0, 1));
  const { restarted } = await applyPurges(clone);
  assert.equal(restarted, [REFS.known]);
  assert.not.ok(await reaches(bench, gone?.line ?? ''));
  assert.ok(await reaches(bench, left?.line ?? ''));
  const refs = (await clone.repository.refs.list([REFS.incoming, REFS.skipped])).map(({ name }) => name);
  assert.equal(refs, [`${REFS.skipped}x/${other.record.writer}`], 'that something was left out stays known');
  assert.equal((await fsck(clone)).errors, []);
  assert.is(removedFiles(clone).length, 1);
  assert.equal(
    (await listPurged(clone)).map(({ id, reason }) => [id, reason]),
    [[gone?.id, 'because']],
  );
  assert.equal((await applyPurges(clone)).restarted, [], 'once is enough');
});

it('take them out of the own journal and of logs, running or not', async (bench) => {
  const { clone } = bench;
  await startRun(clone);
  const chosen = await chooseExecution(clone, {});
  await logMetrics(clone, chosen, new Map([['secret', 0.123456789]]), { step: null, rank: 0 });
  const gone = await metricOf(bench);
  await order(bench, [gone]);
  await applyPurges(clone);
  assert.not.ok(await reaches(bench, '0.123456789'));
  await finishExecution(clone, chosen, { status: 'succeeded' });
  await flush(clone, { wait: true, live: true });
  assert.not.ok(await reaches(bench, '0.123456789'), 'a later flush brings it back');
  assert.not.ok(findWals(clone.disk, walDirectory(clone)).some(({ sealed }) => sealed));
  const { state } = await readState(clone);
  assert.not.ok(state.entries.has(gone.id));
  assert.equal([...state.entries.values()].map(({ kind }) => kind).sort(), [
    'attempt.end',
    'attempt.start',
    'execution',
  ]);
});

it('come before what is learned later', async (bench) => {
  await order(bench, theirs.entries.slice(0, 2));
  await applyPurges(bench.clone);
  await hear(bench);
  const { refs, objects } = bench.clone.repository;
  const known = await objects.treeOf((await refs.resolve(REFS.known)) as Oid);
  await git(['update-ref', '-d', REFS.known], { cwd: bench.directory });
  await git(['update-ref', REFS.known, await plantCommit(bench.directory, known)], { cwd: bench.directory });
  assert.not.ok(await reaches(bench, theirs.entries[0]?.line ?? ''));
  assert.is((await digestOf(bench.clone, undefined)).count, 1);
});

it('make nothing news again that is offered whole, or as what purges left of it', async (bench) => {
  const { clone, directory } = bench;
  await hear(bench);
  const [first] = theirs.entries;
  const isFirst = ({ id }: Said) => id === first?.id;
  const rest = rewriteSegment(theirs, isFirst);
  assert.ok(rest && first);
  const path = segmentPathOf(theirs.header.bucket, first.hlc, rest.sha256);
  const offered = async (more: Segment[]) => {
    const whole = [testSegment(other, { number: 9, atMs: T0 + 60_000, salt: 'news' }), ...more];
    return plantTree(directory, folderOf({ ...journalFiles(other, whole), [path]: rest.text }));
  };
  const hears = async (tree: Oid) => (await learn(clone, REFS.known, [{ writer: other.record.writer, tree }])).heard;
  assert.is((await hears(await offered([]))).length, 1, 'what was left of a segment that is whole here');
  await order(bench, theirs.entries.slice(0, 1));
  await applyPurges(clone);
  assert.is((await hears(await offered([theirs]))).length, 0, 'a whole segment of which something was purged here');
});

it('of a key that is not pinned change nothing', async (bench) => {
  await hear(bench);
  await order(bench, theirs.entries.slice(0, 1));
  await git(['config', '--unset', 'cmf.adminKey'], { cwd: bench.directory });
  const { restarted, purges } = await applyPurges(bench.clone);
  assert.equal([restarted, purges.applied.size, purges.unpinned.length], [[], 0, 1]);
  assert.is((await digestOf(bench.clone, undefined)).count, 3);
  assert.is((await readPurges(bench.clone)).unpinned[0]?.count, 1);
});

it('go on after a kill between a restart and what follows it', async (bench) => {
  const { clone, directory } = bench;
  await startRun(clone);
  await logMetrics(clone, await chooseExecution(clone, {}), new Map([['secret', 0.123456789]]), {
    step: null,
    rank: 0,
  });
  await flush(clone, { wait: true, live: true });
  const tip = (await clone.repository.refs.resolve(ownJournal(clone))) as Oid;
  rememberPushed(clone, 'origin', tip);
  await git(['update-ref', `${REFS.retired}${other.record.writer}/${tip}`, tip], { cwd: directory });
  await order(bench, [await metricOf(bench)]);
  const { writer } = clone.repository;
  const commit: typeof writer.commit = async (request) => {
    await writer.commit(request);
    throw new Error('killed');
  };
  const dying = { ...clone.repository, writer: { commit, writeTree: writer.writeTree.bind(writer) } as typeof writer };
  const error = await applyPurges({ ...clone, repository: dying }).catch((reason: unknown) => reason);
  assert.is(String(error), 'Error: killed');
  await applyPurges(clone);
  assert.is(readPushed(clone, 'origin'), undefined, 'what was pushed before the restart is still the way back');
  assert.not.ok(await reaches(bench, '0.123456789'));
  assert.is(removedFiles(clone).length, 1);
});

it.run();
