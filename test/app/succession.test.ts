import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { beginWriting } from '../../src/app/begin-writing.ts';
import { type Clone, openCheckedClone, openClone } from '../../src/app/clone.ts';
import { readClock } from '../../src/app/clone-clock.ts';
import { flush } from '../../src/app/flush.ts';
import { latestReading } from '../../src/app/mend-clock.ts';
import { rememberPushed } from '../../src/app/pushed.ts';
import { readState } from '../../src/app/read-state.ts';
import { openRecorder } from '../../src/app/recorder.ts';
import { retireJournals } from '../../src/app/retire-journals.ts';
import { succeed } from '../../src/app/succession.ts';
import { hlcMs, isFarAhead } from '../../src/domain/clock.ts';
import type { Said } from '../../src/domain/entry.ts';
import { type EntryId, REFS, type WriterId } from '../../src/domain/ids.ts';
import { mergedPath } from '../../src/domain/layout.ts';
import { resolve } from '../../src/domain/resolve.ts';
import { viewOf } from '../../src/domain/view.ts';
import type { GitRepository, Oid } from '../../src/ports/git.ts';
import { PowerCut } from '../helpers/simulated-disk.ts';
import { draftOf, type SimulatedMachine, STATE, simulatedMachine } from '../helpers/simulated-machine.ts';

const DONE = { wait: true };
const DAYS_MS = 3 * 86_400_000;
const it = suite<SimulatedMachine>('app: succession');

it.before.each((machine) => {
  Object.assign(machine, simulatedMachine());
});

async function recordAll(clone: Clone, numbers: readonly number[]): Promise<EntryId[]> {
  const recorder = openRecorder(clone);
  const ids = numbers.flatMap((n) => recorder.record([draftOf(n)])).map(({ id }) => id);
  recorder.rotate();
  await flush(clone, DONE);
  return ids;
}

function journalOf({ repository, writer }: Clone): Promise<Oid | undefined> {
  return repository.refs.resolve(REFS.journal + writer);
}

/** Some of it was accepted, then the clock ran days ahead, then it was set right. */
async function ahead(
  machine: SimulatedMachine,
): Promise<{ readonly ids: EntryId[]; readonly accepted: Oid | undefined }> {
  const clone = machine.cloneOf(1);
  const ids = await recordAll(clone, [1, 2]);
  const accepted = await journalOf(clone);
  rememberPushed(clone, 'origin', accepted as Oid);
  // A hint; where the power takes it, all is sealed again, which says the same twice.
  machine.disk.replace(`${STATE}/pushed.json`, machine.disk.read(`${STATE}/pushed.json`) ?? '');
  machine.clock.nowMs += DAYS_MS;
  ids.push(...(await recordAll(clone, [3, 4])));
  ids.push(
    ...openRecorder(clone)
      .record([draftOf(5)])
      .map(({ id }) => id),
  );
  machine.clock.nowMs -= DAYS_MS;
  return { ids, accepted };
}

/** The logical ids of all that this clone knows, and the current value of what they set. */
async function knownTo(clone: Clone): Promise<{ readonly ids: string[]; readonly values: unknown[] }> {
  const { state } = await readState(clone);
  const [execution] = [...viewOf(state).executions.values()];
  const field = execution?.fields.get('param.n') ?? [];
  return { ids: [...resolve(state).statements.keys()].sort(), values: field.map(({ value }) => value) };
}

async function entriesOf(clone: Clone): Promise<Said[]> {
  const entries = [...(await readState(clone)).state.entries.values()];
  return entries.filter(({ writer }) => writer === clone.writer);
}

it('ends a clock that ran ahead: what was not accepted is sealed again, once', async (machine) => {
  const old = machine.cloneOf(1);
  const { ids, accepted } = await ahead(machine);
  const tip = await journalOf(old);
  const clone = await beginWriting(machine.contextOf(1));
  assert.is.not(clone.writer, old.writer);
  assert.equal(
    openCheckedClone(machine.contextOf(1)).identity.predecessors.map(({ writer }) => writer),
    [old.writer],
  );
  assert.equal(await knownTo(clone), { ids: [...ids].sort(), values: [5] });
  const sealed = await entriesOf(clone);
  assert.equal(sealed.map(({ was }) => was?.id).sort(), ids.slice(2).sort());
  for (const { hlc, atMs } of sealed) {
    assert.ok(hlcMs(hlc) < machine.clock.nowMs + 1000);
    assert.ok((atMs ?? 0) > machine.clock.nowMs + DAYS_MS / 2, 'the claimed time is not lost');
  }
  assert.is(await journalOf(old), accepted);
  const retired = await machine.repository.refs.list([REFS.retired]);
  assert.is(retired.length, 2);
  assert.is.not(retired.find(({ name }) => name.endsWith('accepted'))?.oid, tip);
  assert.is(machine.said.length, 1);
  assert.match(machine.said[0] ?? '', /ran ahead .* 3 records were sealed again/);

  assert.is((await beginWriting(machine.contextOf(1))).writer, clone.writer);
  assert.is(await retireJournals(clone), 0);
  await recordAll(clone, [6]);
  assert.equal((await knownTo(clone)).values, [6]);
});

