import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeDisk } from '../../src/adapters/disk/node-disk.ts';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import { nodeEffects } from '../../src/adapters/process/node-effects.ts';
import type { Context } from '../../src/app/clone.ts';
import { isWanted, rememberValidated, runMergeWorker } from '../../src/app/merge-worker.ts';
import { REFS } from '../../src/domain/ids.ts';
import type { CommitRequest, Oid } from '../../src/ports/git.ts';
import { journalFiles, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { git, makeRepository, sealedEnv } from '../helpers/sealed-git.ts';

type Bench = { directory: string; context: Context };

const it = suite<Bench>('app: the merge worker');

it.before.each(async (bench) => {
  bench.directory = await makeRepository({ bare: true });
  // What is planted here is dated years ago.
  await git(['config', 'cmf.foldAfterDays', '0'], { cwd: bench.directory });
  const repository = await openRepository(bench.directory, { env: sealedEnv() });
  let names = 0;
  const disk = nodeDisk(() => `${names++}`);
  const silent = { warn: () => undefined, note: () => undefined, progress: () => undefined };
  bench.context = { repository, disk, effects: nodeEffects(), reporter: silent };
  mkdirSync(join(bench.directory, 'cmf/lock'), { recursive: true });
});
it.after.each((bench) => bench.context.repository.close());

async function push({ directory }: Bench, number: number, prefix: string = REFS.journal): Promise<void> {
  const writer = testWriter(number);
  const tree = await plantTree(directory, folderOf(journalFiles(writer, [testSegment(writer)])));
  const commit: Oid = await plantCommit(directory, tree);
  await git(['update-ref', prefix + writer.record.writer, commit], { cwd: directory });
  want({ directory });
}

const want = ({ directory }: Pick<Bench, 'directory'>) => writeFileSync(join(directory, 'cmf/merge-wanted'), '');
const lockPath = ({ directory }: Bench) => join(directory, 'cmf/lock/merge');

it('merges what is wanted, once, and says what it did', async (bench) => {
  assert.equal(await runMergeWorker(bench.context), { kind: 'nothing-wanted' });
  await push(bench, 1);
  await push(bench, 2, REFS.inbox);
  const done = await runMergeWorker(bench.context);
  assert.is(done.kind, 'merged');
  assert.equal(done.kind === 'merged' && [done.report.writers, done.folded.length], [2, 1]);
  assert.not(isWanted(bench.context));
  const remembered = JSON.parse(readFileSync(join(bench.directory, 'cmf/merge.json'), 'utf8'));
  assert.is(remembered.report.writers, 2);
  assert.equal(await runMergeWorker(bench.context), { kind: 'nothing-wanted' });
});

it('leaves the work to a worker that lives', async (bench) => {
  await push(bench, 1);
  writeFileSync(lockPath(bench), JSON.stringify(bench.context.effects.process()));
  assert.equal(await runMergeWorker(bench.context), { kind: 'busy' });
  assert.ok(isWanted(bench.context));
});

it('takes over from a worker that was killed', async (bench) => {
  await push(bench, 1);
  const dead = { ...bench.context.effects.process(), startTime: 'long ago' };
  writeFileSync(lockPath(bench), JSON.stringify(dead));
  assert.is((await runMergeWorker(bench.context)).kind, 'merged');
  assert.not(existsSync(lockPath(bench)));
});

it('goes on when a push comes in while it merges, and after it let go of the lock', async (bench) => {
  await push(bench, 1);
  const { context } = bench;
  let merges = 0;
  let releases = 0;
  const late = Object.create(context.repository.writer, {
    commit: {
      value: async (request: Parameters<typeof context.repository.writer.commit>[0]) => {
        if (request.ref === REFS.mergedAll && merges++ === 0) await push(bench, 2);
        return context.repository.writer.commit(request);
      },
    },
  });
  const disk = Object.create(context.disk, {
    remove: {
      value: (path: string) => {
        context.disk.remove(path);
        if (path === lockPath(bench) && releases++ === 0) want(bench);
      },
    },
  });
  const done = await runMergeWorker({ ...context, disk, repository: { ...context.repository, writer: late } });
  assert.equal(done.kind === 'merged' && [done.report.writers, done.report.changed], [2, []]);
  assert.equal([merges, releases], [2, 2]);
  assert.not(isWanted(context));
});

it('stays wanted when a merge fails', async (bench) => {
  await push(bench, 1);
  const { context } = bench;
  const broken = Object.create(context.repository.writer, {
    commit: { value: () => Promise.reject(new Error('no space left')) },
  });
  const error = await runMergeWorker({ ...context, repository: { ...context.repository, writer: broken } }).catch(
    (reason: unknown) => reason,
  );
  assert.match(String(error), /no space left/);
  assert.ok(isWanted(context));
  assert.match(readFileSync(join(bench.directory, 'cmf/merge.json'), 'utf8'), /"error":"Error: no space left"/);
  assert.is((await runMergeWorker(context)).kind, 'merged');
});

it('counts a merge as done when the notes fail, and says so', async (bench) => {
  await push(bench, 1);
  const { context } = bench;
  const { refs } = context.repository;
  const locks: boolean[] = [];
  const broken = Object.create(refs, {
    resolve: {
      value: (name: string) => {
        if (name !== REFS.notes) return refs.resolve(name);
        locks.push(existsSync(lockPath(bench)));
        return Promise.reject(new Error('the notes are broken'));
      },
    },
  });
  const done = await runMergeWorker({ ...context, repository: { ...context.repository, refs: broken } });
  assert.is(done.kind, 'merged');
  assert.not(isWanted(context));
  assert.equal(locks, [false]);
  const remembered = JSON.parse(readFileSync(join(bench.directory, 'cmf/merge.json'), 'utf8'));
  assert.equal([remembered.report.writers, remembered.notes], [1, { error: 'Error: the notes are broken' }]);
});

it('merges what comes in while notes are made, and does not wait for them', async (bench) => {
  await push(bench, 1);
  const { context } = bench;
  const { refs } = context.repository;
  let rounds = 0;
  const during: unknown[] = [];
  // Notes of another process are being made for as long as this promise is open.
  const slow = Object.create(refs, {
    resolve: {
      value: async (name: string) => {
        if (name === REFS.notes && rounds++ === 0) {
          await push(bench, 2);
          const { kind } = await runMergeWorker(context);
          during.push(kind, await writersMerged(bench), isWanted(context));
        }
        return refs.resolve(name);
      },
    },
  });
  await runMergeWorker({ ...context, repository: { ...context.repository, refs: slow } });
  assert.equal(during, ['merged', 2, false]);
  assert.is(rounds, 2, 'and looks again, for what was merged meanwhile');
  assert.not(existsSync(join(bench.directory, 'cmf/notes-wanted')));
});

async function writersMerged({ directory }: Bench): Promise<number> {
  const { stdout } = await git(['ls-tree', '-d', '-r', '--name-only', REFS.mergedAll], { cwd: directory });
  return stdout.split('\n').filter((path) => /^[0-9a-f]{2}\/[0-9a-f]{32}$/.test(path)).length;
}

it('merges for good although a ref must be skipped', async (bench) => {
  await push(bench, 1);
  const junk = await plantTree(bench.directory, folderOf({ x: 'no journal' }));
  const name = REFS.journal + testWriter(2).record.writer;
  await git(['update-ref', name, await plantCommit(bench.directory, junk)], { cwd: bench.directory });
  const done = await runMergeWorker(bench.context);
  assert.equal(done.kind === 'merged' && done.report.skipped.map(({ ref }) => ref), [name]);
  assert.not(isWanted(bench.context));
});

it('folds nothing of a writer whose part of the archive is unsound', async (bench) => {
  await push(bench, 1, REFS.inbox);
  await push(bench, 2, REFS.inbox);
  const { cwd, writer } = { cwd: bench.directory, writer: testWriter(1).record.writer };
  const junk = folderOf({ [`${writer.slice(0, 2)}/${writer}/cmf-format-1`]: '' });
  await git(['update-ref', REFS.archive, await plantCommit(cwd, await plantTree(cwd, junk))], { cwd });
  for (const _ of ['once', 'and again']) {
    const done = await runMergeWorker(bench.context, { isForced: true });
    assert.equal(done.kind === 'merged' && done.report.skipped.map((one) => [one.ref, one.writer]), [
      [REFS.archive, writer],
    ]);
    assert.is(done.kind === 'merged' && done.report.writers, 2);
    assert.ok(await bench.context.repository.refs.resolve(REFS.inbox + writer));
  }
  assert.is(await bench.context.repository.refs.resolve(REFS.inbox + testWriter(2).record.writer), undefined);
});

it('does not read again what pre-receive has validated, once', async (bench) => {
  await push(bench, 1);
  const { context } = bench;
  const { objects, refs, writer } = context.repository;
  // The notes, which are made after the merge, do read the journals.
  const counts = { reads: 0, isMerging: true };
  const spied = Object.create(objects, {
    readBlobs: {
      value: (oids: readonly Oid[]) => {
        if (counts.isMerging) counts.reads += oids.length;
        return objects.readBlobs(oids);
      },
    },
  });
  const spiedWriter = Object.create(writer, {
    commit: {
      value: async (request: CommitRequest) => {
        const result = await writer.commit(request);
        if (request.ref === REFS.mergedAll) counts.isMerging = false;
        return result;
      },
    },
  });
  const [ref] = await refs.list([REFS.journal]);
  rememberValidated(context, [await objects.treeOf(ref?.oid as Oid)], '');
  const spying = { ...context, repository: { ...context.repository, objects: spied, writer: spiedWriter } };
  assert.is((await runMergeWorker(spying)).kind, 'merged');
  assert.is(counts.reads, 0);
  assert.equal(context.disk.list(join(bench.directory, 'cmf/valid')), []);
  await git(['update-ref', '-d', REFS.mergedAll], { cwd: bench.directory });
  counts.isMerging = true;
  await runMergeWorker(spying, { isForced: true });
  assert.ok(counts.reads > 0);
});

it('merges anew when a person asks', async (bench) => {
  await push(bench, 1);
  await runMergeWorker(bench.context);
  await git(['update-ref', '-d', REFS.mergedAll], { cwd: bench.directory });
  const done = await runMergeWorker(bench.context, { isForced: true });
  assert.equal(done.kind === 'merged' && done.report.changed, [REFS.mergedAll]);
});

it.run();
