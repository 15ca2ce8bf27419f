/** A central repository as its users and its admin meet it: real pushes, real hooks, the real program. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REFS } from '../../src/domain/ids.ts';
import { segmentPath } from '../../src/domain/layout.ts';
import type { Segment } from '../../src/domain/segment.ts';
import type { Oid } from '../../src/ports/git.ts';
import { CAN_LOOK } from '../faults/marked-processes.ts';
import { journalFiles, type TestWriter, testBucket, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, type Plant, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { type Finished, git, makeCommit, makeRepository, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfEnv, cmfJson, digestAt, makeCentral, makeSite, recordRun, settle } from '../helpers/sites.ts';

const it = suite('system: a central repository');
const [one, other] = [testWriter(1), testWriter(2)] as const;
const journalOf = (writer: TestWriter): string => REFS.journal + writer.record.writer;

async function makeServer(): Promise<string> {
  const server = await makeRepository({ bare: true });
  await cmf(server, ['server', 'install', server, '--quiet']);
  // Commits of tests are old, and no journal is to be folded before the test has looked at it.
  await git(['config', 'cmf.foldAfterDays', '0'], { cwd: server });
  return server;
}

/** A repository whose ref `x` holds these files on top of a parent. */
async function commitIn(site: string, files: Record<string, Plant>, ...parents: string[]): Promise<string> {
  return plantCommit(site, await plantTree(site, folderOf(files)), parents as Oid[]);
}

function push(site: string, server: string, refspecs: string[], expectExit = 0): Promise<Finished> {
  return git(['push', server, ...refspecs], { cwd: site, expectExit, env: cmfEnv() });
}

/** A site that has pushed a journal of these segments. */
async function pushJournal(
  server: string,
  writer: TestWriter,
  segments: readonly Segment[],
): Promise<[string, string]> {
  const site = await makeRepository();
  const tip = await commitIn(site, journalFiles(writer, segments));
  await push(site, server, [`${tip}:${journalOf(writer)}`]);
  return [site, tip];
}

async function mergedPaths(server: string): Promise<string[]> {
  return (await git(['ls-tree', '-r', '--name-only', REFS.mergedAll], { cwd: server })).stdout.trim().split('\n');
}

/** Makes the installed hooks start this script instead of node; `$@` is what node would have been given. */
function replaceNode(server: string, script: string): void {
  const node = join(makeTempDirectory(), 'node');
  writeFileSync(node, `#!/bin/sh\nnode='${process.execPath}'\n${script}\n`, { mode: 0o755 });
  for (const name of ['pre-receive', 'post-receive']) {
    const path = join(server, 'hooks', name);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/^node=.*$/m, `node='${node}'`));
  }
}

it('merges 24 sites that push at once into one tree with all of them', async () => {
  const server = await makeServer();
  const writers = Array.from({ length: 24 }, (_, i) => testWriter(i));
  const bucket = testBucket('p');
  const segments = writers.map((writer) => testSegment(writer, { bucket }));
  await Promise.all(writers.map((writer, i) => pushJournal(server, writer, [segments[i] as Segment])));
  await settle(server);
  const paths = await mergedPaths(server);
  for (const segment of segments) assert.ok(paths.some((path) => path.endsWith(segmentPath(segment))));
  const history = await git(['rev-list', '--count', REFS.mergedAll], { cwd: server });
  assert.ok(Number(history.stdout) <= 24);
});

it('returns from a push before the merge has begun', async () => {
  const server = await makeServer();
  const gate = join(makeTempDirectory(), 'open');
  replaceNode(
    server,
    `case "$*" in *merge-worker) while ! [ -e '${gate}' ]; do sleep 0.05; done ;; esac\nexec "$node" "$@"`,
  );
  await pushJournal(server, one, [testSegment(one)]);
  assert.not((await git(['for-each-ref', REFS.merged], { cwd: server })).stdout);
  writeFileSync(gate, '');
  await settle(server);
});