it('seals everything again where nothing was accepted, and the old journal goes', async (machine) => {
  const old = machine.cloneOf(1);
  const ids = await recordAll(old, [1, 2]);
  const { clone, resealed } = await succeed(old, old.writer);
  assert.equal([resealed, await journalOf(old)], [2, undefined]);
  assert.equal(await knownTo(clone), { ids: ids.sort(), values: [2] });
  assert.equal(
    (await readState(clone)).state.entries.size,
    2,
    'what was retired is in no view, so all clones see the same',
  );
});

it('seals again what a lenient remote took while the clock was ahead, and what came with it', async (machine) => {
  const old = machine.cloneOf(1);
  const { ids, accepted } = await ahead(machine);
  await flush(old, { ...DONE, live: true });
  const tip = (await journalOf(old)) as Oid;
  rememberPushed(old, 'plain', tip);
  rememberPushed(old, 'origin', tip);
  const { objects, refs, writer } = machine.repository;
  const change = { path: mergedPath(old.writer), oid: await objects.treeOf(tip), mode: '040000' } as const;
  const learned = { parents: [], changes: [change], message: 'learned', timeSeconds: 1 };
  await writer.commit({ ref: REFS.known, expected: undefined, ...learned });
  const clone = await beginWriting(machine.contextOf(1));
  assert.match(machine.said.at(-1) ?? '', /3 records were sealed again/);
  assert.is(await refs.resolve(REFS.journal + old.writer), accepted, 'back to the last tip that a server takes');
  assert.equal((await entriesOf(clone)).map(({ was }) => was?.id).sort(), ids.slice(2).sort());
  assert.equal(await knownTo(clone), { ids: [...ids].sort(), values: [5] });
  assert.is(await retireJournals(clone), 0);
});

it('seals a segment again in which the date jumped', async (machine) => {
  const old = machine.cloneOf(1);
  const recorder = openRecorder(old);
  recorder.record([draftOf(1)]);
  machine.clock.nowMs += DAYS_MS;
  recorder.record([draftOf(2)]);
  recorder.rotate();
  await flush(old, DONE);
  rememberPushed(old, 'plain', (await journalOf(old)) as Oid);
  machine.clock.nowMs -= DAYS_MS;
  const clone = await beginWriting(machine.contextOf(1));
  assert.is((await entriesOf(clone)).length, 2);
  assert.is(await journalOf(old), undefined);
});

it('takes what was accepted of one writer for that writer alone', async (machine) => {
  const first = machine.cloneOf(1);
  const ids = await recordAll(first, [1]);
  const accepted = await journalOf(first);
  rememberPushed(first, 'origin', accepted as Oid);
  const second = (await succeed(first, first.writer)).clone;
  ids.push(...(await recordAll(second, [2])));
  const given = [(await journalOf(second)) as Oid];
  const going = openRecorder({ ...first, effects: machine.contextOf(2).effects });
  machine.clock.nowMs += DAYS_MS;
  ids.push(...going.record([draftOf(3)]).map(({ id }) => id));
  machine.clock.nowMs -= DAYS_MS;
  const { clone } = await succeed(second, second.writer, given);
  assert.is(await journalOf(first), accepted);
  assert.is(await journalOf(second), given[0]);
  assert.equal((await knownTo(clone)).ids, ids.sort());
});

it('sets the clock back where nothing was recorded with it', async (machine) => {
  const { writer } = machine.cloneOf(1);
  await recordAll(machine.cloneOf(1), [1]);
  machine.disk.writeHint(`${STATE}/clock`, 'fffffffffff00000');
  const clone = await beginWriting(machine.contextOf(1));
  assert.is(clone.writer, writer);
  assert.ok(hlcMs(readClock(clone)) <= machine.clock.nowMs);
});

it('believes no wall clock that was never set', async (machine) => {
  const { writer } = machine.cloneOf(1);
  await recordAll(machine.cloneOf(1), [1]);
  machine.clock.nowMs = 86_400_000;
  assert.is((await beginWriting(machine.contextOf(1))).writer, writer);
});

