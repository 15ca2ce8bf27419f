import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openGitServer } from '../../src/adapters/git/git-server.ts';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import { mergeOnce } from '../../src/app/merged-trees.ts';
import { checkPush, type PushedRef, type ReceiveFacts, type Receiver } from '../../src/app/receive.ts';
import { hlcAt } from '../../src/domain/clock.ts';
import { REFS } from '../../src/domain/ids.ts';
import { segmentPath } from '../../src/domain/layout.ts';
import { createWriterRecord } from '../../src/domain/writer-record.ts';
import type { Oid } from '../../src/ports/git.ts';
import { journalFiles, T0, testBucket, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, type Plant, plantBlob, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { git, makeRepository, makeTempDirectory, runSealed, sealedEnv } from '../helpers/sealed-git.ts';

type Bench = { directory: string; receiver: Receiver };

const it = suite<Bench>('app: what a push may bring');
const writer = testWriter(1);
const other = testWriter(2);
const first = testSegment(writer);
const second = testSegment(writer, { number: 1 });
const good = journalFiles(writer, [first]);
const journal = REFS.journal + writer.record.writer;

it.before.each(async (bench) => {
  bench.directory = await makeRepository({ bare: true });
  const repository = await openRepository(bench.directory, { env: sealedEnv() });
  bench.receiver = { repository, server: openGitServer(repository.layout, sealedEnv()) };
});
it.after.each((bench) => bench.receiver.repository.close());

/** Stores a commit of these files. */
async function commit({ directory }: Bench, files: Record<string, Plant>, ...parents: Oid[]): Promise<Oid> {
  return plantCommit(directory, await plantTree(directory, folderOf(files)), parents);
}

/** The answer to a push: the refusals, or `accepted`. */
async function push(
  bench: Bench,
  updates: PushedRef | PushedRef[],
  facts: Partial<ReceiveFacts> = {},
): Promise<string> {
  const judged = { nowMs: T0, purged: new Set<never>(), ...facts };
  const { refusals, validated } = await checkPush(bench.receiver, [updates].flat(), judged);
  const isFirst = [updates].flat().every(({ old }) => old === undefined);
  if (refusals.length === 0 && isFirst) assert.equal(validated, await treesOf(bench, [updates].flat()));
  for (const line of refusals) assert.match(line, /^[ -~]+; next: [ -~]+$/);
  return refusals.length === 0 ? 'accepted' : refusals.join('\n');
}

/** The trees of the journals in a push. */
async function treesOf({ receiver }: Bench, updates: readonly PushedRef[]): Promise<Oid[]> {
  const journals = updates.filter(({ ref }) => ref.startsWith(REFS.all));
  return Promise.all(journals.map(({ new: tip }) => receiver.repository.objects.treeOf(tip as Oid)));
}

const create = (ref: string, tip: Oid): PushedRef => ({ ref, old: undefined, new: tip });
const setRef = ({ directory }: Bench, ref: string, to: Oid) => git(['update-ref', ref, to], { cwd: directory });

it('lets journals in and knows no rule for code', async (bench) => {
  const tip = await commit(bench, good);
  assert.is(await push(bench, create(journal, tip)), 'accepted');
  assert.is(await push(bench, create(REFS.inbox + writer.record.writer, tip)), 'accepted');
  await setRef(bench, journal, tip);
  const next = await commit(bench, journalFiles(writer, [first, second]), tip);
  assert.is(await push(bench, { ref: journal, old: tip, new: next }), 'accepted');
  const code = await commit(bench, { 'any/..x': { mode: '120000', what: 'y' } });
  const updates = ['refs/heads/main', 'refs/tags/v1', 'refs/notes/commits', 'refs/cmfoo/x', 'refs/notes/cmfx'];
  assert.is(
    await push(
      bench,
      updates.map((ref) => create(ref, code)),
    ),
    'accepted',
  );
  assert.is(await push(bench, { ref: 'refs/heads/main', old: code, new: undefined }), 'accepted');
});

it('refuses names that mean nothing, in any letters', async (bench) => {
  const tip = await commit(bench, good);
  const strange = [
    'journal/x',
    `journal/${writer.record.writer}/x`,
    'x',
    'journal/../x',
    `Journal/${writer.record.writer}`,
  ];
  for (const name of [
    ...strange.map((one) => `refs/cmf/${one}`),
    'refs/cmf',
    'refs/CMF/merged/all',
    'refs/cmf-local/known',
  ]) {
    assert.match(await push(bench, create(name, tip)), /: no ref of git cmf has this name in format 1; next: /);
  }
  const upper = journal.replace(writer.record.writer, writer.record.writer.toUpperCase());
  assert.match(await push(bench, create(upper, tip)), /no ref of git cmf has this name/);
  assert.match(
    await push(bench, create('refs/cmf/journal/$(x)\u00e9', tip)),
    /^refs\/cmf\/journal\/\$\(x\)\\xe9: no ref/,
  );
});

it('refuses what only the server writes', async (bench) => {
  const tip = await commit(bench, good);
  const names = [REFS.mergedAll, REFS.mergedPipeline + testBucket('p'), REFS.archive, REFS.control];
  for (const name of names) {
    assert.is(
      await push(bench, create(name, tip)),
      `${name}: only the server writes it; next: push to your own journal with git cmf push`,
    );
  }
  assert.match(await push(bench, create(REFS.notes, tip)), /^refs\/notes\/cmf: notes are made by the server; next/);
  assert.match(await push(bench, create(REFS.code + writer.record.writer, tip)), /: this server does not take code/);
});

it('refuses a deletion, a forced push, and a tip that is no commit', async (bench) => {
  const tip = await commit(bench, good);
  await setRef(bench, journal, tip);
  assert.match(await push(bench, { ref: journal, old: tip, new: undefined }), /: a journal is never deleted; next: /);
  const unrelated = await commit(bench, journalFiles(writer, [first, second]));
  const forced = new RegExp(
    `^${journal}: ${unrelated} does not contain ${tip}: a journal only grows; next: git cmf push`,
  );
  assert.match(await push(bench, { ref: journal, old: tip, new: unrelated }), forced);
  const tree = await plantTree(bench.directory, folderOf(good));
  assert.match(await push(bench, create(journal, tree)), /is tree, not a commit; next/);
  assert.match(await push(bench, create(journal, 'a'.repeat(40) as Oid)), /is missing, not a commit; next/);
});

it('names ref, object and rule of a tree that is no journal, and the next step', async (bench) => {
  const tip = await commit(bench, good);
  await setRef(bench, journal, tip);
  const without = await commit(bench, journalFiles(writer, [second]), tip);
  const line = await push(bench, { ref: journal, old: tip, new: without });
  assert.match(
    line,
    new RegExp(`^${journal}: object [0-9a-f]{40} at 'seg/_/2024-01/..[^']*': was removed; next: run 'git`),
  );
  const foreign = await commit(bench, journalFiles(other, [testSegment(other)]));
  assert.match(await push(bench, create(journal, foreign)), /is of writer \w+, not of \w+; next/);
  const forged = testSegment({ secret: other.secret, record: writer.record });
  assert.match(
    await push(bench, create(journal, await commit(bench, journalFiles(writer, [forged])))),
    /not signed by its/,
  );
});

it('judges each ref by itself', async (bench) => {
  const theirs = REFS.journal + other.record.writer;
  const updates = [create(journal, await commit(bench, good)), create(theirs, await commit(bench, { x: '' }))];
  assert.match(await push(bench, updates), new RegExp(`^${theirs}: [^\\n]*$`));
});

it('reads the clock: a day ahead is allowed, more is not', async (bench) => {
  const at = (atMs: number) => commit(bench, journalFiles(writer, [testSegment(writer, { atMs })]));
  const day = 86_400_000;
  assert.is(await push(bench, create(journal, await at(T0 + day))), 'accepted');
  assert.match(
    await push(bench, create(journal, await at(T0 + day + 1))),
    /is dated 2024-01-02T00:00:00.001Z, too far/,
  );
});

it('refuses purged entries', async (bench) => {
  const purged = new Set(first.entries.map(({ id }) => id));
  assert.match(
    await push(bench, create(journal, await commit(bench, good)), { purged }),
    /: entry [0-9a-f]{64} was purged and cannot come back; next: git cmf pull, then git cmf push$/,
  );
  const hidden = await commit(bench, journalFiles(writer, [second]), await commit(bench, good));
  assert.match(
    await push(bench, create(journal, hidden), { purged }),
    /: lies in the history, and entry [0-9a-f]{64} was purged and cannot come back; next: git cmf pull, then git cmf push$/,
  );
});

it('refuses purged entries also while what is merged still holds them', async (bench) => {
  const tip = await commit(bench, good);
  await setRef(bench, journal, tip);
  await mergeOnce(bench.receiver.repository, { nowSeconds: 0 });
  await git(['update-ref', '-d', journal], { cwd: bench.directory });
  const facts = { purged: new Set(first.entries.map(({ id }) => id)), isPurging: true };
  assert.match(await push(bench, create(journal, tip), facts), /was purged and cannot come back/);
});

it('takes a relayed journal that has less than was merged', async (bench) => {
  await setRef(bench, journal, await commit(bench, journalFiles(writer, [first, second])));
  await mergeOnce(bench.receiver.repository, { nowSeconds: 0 });
  const inbox = REFS.inbox + writer.record.writer;
  assert.is(await push(bench, create(inbox, await commit(bench, good))), 'accepted');
});

it('lets a writer replace its writer.json by the lesser of two, never by the greater', async (bench) => {
  const twin = { secret: writer.secret, record: createWriterRecord(writer.secret, hlcAt(T0 + 1)) };
  const early = await commit(bench, good);
  const late = await commit(bench, journalFiles(twin, [second]));
  const united = await commit(bench, journalFiles(writer, [first, second]), early, late);
  const worse = await commit(bench, journalFiles(twin, [first, second]), early, late);
  await setRef(bench, journal, early);
  assert.match(await push(bench, { ref: journal, old: early, new: worse }), /at 'writer\.json': was changed; next: /);
  assert.is(await push(bench, { ref: journal, old: early, new: united }), 'accepted');
  await setRef(bench, journal, late);
  assert.is(await push(bench, { ref: journal, old: late, new: united }), 'accepted');
  await mergeOnce(bench.receiver.repository, { nowSeconds: 0 });
  assert.is(await push(bench, create(REFS.inbox + writer.record.writer, early)), 'accepted');
});

it('vouches only for what stands on merged ground', async (bench) => {
  const old = await commit(bench, { ...good, planted: 'before there was a hook' });
  await setRef(bench, journal, old);
  const next = await commit(
    bench,
    { ...journalFiles(writer, [first, second]), planted: 'before there was a hook' },
    old,
  );
  const update = { ref: journal, old, new: next };
  assert.match(await push(bench, update), /a name that format 1 does not have here/);
  const forged = testSegment({ secret: other.secret, record: writer.record });
  const lying = await commit(bench, journalFiles(writer, [forged]));
  await setRef(bench, journal, lying);
  const more = await commit(bench, journalFiles(writer, [forged, second]), lying);
  const judged = { nowMs: T0, purged: new Set<never>() };
  const verdict = await checkPush(bench.receiver, [{ ref: journal, old: lying, new: more }], judged);
  assert.equal(verdict, { refusals: [], validated: [] });
});

it('does not read again what was merged', async (bench) => {
  await setRef(bench, journal, await commit(bench, journalFiles(writer, [first, second])));
  await mergeOnce(bench.receiver.repository, { nowSeconds: 0 });
  const { objects } = bench.receiver.repository;
  const read: string[] = [];
  const spied = Object.create(objects, {
    readBlobs: {
      value: (oids: readonly Oid[]) => {
        read.push(...oids);
        return objects.readBlobs(oids);
      },
    },
  });
  const third = testSegment(writer, { number: 2 });
  const files = journalFiles(writer, [first, second, third]);
  const tip = await commit(bench, files);
  const receiver = { ...bench.receiver, repository: { ...bench.receiver.repository, objects: spied } };
  assert.equal(
    (await checkPush(receiver, [create(REFS.inbox + writer.record.writer, tip)], { nowMs: T0, purged: new Set() }))
      .refusals,
    [],
  );
  assert.equal(read, [await plantBlob(bench.directory, files[segmentPath(third)] ?? '')]);
});

it('refuses what hides in the history behind a good tip', async (bench) => {
  const hidden = await commit(bench, { ...good, 'secret.bin': 'not in the tip' });
  const tip = await commit(bench, good, hidden);
  assert.match(
    await push(bench, create(journal, tip)),
    /: lies in the history, but not in the journal at its tip; next/,
  );
  const honest = await commit(bench, journalFiles(writer, [first, second]), await commit(bench, good));
  assert.is(await push(bench, create(journal, honest)), 'accepted');
});

it('refuses more than a push may bring', async (bench) => {
  const tip = await commit(bench, journalFiles(writer, [first, second]));
  const limited = (pathsMax: number, sizeBytesMax: number) =>
    push(bench, create(journal, tip), { limits: { pathsMax, sizeBytesMax } });
  assert.match(await limited(1, 1e9), /: more new objects than one push may bring; next/);
  assert.match(await limited(1e9, 100), /: more new bytes than one push may bring; next/);
  assert.match(await limited(1e9, 1000), /: more than 1000 new bytes at once; next/);
  const both = [create(journal, tip), create(REFS.inbox + writer.record.writer, tip)];
  const files = Object.values(journalFiles(writer, [first, second]));
  const sizeBytesMax = files.reduce((sum, text) => sum + text.length, 10);
  assert.match(await push(bench, both, { limits: { pathsMax: 1e9, sizeBytesMax } }), /^refs\/cmf\/in\/.*more than/);
});

it('looks at no more than writer.json of a large journal that many refs claim to be', async (bench) => {
  const tip = await commit(bench, good);
  const { objects } = bench.receiver.repository;
  const read: string[] = [];
  const spied = Object.create(objects, {
    readTree: { value: (oid: Oid) => objects.readTree(oid).finally(() => read.push(oid)) },
  });
  const receiver: Receiver = {
    repository: { ...bench.receiver.repository, objects: spied },
    server: {
      ...bench.receiver.server,
      newObjects: () => {
        throw new Error('walked the history');
      },
    },
  };
  const names = Array.from({ length: 1000 }, (_, i) => `${REFS.journal}${i.toString(16).padStart(32, '0')}`);
  const updates = names.map((ref) => create(ref, tip));
  const { refusals } = await checkPush(receiver, updates, { nowMs: T0, purged: new Set() });
  assert.is(refusals.length, 20);
  for (const line of refusals) assert.match(line, /at 'writer.json': is of writer [0-9a-f]+, not of 0+/);
  assert.equal(read, Array(20).fill(await objects.treeOf(tip)));
});

it('refuses a commit that carries more than a few words', async (bench) => {
  const tree = await plantTree(bench.directory, folderOf(good));
  const wordy = await plantCommit(bench.directory, tree, [], 'x'.repeat(5000));
  const hidden = await plantCommit(bench.directory, tree, [wordy]);
  assert.match(
    await push(bench, create(journal, hidden)),
    new RegExp(`: object ${wordy}: a commit of \\d+ bytes; 4096 are the limit; next: `),
  );
});

it('has one budget for all refs of a push, which refused ones spend too', async (bench) => {
  const theirs = REFS.journal + other.record.writer;
  const bad = await commit(bench, { ...good, x: 'y'.repeat(10_000) });
  const fine = await commit(bench, journalFiles(other, [testSegment(other)]));
  const limits = { pathsMax: 1e9, sizeBytesMax: 1500 }; // For all objects together, eight times that.
  assert.is(await push(bench, create(theirs, fine), { limits }), 'accepted');
  assert.match(
    await push(bench, [create(journal, bad), create(theirs, fine)], { limits }),
    new RegExp(`a name that format 1[^\\n]*\\n${theirs}: object ${fine}: more new bytes than one push may bring; next`),
  );
});

it('measures what came before it walks the history', async (bench) => {
  const tip = await commit(bench, good);
  await setRef(bench, journal, tip);
  const tree = await plantTree(bench.directory, folderOf(good));
  const wordy = await plantCommit(bench.directory, tree, [], 'x'.repeat(5000));
  assert.match(await push(bench, { ref: journal, old: tip, new: wordy }), /a commit of \d+ bytes; 4096 are/);
});

it('refuses a gigabyte of zeros before it is read, wherever it lies', async (bench) => {
  const zeros = `${makeTempDirectory()}/zeros`;
  await runSealed('truncate', ['-s', '1G', zeros], { cwd: bench.directory });
  const args = ['-c', 'core.compression=1', 'hash-object', '-w', '--no-filters', zeros];
  const what = (await runSealed('git', args, { cwd: bench.directory })).stdout.trim() as Oid;
  const hidden = await commit(bench, { x: { mode: '100644', what } });
  const rule = new RegExp(`: object ${what}: a blob of 1073741824 bytes; 1048576 are the limit; next: `);
  assert.match(await push(bench, create(journal, await commit(bench, good, hidden))), rule);
});

it('is not fooled by replacement objects', async (bench) => {
  const forged = testSegment({ secret: other.secret, record: writer.record });
  const tip = await commit(bench, journalFiles(writer, [forged]));
  const lie = await plantTree(bench.directory, folderOf(good));
  const truth = await plantTree(bench.directory, folderOf(journalFiles(writer, [forged])));
  await setRef(bench, `refs/replace/${truth}`, lie);
  assert.match(await push(bench, create(journal, tip)), /not signed by its writer; next/);
});

it.run();