it('starts one merge for many pushes: who is about to begin, or at work, sees them all', async () => {
  const server = await makeServer();
  const [gate, log] = [join(makeTempDirectory(), 'gate'), join(makeTempDirectory(), 'log')];
  replaceNode(
    server,
    `case "$*" in *merge-worker) echo start >>'${log}'; while ! [ -e '${gate}' ]; do sleep 0.05; done ;; esac\n` +
      'exec "$node" "$@"',
  );
  for (let i = 1; i <= 4; i++) await pushJournal(server, testWriter(i), [testSegment(testWriter(i))]);
  const starts = () => readFileSync(log, 'utf8').split('\n').length - 1;
  assert.is(starts(), CAN_LOOK ? 1 : 4);
  // One that died before it looked at anything is found out by the next push.
  if (CAN_LOOK) process.kill(Number(readFileSync(join(server, 'cmf/merge-wanted'), 'utf8').split(' ')[0]), 'SIGKILL');
  await pushJournal(server, testWriter(5), [testSegment(testWriter(5))]);
  assert.is(starts(), CAN_LOOK ? 2 : 5);
  writeFileSync(gate, '');
  await settle(server);
  assert.is((await mergedPaths(server)).filter((path) => path.endsWith('writer.json')).length, 5);
});

it('starts nothing for a push of code, and has no rule for it', async () => {
  const server = await makeServer();
  const log = join(makeTempDirectory(), 'log');
  replaceNode(server, `echo "$@" >>'${log}'\nexec "$node" "$@"`);
  const site = await makeRepository();
  const first = await makeCommit(site, { a: '1' });
  const second = await makeCommit(site, { a: '2' });
  await push(site, server, [`${second}:refs/heads/main`, `${second}:refs/heads/gone`, `${second}:refs/tags/v1`]);
  await push(site, server, [`+${first}:refs/heads/main`, ':refs/heads/gone', `${first}:refs/notes/commits`]);
  const odd = await commitIn(site, { link: { mode: '120000', what: '../..' }, 'cmf-format-1': 'x' });
  await push(site, server, [`${odd}:refs/heads/odd`]);
  assert.not(existsSync(log));
  const tip = await commitIn(site, journalFiles(one, [testSegment(one)]));
  await push(site, server, [`${tip}:${journalOf(one)}`]);
  await settle(server);
  assert.match(readFileSync(log, 'utf8'), /hook pre-receive\n(.|\n)*hook merge-worker\n/);
});