it('goes on from successor to successor, each of whom continues all before', async (machine) => {
  const first = machine.cloneOf(1);
  const ids = await recordAll(first, [1]);
  const second = (await succeed(first, first.writer)).clone;
  ids.push(...(await recordAll(second, [2])));
  const third = (await succeed(second, second.writer)).clone;
  assert.equal(
    third.identity.predecessors.map(({ writer }) => writer),
    [second.writer, first.writer],
  );
  assert.equal(await knownTo(third), { ids: ids.sort(), values: [2] });
  assert.equal(
    (await entriesOf(third)).map(({ was }) => was?.writer).sort(),
    [first.writer, second.writer].sort(),
    'the first sealing is named',
  );
});

it('goes on for ever: the farthest are not named any more', async (machine) => {
  const before: WriterId[] = [];
  for (let n = 0; n < 101; n++) {
    const { writer } = machine.cloneOf(1);
    before.unshift(writer);
    await succeed(machine.contextOf(1), writer);
  }
  const { identity } = openCheckedClone(machine.contextOf(1));
  assert.equal(
    identity.predecessors.map(({ writer }) => writer),
    before.slice(0, 100),
  );
});

it('is done once by two who want it at the same time', async (machine) => {
  const old = machine.cloneOf(1);
  await recordAll(old, [1]);
  const both = await Promise.all([1, 2].map((pid) => succeed(machine.contextOf(pid), old.writer)));
  assert.is(both[0]?.clone.writer, both[1]?.clone.writer);
  assert.is((await entriesOf(openClone(machine.contextOf(1)))).length, 1);
});

it('takes up what a process that is still the old writer said later', async (machine) => {
  const { ids } = await ahead(machine);
  const going = openRecorder(machine.cloneOf(2));
  await beginWriting(machine.contextOf(1));
  machine.clock.nowMs += DAYS_MS;
  ids.push(...going.record([draftOf(7)]).map(({ id }) => id));
  machine.clock.nowMs -= DAYS_MS;
  const clone = await beginWriting(machine.contextOf(1));
  await flush(clone, { ...DONE, live: true });
  assert.is(await retireJournals(clone), 1);
  assert.equal(await knownTo(clone), { ids: ids.sort(), values: [7] });
  await flush(clone, { ...DONE, live: true });
  assert.is(await retireJournals(clone), 0);
});

/** The repository, with a machine that dies before or after its n-th change of refs. */
function mortal(repository: GitRepository, at: number, isAfter: boolean): GitRepository {
  let calls = 0;
  const dying = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (calls++ !== at) return work();
    if (isAfter) await work();
    throw new PowerCut();
  };
  const { writer, refs } = repository;
  return {
    ...repository,
    writer: { ...writer, commit: (request) => dying(() => writer.commit(request)) },
    refs: { ...refs, update: (updates) => dying(() => refs.update(updates)) },
  };
}

/**
 * Dies while the successor is made, comes back, and does what the next push would.
 * @returns false when it did not come to dying
 */
async function diesAndHeals(
  machine: SimulatedMachine,
  seed: number,
  repository = machine.repository,
): Promise<boolean> {
  const { ids } = await ahead(machine);
  if (repository === machine.repository) machine.disk.crashAt(machine.disk.operations() + seed);
  const finished = await beginWriting(machine.contextOf(1, { repository })).then(
    () => true,
    (error: unknown) => {
      assert.instance(error, PowerCut);
      return false;
    },
  );
  let turn = seed;
  machine.disk.restart(() => (turn++ % 4) / 4);
  machine.alive.clear();
  let clone = await beginWriting(machine.contextOf(3));
  await flush(clone, DONE);
  await retireJournals(clone);
  // The clock's high-water is a hint, so it may be lost. Then a server refuses, and says why.
  if (isFarAhead(await latestReading(clone), machine.clock.nowMs)) clone = (await succeed(clone, clone.writer)).clone;
  assert.equal(await knownTo(clone), { ids: ids.sort(), values: [5] });
  const { state } = await readState(clone);
  assert.is(
    [...state.entries.values()].filter(({ was }) => was !== undefined).length,
    3,
    'sealed again, and only once',
  );
  assert.is(await retireJournals(clone), 0);
  return !finished;
}

it('heals by the next command wherever git stops', async () => {
  for (const isAfter of [false, true]) {
    let at = 0;
    for (; ; at++) {
      const machine = simulatedMachine();
      if (!(await diesAndHeals(machine, at, mortal(machine.repository, at, isAfter)))) break;
    }
    assert.ok(at >= 3, `${at} calls`);
  }
});

it('heals by the next command wherever the power fails', async () => {
  let at = 0;
  while (await diesAndHeals(simulatedMachine(), at)) at++;
  assert.ok(at > 30, `${at} operations`);
});

it.run();
