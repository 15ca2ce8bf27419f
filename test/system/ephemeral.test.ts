import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { push } from '../../src/app/push.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfJson, digestAt, inParallel, makeCentral, makeSite, recordRun, settle } from '../helpers/sites.ts';
import { makeWritingClone, startRun } from '../helpers/writing-clone.ts';

const it = suite('system: throw-away writers');

const JOBS = 60;

/** What a CI job is: a clone that lives for one run. */
async function runJob(central: string, number: number): Promise<string> {
  const site = makeTempDirectory('job');
  await git(['clone', '--quiet', '--depth=1', `file://${central}`, site], { cwd: site });
  await cmf(site, ['init', '--quiet'], { env: { CMF_EPHEMERAL: '1' } });
  await recordRun(site, { stage: `job ${number}`, metrics: { number } });
  await cmf(site, ['push', '--quiet']);
  return site;
}

/** The same without the start of a program for each command; what the server does is the same. */
async function runJobHere(central: string, number: number): Promise<void> {
  const { clone } = await makeWritingClone();
  try {
    await clone.repository.worktree.setConfig('cmf.ephemeral', 'true');
    await startRun(clone, `job ${number}`);
    assert.is((await push(clone, central)).status, 'pushed');
  } finally {
    await clone.repository.close();
  }
}

async function refsOf(directory: string): Promise<string[]> {
  const { stdout } = await git(['for-each-ref', '--format=%(refname)', 'refs/cmf/'], { cwd: directory });
  return stdout.split('\n').filter((line) => line !== '');
}

it('leave a handful of refs, and nothing of them is lost', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  await recordRun(site);
  await cmf(site, ['push']);
  const numbers = Array.from({ length: JOBS }, (_, i) => i);
  await inParallel(numbers, 4, (number) => runJobHere(central, number));
  await settle(central);
  const kept = (await refsOf(central)).filter((name) => !name.startsWith('refs/cmf/merged/'));
  assert.is(kept.length, 2, `${kept}`);
  assert.ok(kept.includes('refs/cmf/archive'));
  await cmf(site, ['pull']);
  const { items } = await cmfJson(site, ['list', 'executions']);
  assert.is(items.length, JOBS + 1);
  assert.is(await digestAt(site), await digestAt(central));
  await cmf(central, ['fsck']);
});

it('push again after they were folded, and without waiting for it', async () => {
  const central = await makeCentral();
  const job = await runJob(central, 1);
  await settle(central);
  assert.equal(
    (await refsOf(central)).filter((name) => name.startsWith('refs/cmf/in/')),
    [],
  );
  for (const stage of ['second', 'third']) {
    await recordRun(job, { stage });
    await cmf(job, ['push']);
  }
  await settle(central);
  assert.equal(
    (await refsOf(central)).filter((name) => name.startsWith('refs/cmf/in/')),
    [],
  );
  await cmf(job, ['pull']);
  assert.is((await cmfJson(central, ['list', 'executions'])).items.length, 3);
  assert.is(await digestAt(job), await digestAt(central));
});

it('stay in the inbox of a host without hooks, where pulls read them', async () => {
  const host = await makeCentral({ hooks: false });
  const jobs = await inParallel([1, 2], 2, (number) => runJob(host, number));
  await recordRun(jobs[0] ?? '', { stage: 'again' });
  await cmf(jobs[0] ?? '', ['push']);
  const names = await refsOf(host);
  assert.is(names.length, 2);
  assert.ok(names.every((name) => name.startsWith('refs/cmf/in/')));
  const site = await makeSite(host);
  for (const place of [site, ...jobs]) await cmf(place, ['pull']);
  assert.is((await cmfJson(site, ['list', 'executions'])).items.length, 3);
  for (const job of jobs) assert.is(await digestAt(job), await digestAt(site));
});

it.run();