it('runs the hooks that were there before', async () => {
  const server = await makeRepository({ bare: true });
  const seen = join(makeTempDirectory(), 'seen');
  const hook = (name: string, script: string) => {
    writeFileSync(join(server, 'hooks', name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(server, 'hooks', name), 0o755);
  };
  hook('pre-receive', `grep -q refs/heads/closed && { echo 'closed is closed' >&2; exit 1; }; exit 0`);
  hook('post-receive', `cat >>'${seen}'`);
  await cmf(server, ['server', 'install', server]);
  const [site, tip] = await pushJournal(server, one, [testSegment(one)]);
  const code = await makeCommit(site, { a: '1' });
  assert.match((await push(site, server, [`${code}:refs/heads/closed`], 1)).stderr, /closed is closed/);
  await push(site, server, [`${code}:refs/heads/main`]);
  const zero = '0'.repeat(40);
  assert.is(readFileSync(seen, 'utf8'), `${zero} ${tip} ${journalOf(one)}\n${zero} ${code} refs/heads/main\n`);
  await settle(server);
});

it('refuses what is no honest journal, says why, and stores nothing of it', async () => {
  const server = await makeServer();
  const first = testSegment(one);
  const second = testSegment(one, { number: 1 });
  const [site, tip] = await pushJournal(server, one, [first, second]);
  await settle(server);
  const good = journalFiles(one, [first, second]);
  const refused = async (files: Record<string, Plant>, rule: RegExp) => {
    const bad = await commitIn(site, files, tip);
    const { stderr } = await push(site, server, [`${bad}:${journalOf(one)}`], 1);
    assert.match(stderr.replace(/\s+remote: /g, '\n'), rule);
    assert.match(stderr, /nothing of this push was stored/);
    await git(['cat-file', '-e', bad], { cwd: server, expectExit: 1 });
  };
  const forged = testSegment({ secret: other.secret, record: one.record }, { number: 2 });
  await refused(journalFiles(one, [first]), /: object \w+ at 'seg.*: was removed; next: /);
  await refused({ ...good, [segmentPath(first)]: 'x' }, /at 'seg.*: was changed; next/);
  await refused(journalFiles(one, [first, second, forged]), /is not signed by its writer; next/);
  await refused(
    { ...good, x: { mode: '120000', what: '/etc/passwd' } },
    /a name that format 1 does not have here; next/,
  );
  await refused({ ...good, '..': 'x' }, /a name that leads out of its folder; next/);
  const unrelated = await commitIn(site, journalFiles(one, [first, second, testSegment(one, { number: 2 })]));
  const forced = await push(site, server, [`+${unrelated}:${journalOf(one)}`], 1);
  assert.match(forced.stderr, /does not contain \w+: a journal only grows; next: git cmf push/);
  assert.match((await push(site, server, [`:${journalOf(one)}`], 1)).stderr, /a journal is never deleted; next/);
  for (const ref of [REFS.mergedAll, REFS.archive, REFS.control]) {
    assert.match((await push(site, server, [`+${tip}:${ref}`], 1)).stderr, /deny updating a hidden ref/);
  }
  assert.match((await push(site, server, [`${tip}:${REFS.notes}`], 1)).stderr, /notes are made by the server; next/);
  assert.is((await git(['rev-parse', journalOf(one)], { cwd: server })).stdout.trim(), tip);
});

it('merges with the next push of a site what came in while its connection died, though nothing is new', async () => {
  const server = await makeCentral();
  const site = await makeSite(server);
  await recordRun(site);
  await cmf(site, ['push']);
  await settle(server);
  await recordRun(site);
  const hook = join(server, 'hooks/post-receive');
  renameSync(hook, `${hook}.away`);
  await cmf(site, ['push']);
  const merged = await mergedPaths(server);
  renameSync(`${hook}.away`, hook);
  await cmf(site, ['push']);
  await settle(server);
  assert.is((await mergedPaths(server)).length, merged.length + 1);
  const refsNow = async () => (await git(['for-each-ref', REFS.all], { cwd: server })).stdout;
  const refs = await refsNow();
  assert.not.match(refs, REFS.inbox);
  // It is merged now, so nothing more is sent.
  await cmf(site, ['push']);
  await settle(server);
  assert.is(await refsNow(), refs);
});

it('heals with the next push whatever moment a worker was killed at', async () => {
  const server = await makeServer();
  const folder = makeTempDirectory();
  const kill = [
    `case "$*" in *merge-worker) ;; *) exec "$node" "$@" ;; esac`,
    `[ -e '${folder}/pause' ] || exec "$node" "$@"`,
    `pause=$(cat '${folder}/pause'); rm '${folder}/pause'`,
    `"$node" "$@" & sleep "$pause"; kill -9 $!; touch '${folder}/killed'`,
  ];
  replaceNode(server, kill.join('\n'));
  const bucket = testBucket('p');
  for (const [i, pause] of ['0', '0.1', '0.2', '0.3', '0.4'].entries()) {
    writeFileSync(join(folder, 'pause'), pause);
    await pushJournal(server, testWriter(i), [testSegment(testWriter(i), { bucket })]);
    while (!existsSync(join(folder, 'killed'))) await sleep(20);
    rmSync(join(folder, 'killed'));
  }
  await pushJournal(server, testWriter(5), [testSegment(testWriter(5), { bucket })]);
  await settle(server);
  assert.is((await mergedPaths(server)).filter((path) => path.endsWith('writer.json')).length, 6);
});

it('merges on request what came in while there were no hooks, and takes its hooks out again', async () => {
  const server = await makeRepository({ bare: true });
  await pushJournal(server, one, [testSegment(one)]);
  assert.match(
    (await cmf(server, ['server', 'merge', server], { expectExit: 4 })).stderr,
    /hide .*\nhint: git cmf server install/,
  );
  const before = readdirSync(join(server, 'hooks'));
  await cmf(server, ['server', 'install', server]);
  await cmf(server, ['server', 'merge', server]);
  assert.is((await mergedPaths(server)).length, 3);
  await cmf(server, ['server', 'uninstall', server]);
  assert.equal(readdirSync(join(server, 'hooks')), before);
});

it('hides nothing that is pushed after its hooks went', async () => {
  const central = await makeCentral();
  const [a, job] = [await makeSite(central), await makeSite(central)];
  await recordRun(a);
  await cmf(a, ['push', '--quiet']);
  await recordRun(job);
  const own = (await git(['for-each-ref', '--format=%(refname)', REFS.journal], { cwd: job })).stdout.trim();
  await push(job, central, [`${own}:${own.replace(REFS.journal, REFS.inbox)}`]);
  await cmf(central, ['server', 'merge']);
  assert.match((await cmf(central, ['server', 'uninstall'])).stdout, /^removed refs\/cmf\/merged\/all$/m);
  assert.match((await cmf(central, ['doctor'])).stdout, /so nothing is merged/);
  await recordRun(a);
  await cmf(a, ['push', '--quiet']);
  const b = await makeSite(central);
  await cmf(b, ['pull', '--quiet']);
  await cmf(a, ['pull', '--quiet']);
  for (const place of [a, b, central]) {
    assert.is((await cmfJson(place, ['list', 'executions'])).items.length, 3);
    assert.is(await digestAt(place), await digestAt(a));
  }
  // Somebody took the hooks out by hand.
  await cmf(central, ['server', 'install', '--quiet']);
  await cmf(central, ['server', 'merge', '--quiet']);
  for (const name of ['pre-receive', 'post-receive']) rmSync(join(central, 'hooks', name));
  assert.match((await cmf(central, ['doctor'], { expectExit: 1 })).stdout, /WRONG .*merged\/all hides/);
});

it('doctor --fix removes the lock of a killed git, then merges what waited behind it', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  await recordRun(site);
  const lock = join(central, `${REFS.mergedAll}.lock`);
  mkdirSync(dirname(lock), { recursive: true });
  writeFileSync(lock, '');
  await cmf(site, ['push', '--quiet']);
  while (!existsSync(join(central, 'cmf/merge.json')) || existsSync(join(central, 'cmf/lock/merge'))) await sleep(20);

  // It may be held by a git that works: left alone, and whoever asks is told why the merge has to wait.
  const young = (await cmf(central, ['doctor', '--fix'], { expectExit: 1 })).stdout;
  assert.match(young, /note .* has kept git from updating refs for less than a minute/);
  assert.match(young, /WRONG .*the last merge failed: .*\n\s+not fixed: .*cannot lock ref/);
  assert.ok(existsSync(lock));

  const anHourAgo = Date.now() / 1000 - 3600;
  utimesSync(lock, anHourAgo, anHourAgo);
  const old = (await cmf(central, ['doctor', '--fix'])).stdout;
  assert.match(old, /fixed: removed .*\.lock\n(?:.*\n)*.*the last merge failed: .*\n\s+fixed: merged/);
  await cmf(site, ['pull', '--quiet']);
  assert.is(await digestAt(central), await digestAt(site));
});

it.run();
