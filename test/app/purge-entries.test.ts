import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeDisk } from '../../src/adapters/disk/node-disk.ts';
import { openGitServer } from '../../src/adapters/git/git-server.ts';
import { openRepository } from '../../src/adapters/git/open-repository.ts';
import { nodeEffects } from '../../src/adapters/process/node-effects.ts';
import { digestOf } from '../../src/app/digest.ts';
import { fsck } from '../../src/app/fsck.ts';
import { runMergeWorker } from '../../src/app/merge-worker.ts';
import { purgeEntries } from '../../src/app/purge-entries.ts';
import type { ServerContext } from '../../src/app/server.ts';
import { REFS } from '../../src/domain/ids.ts';
import { type Segment, sealSegment } from '../../src/domain/segment.ts';
import type { GitRepository } from '../../src/ports/git.ts';
import { plantRef } from '../helpers/hosts.ts';
import { journalFiles, type TestWriter, testEntries, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { CAST } from '../helpers/laws/cast.ts';
import { git, makeRepository, sealedEnv } from '../helpers/sealed-git.ts';

const it = suite('app: purging in a central repository');

const { ann, ann2 } = CAST;
const other = testWriter(5);
const first = testSegment(ann, { count: 3, salt: 'first' });
const SECRET = first.entries[1] as Segment['entries'][number];
/** The successor sealed it again, among others. */
const again = testEntries(ann2, { salt: 'again', was: { id: SECRET.id, writer: ann.id } });
const more = testEntries(ann2, { salt: 'more', number: 2 });
const second = sealSegment([...again, ...more], { number: 0, previous: null }, ann2.secret);

async function withHost<Result>(directory: string, work: (context: ServerContext) => Promise<Result>): Promise<Result> {
  const repository = await openRepository(directory, { env: sealedEnv() });
  let names = 0;
  const reporter = { warn: () => undefined, note: () => undefined, progress: () => undefined };
  const disk = nodeDisk(() => `${process.pid}-${names++}`);
  const server = openGitServer(repository.layout, sealedEnv());
  try {
    return await work({ repository, disk, effects: nodeEffects(), reporter, server });
  } finally {
    await repository.close();
  }
}

/** A host with an original, one that was sealed again by a successor, a folded writer, and one who has nothing to hide. */
async function makeHost(): Promise<string> {
  const host = await makeRepository({ bare: true });
  // These journals are dated years ago, and are not to be folded for that.
  await git(['config', 'cmf.foldAfterDays', '0'], { cwd: host });
  mkdirSync(join(host, 'cmf/lock'), { recursive: true });
  const plant = (prefix: string, writer: TestWriter, segment: Segment) =>
    plantRef(host, prefix + writer.record.writer, journalFiles(writer, [segment]));
  await plant(REFS.inbox, ann, first);
  await withHost(host, (context) => runMergeWorker(context, { isForced: true }));
  await plant(REFS.journal, ann2, second);
  await plant(REFS.journal, other, testSegment(other));
  return host;
}

async function holds(host: string, text: string, revisions: readonly string[]): Promise<boolean> {
  const { stdout } = await git(['rev-list', '--objects', '--no-object-names', ...revisions], { cwd: host });
  const contents = await git(['cat-file', '--batch'], { cwd: host, input: stdout });
  return contents.stdout.includes(text);
}

async function refsOf(host: string): Promise<string[]> {
  const { stdout } = await git(['for-each-ref', '--format=%(refname)', 'refs/cmf/'], { cwd: host });
  return stdout.trim().split('\n');
}

/** What can be said of a host that has carried out the purge, whatever happened on the way. */
async function assertPurged(host: string): Promise<void> {
  for (const line of [SECRET.line, again[0]?.line ?? '']) assert.not.ok(await holds(host, line, ['--all']));
  for (const { line } of [first.entries[0], first.entries[2], more[0]].flatMap((one) => one ?? [])) {
    assert.ok(await holds(host, line, [REFS.mergedAll]), 'something else is gone');
  }
  const refs = await refsOf(host);
  assert.not.ok(refs.includes(REFS.journal + ann2.id));
  assert.ok(refs.includes(REFS.journal + other.record.writer));
  const { stdout } = await git(['rev-list', '--count', REFS.mergedAll], { cwd: host });
  assert.is(stdout.trim(), '1');
}

const REASON = 'because';

it('takes all sealings out of everything, and nothing else', async () => {
  const host = await makeHost();
  const report = await withHost(host, (context) => purgeEntries(context, [SECRET.id.slice(0, 10)], REASON));
  assert.equal(report.purged, [SECRET.id]);
  await assertPurged(host);
  assert.is(statSync(join(host, 'cmf/admin-key')).mode & 0o777, 0o600);
  assert.ok(!report.key.includes(readFileSync(join(host, 'cmf/admin-key'), 'utf8').trim()));
  await withHost(host, async (context) => {
    const { errors, notices } = await fsck(context);
    assert.equal(errors, []);
    assert.match(notices.join('\n'), /2 files with purged records are still stored/);
    const again = await purgeEntries(context, [SECRET.id], REASON);
    assert.equal([again.purged, again.before], [[], [SECRET.id]]);
  });
});

it('asks for a reason and for ids that are here, before anything is written', async () => {
  const host = await makeHost();
  const refusal = (names: readonly string[], reason: string) =>
    withHost(host, (context) => purgeEntries(context, names, reason).then(String, (error: Error) => error.message));
  assert.match(await refusal([SECRET.id], ' '), /needs a reason of 1 to 2000 characters/);
  assert.match(await refusal(['abc'], REASON), /'abc' names no record/);
  assert.match(await refusal([SECRET.id, 'f'.repeat(64)], REASON), /no record here has the id f{64}/);
  assert.not.ok(existsSync(join(host, 'cmf/admin-key')));
  assert.not.ok((await refsOf(host)).includes(REFS.control));
});

/** A repository that dies before its n-th step that changes something. */
function dyingAt(repository: GitRepository, limit: number): GitRepository {
  let steps = 0;
  const step = <Args extends readonly unknown[], Result>(work: (...args: Args) => Promise<Result>) => {
    return (...args: Args): Promise<Result> => (++steps > limit ? Promise.reject(new Error('killed')) : work(...args));
  };
  const { writer, refs } = repository;
  return {
    ...repository,
    writer: {
      commit: step((request) => writer.commit(request)),
      writeTree: step((...args) => writer.writeTree(...args)),
    },
    refs: {
      list: (...args) => refs.list(...args),
      resolve: (...args) => refs.resolve(...args),
      newCommits: (...args) => refs.newCommits(...args),
      history: (...args) => refs.history(...args),
      reflogCommits: () => refs.reflogCommits(),
      commitOf: (...args) => refs.commitOf(...args),
      isAncestor: (...args) => refs.isAncestor(...args),
      update: step((updates) => refs.update(updates)),
    },
  };
}

it('killed before any step, is ended by the next merge', async () => {
  const digests = new Set<string>();
  let wasWhole = false;
  for (let limit = 0; !wasWhole; limit++) {
    assert.ok(limit < 100, 'it never ends');
    const host = await makeHost();
    wasWhole = await withHost(host, async (context) => {
      await runMergeWorker(context, { isForced: true });
      const dying = { ...context, repository: dyingAt(context.repository, limit) };
      return purgeEntries(dying, [SECRET.id], REASON).then(
        () => true,
        () => false,
      );
    });
    await withHost(host, async (context) => {
      const isOrdered = (await context.repository.refs.resolve(REFS.control)) !== undefined;
      await runMergeWorker(context, { isForced: true });
      if (!isOrdered || (await digestOf(context, undefined)).count === 6) return;
      await assertPurged(host);
      digests.add((await digestOf(context, undefined)).entries);
    });
  }
  assert.is(digests.size, 1);
});

it.run();
