import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Clone } from '../../src/app/clone.ts';
import { flush } from '../../src/app/flush.ts';
import { pathsOf, readSegments } from '../../src/app/journal-tree.ts';
import { readState } from '../../src/app/read-state.ts';
import { openRecorder } from '../../src/app/recorder.ts';
import { countWals, findWals } from '../../src/app/wal.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { EntryId } from '../../src/domain/ids.ts';
import type { Segment } from '../../src/domain/segment.ts';
import type { GitRepository } from '../../src/ports/git.ts';
import { testBucket, testEntries, testWriter } from '../helpers/journal-maker.ts';
import { git } from '../helpers/sealed-git.ts';
import { alteredDisk, draftOf, type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';
import { makeWritingClone } from '../helpers/writing-clone.ts';

const WAL = `${STATE}/wal`;
const DONE = { wait: true };
const it = suite<SimulatedMachine>('app: flush');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

/** Records and leaves a sealed log behind, as a command does. */
function recordSealed(clone: Clone, numbers: readonly number[], bucket = testBucket('a')): EntryId[] {
  const recorder = openRecorder(clone);
  const entries = recorder.record(numbers.map((n) => draftOf(n, bucket)));
  recorder.rotate();
  return entries.map(({ id }) => id);
}

/** The segments of the clone's journal in the order of their numbers. */
async function segmentsOf({ repository, writer, identity }: Clone): Promise<Segment[]> {
  const { refs, objects } = repository;
  const tip = await refs.resolve(`refs/cmf/journal/${writer}`);
  if (tip === undefined) return [];
  const segments: Segment[] = [];
  const paths = await pathsOf(objects, await objects.treeOf(tip));
  for await (const segment of readSegments(objects, paths, identity.key)) segments.push(segment);
  return segments.sort((a, b) => a.header.number - b.header.number);
}

async function journaled(clone: Clone): Promise<EntryId[]> {
  return (await segmentsOf(clone)).flatMap(({ entries }) => entries.map(({ id }) => id));
}

function assertChain(segments: readonly Segment[]): void {
  assert.equal(
    segments.map(({ header }) => [header.number, header.previous]),
    segments.map((_, i) => [i, segments[i - 1]?.sha256 ?? null]),
  );
}

it('does nothing where nothing is recorded', async ({ cloneOf }) => {
  const clone = cloneOf(1);
  assert.equal(await flush(clone, DONE), { kind: 'nothing', entries: 0, damaged: [] });
  assert.equal(await segmentsOf(clone), []);
});

it('moves what is recorded into the journal, and the logs go', async (machine) => {
  const clone = machine.cloneOf(1);
  const ids = [...recordSealed(clone, [1, 2]), ...recordSealed(clone, [3])];
  assert.equal(await flush(clone, DONE), { kind: 'flushed', entries: 3, damaged: [] });
  assert.equal(await journaled(clone), ids);
  assert.is(countWals(machine.disk, WAL), 0);
  assert.is((await flush(clone, DONE)).kind, 'nothing');
});

it('numbers the segments of each pipeline on, with or without its hint', async (machine) => {
  const clone = machine.cloneOf(1);
  for (let round = 0; round < 4; round++) {
    recordSealed(clone, [round]);
    recordSealed(clone, [round], testBucket('b'));
    if (round === 2) machine.disk.remove(`${STATE}/flush.json`);
    if (round === 3) machine.disk.writeHint(`${STATE}/flush.json`, '{"commit":');
    await flush(clone, DONE);
  }
  const segments = await segmentsOf(clone);
  assert.is(segments.length, 8);
  for (const name of ['a', 'b']) assertChain(segments.filter(({ header }) => header.bucket === testBucket(name)));
});

it('leaves the logs of processes that live alone, unless it is asked for them', async (machine) => {
  const clone = machine.cloneOf(1);
  const recorder = openRecorder(machine.cloneOf(2));
  recorder.record([draftOf(1)]);
  assert.is((await flush(clone, DONE)).kind, 'nothing');
  assert.is((await flush(clone, { ...DONE, live: true })).entries, 1);
  assert.is(countWals(machine.disk, WAL), 1);

  assert.is((await flush(clone, { ...DONE, live: true })).kind, 'nothing', 'it was journaled before');
  recorder.record([draftOf(2)]);
  assert.is((await flush(clone, { ...DONE, live: true })).entries, 1);
  recorder.record([draftOf(3)]);
  recorder.rotate();
  assert.is((await flush(clone, DONE)).entries, 1);
  assert.is(countWals(machine.disk, WAL), 0);
  assert.is((await journaled(clone)).length, 3);
});

it('journals the lines of a log that lives once, whoever flushes in between', async (machine) => {
  const clone = machine.cloneOf(1);
  const living = openRecorder(machine.cloneOf(2)).record([1, 2, 3].map((n) => draftOf(n)));
  const live = { ...DONE, live: true };
  const ids = [...living.map(({ id }) => id)];
  assert.is((await flush(clone, live)).entries, 3);
  for (const n of [4, 5]) {
    ids.push(...recordSealed(clone, [n]));
    assert.is((await flush(clone, DONE)).entries, 1);
    assert.is((await flush(clone, live)).entries, 0);
  }
  assert.equal((await journaled(clone)).sort(), ids.sort());
});

it('journals nothing twice after something else has moved the journal', async (machine) => {
  const clone = machine.cloneOf(1);
  const living = openRecorder(machine.cloneOf(2)).record([1, 2].map((n) => draftOf(n)));
  const live = { ...DONE, live: true };
  await flush(clone, live);
  const ref = `refs/cmf/journal/${clone.writer}`;
  const { refs, writer } = machine.repository;
  const ids = living.map(({ id }) => id);
  for (const [n, options] of [DONE, live, DONE].entries()) {
    const tip = await refs.resolve(ref);
    const parents = tip === undefined ? [] : [tip];
    const what = { parents, changes: [], message: 'moved\n', timeSeconds: n, always: true };
    const moved = await writer.commit({ ref, expected: tip, ...what });
    assert.is(moved.kind, 'moved');
    ids.push(...recordSealed(clone, [n + 3]));
    assert.is((await flush(clone, options)).entries, 1);
    assert.is((await flush(clone, live)).entries, 0);
  }
  assert.equal((await journaled(clone)).sort(), ids.sort());
});

it('takes over what a dead process left, and not what may still be written', async (machine) => {
  for (const pid of [2, 3, 4]) openRecorder(machine.cloneOf(pid)).record([draftOf(pid)]);
  machine.alive.delete(2);
  machine.unknown.add(3);
  assert.is((await flush(machine.cloneOf(1), DONE)).entries, 1);
  assert.is(countWals(machine.disk, WAL), 2);
});

it('keeps a log with a line that is no record of this clone, and journals the rest of it once', async (machine) => {
  const clone = machine.cloneOf(1);
  const [foreign] = testEntries(testWriter(5));
  const [id] = recordSealed(clone, [1]);
  const [log] = findWals(machine.disk, WAL);
  const file = machine.disk.openAppend(log?.path ?? '', { create: false });
  file.append(Buffer.from(`not a record\n${foreign?.line}\n`));
  for (const expected of ['flushed', 'nothing']) {
    const report = await flush(clone, DONE);
    assert.equal([report.kind, report.damaged], [expected, [log?.path]]);
  }
  const [more] = recordSealed(clone, [2]);
  assert.is((await flush(clone, DONE)).entries, 1);
  assert.equal(await journaled(clone), [id, more]);
  assert.is(countWals(machine.disk, WAL), 1);
});

it('leaves the work to another flush, or waits for it', async (machine) => {
  const clone = machine.cloneOf(1);
  recordSealed(clone, [1]);
  machine.disk.createExclusive(`${STATE}/lock/flush`, JSON.stringify(machine.contextOf(2).effects.process()));
  assert.is((await flush(clone, { wait: false })).kind, 'busy');
  assert.is(countWals(machine.disk, WAL), 1);
  const waiting = flush(clone, DONE);
  machine.disk.remove(`${STATE}/lock/flush`);
  assert.is((await waiting).kind, 'flushed');
});

it('drops what somebody else journaled first, and renumbers the rest', async (machine) => {
  const both = recordSealed(machine.cloneOf(1), [1, 2]);
  const [seen = ''] = machine.disk.list(WAL);
  const other = machine.cloneOf(2, { disk: alteredDisk(machine.disk, () => ({ list: () => [seen] })) });
  const alone = recordSealed(machine.cloneOf(1), [3]);
  const { writer } = machine.repository;
  let commits = 0;
  const repository: GitRepository = {
    ...machine.repository,
    writer: {
      ...writer,
      commit: async (request) => {
        // A lock that does not hold: another process gets in between our look and our commit.
        if (commits++ === 0) {
          machine.disk.remove(`${STATE}/lock/flush`);
          assert.is((await flush(other, DONE)).entries, 2);
        }
        return writer.commit(request);
      },
    },
  };
  const clone = machine.cloneOf(1, { repository });
  assert.is((await flush(clone, DONE)).entries, 1);
  assert.equal(await journaled(clone), [...both, ...alone]);
  assertChain(await segmentsOf(clone));
  assert.equal([commits, countWals(machine.disk, WAL)], [2, 0]);
});

it('gives up after fifty lost races, and the records stay in the log', async (machine) => {
  let races = 0;
  const commit = async () => {
    races++;
    return { kind: 'lost' } as const;
  };
  const repository = { ...machine.repository, writer: { ...machine.repository.writer, commit } };
  const clone = machine.cloneOf(1, { repository });
  recordSealed(clone, [1]);
  const error = await flush(clone, DONE).catch((reason: unknown) => reason);
  assert.instance(error, CmfError);
  assert.equal([(error as CmfError).code, races], ['conflict', 50]);
  assert.is((await flush(machine.cloneOf(1), DONE)).entries, 1);
});

it('journals again what was taken for garbage just before the ref moved', async () => {
  const machine = simulatedMachine({ pruned: 2 });
  const clone = machine.cloneOf(1);
  const ids = recordSealed(clone, [1, 2]);
  assert.is((await flush(clone, DONE)).entries, 2);
  assert.equal(await journaled(clone), ids);
  assertChain(await segmentsOf(clone));
});

it('is no more than a warning when it fails and nobody asked for it', async (machine) => {
  const message = 'refs/cmf/x.lock exists';
  const commit = () => Promise.reject(new CmfError('environment', { message, hint: 'rm it' }));
  const repository = { ...machine.repository, writer: { ...machine.repository.writer, commit } };
  const clone = machine.cloneOf(1, { repository });
  recordSealed(clone, [1]);
  assert.is((await flush(clone, { wait: false })).kind, 'failed');
  assert.equal(machine.said, [`what was recorded is safe; ${message} (rm it)`]);
});

it('has moved the records even where its hint cannot be written', async (machine) => {
  const refuse = () => {
    throw new CmfError('environment', { message: 'no space left' });
  };
  const clone = machine.cloneOf(1);
  const ids = recordSealed(clone, [1]);
  await flush(machine.cloneOf(1, { disk: alteredDisk(machine.disk, () => ({ writeHint: refuse })) }), DONE);
  assert.equal([await journaled(clone), countWals(machine.disk, WAL)], [ids, 0]);
  assert.equal(machine.said, ['what was recorded is safe; no space left']);
});

it('keeps the log when the commit fails', async (machine) => {
  const commit = () => Promise.reject(new Error('the disk is full'));
  const repository = { ...machine.repository, writer: { ...machine.repository.writer, commit } };
  const ids = recordSealed(machine.cloneOf(1), [1]);
  const error = await flush(machine.cloneOf(1, { repository }), DONE).catch((reason: Error) => reason.message);
  assert.is(error, 'the disk is full');
  assert.is((await flush(machine.cloneOf(1), DONE)).entries, 1, 'and the lock is free again');
  assert.equal(await journaled(machine.cloneOf(1)), ids);
});

it('journals an entry once that lies in two logs', async (machine) => {
  const clone = machine.cloneOf(1);
  const ids = recordSealed(clone, [1]);
  const [log] = findWals(machine.disk, WAL);
  machine.disk.writeHint(`${WAL}/boot.1.9.1.ff.sealed`, machine.disk.read(log?.path ?? '') ?? '');
  await flush(clone, DONE);
  assert.equal(await journaled(clone), ids);
});

it('does not read what this process sealed itself', async (machine) => {
  const disk = alteredDisk(machine.disk, (real) => ({
    read: (path) => {
      if (path.endsWith('.sealed')) throw new Error(`${path} was read`);
      return real.read(path);
    },
  }));
  const clone = machine.cloneOf(1, { disk });
  const recorder = openRecorder(clone);
  recorder.record([draftOf(1)]);
  assert.is((await flush(clone, { ...DONE, known: recorder.rotate() })).entries, 1);
  assert.is((await readState(clone)).state.entries.size, 1);
});

it.run();

const real = suite('app: flush into git');

real('writes the layout of format 1, one commit for each flush', async () => {
  const { clone, directory } = await makeWritingClone();
  try {
    for (const n of [1, 2]) {
      recordSealed(clone, [n]);
      await flush(clone, DONE);
    }
    const ref = `refs/cmf/journal/${clone.writer}`;
    const { stdout } = await git(['ls-tree', '-r', '--format=%(path)', ref], { cwd: directory });
    const bucket = testBucket('a');
    const segment = `seg/${bucket}/\\d{4}-\\d\\d/[0-9a-f]{2}/[0-9a-f]{16}-[0-9a-f]{64}\\.jsonl\n`;
    assert.match(stdout, new RegExp(`^cmf-format-1\n${segment}${segment}writer\\.json\n$`));
    assert.is((await git(['rev-list', '--count', ref], { cwd: directory })).stdout, '2\n');
    await git(['fsck', '--strict'], { cwd: directory });
  } finally {
    await clone.repository.close();
  }
});

real.run();
