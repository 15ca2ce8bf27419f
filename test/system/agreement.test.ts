/**
 * Every place that has the same entries knows the same, whatever the order in which they arrived: clones, a central
 * repository with hooks, and a host that runs none.
 */
import { cpSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pipelineId } from '../../src/domain/ids.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import {
  cmf,
  digestAt,
  inParallel,
  knownTree,
  makeCentral,
  makeSite,
  makeSites,
  md5Of,
  mergedTree,
  objectsIn,
  record,
  recordRun,
  revParse,
  settle,
  viewAt,
} from '../helpers/sites.ts';

/** All places print one digest, and the central tree is what every client computes. */
async function assertAgreement(central: string, sites: readonly string[]): Promise<void> {
  const digests = await inParallel([central, ...sites], 4, digestAt);
  assert.match(digests[0] ?? '', /entries: +\w{32,}/);
  for (const digest of digests) assert.is(digest, digests[0]);
  const merged = await mergedTree(central);
  for (const site of sites) assert.is(await knownTree(site), merged);
}

/** Different contents, so that no site is a copy of another. */
function recordAt(site: string, number: number): Promise<string> {
  return recordRun(site, {
    pipeline: number % 3 === 0 ? 'spam' : 'mail',
    stage: `stage ${number % 2}`,
    params: { site: number },
    uses: [{ direction: 'output', path: `out/${number}.bin`, digests: [md5Of(`${number % 4}`)] }],
  });
}

const agreement = suite('system: agreement');

agreement('of two sites and the central repository', async () => {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  const runs = [await recordAt(a, 0), await recordAt(b, 1)];
  for (const site of [a, b]) await cmf(site, ['push']);
  await settle(central);
  for (const site of [a, b]) await cmf(site, ['pull']);
  await assertAgreement(central, [a, b]);
  for (const place of [a, b, central]) assert.equal([...(await viewAt(place)).executions.keys()].sort(), runs.sort());
});

agreement('is told apart: one more entry gives another digest until it has been pushed and pulled', async () => {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  await recordAt(a, 0);
  for (const step of ['before', 'after']) {
    await cmf(a, ['push']);
    await settle(central);
    for (const site of [a, b]) await cmf(site, ['pull']);
    await assertAgreement(central, [a, b]);
    if (step === 'after') return;
    await recordAt(a, 1);
    assert.is.not(await digestAt(a), await digestAt(b));
  }
});

agreement('of twenty sites that push at once', async () => {
  const central = await makeCentral();
  const sites = await makeSites(central, 20);
  await inParallel(sites, 3, recordAt);
  await Promise.all(sites.map((site) => cmf(site, ['push'])));
  await settle(central);
  await inParallel(sites, 3, (site) => cmf(site, ['pull']));
  await assertAgreement(central, sites);
  assert.is((await viewAt(central)).executions.size, 20);
});

agreement('is the same whatever the order of the pushes, on hosts with and without hooks', async () => {
  const [home, second, third, plain] = [
    await makeCentral(),
    await makeCentral(),
    await makeCentral(),
    await makeCentral({ hooks: false }),
  ];
  const sites = await makeSites(home, 4);
  for (const [number, site] of sites.entries()) await recordAt(site, number);
  const orders: readonly (readonly [string, readonly number[]])[] = [
    [home, [0, 1, 2, 3]],
    [second, [3, 1, 0, 2]],
    [third, [2, 3, 1, 0]],
    [plain, [1, 0, 3, 2]],
  ];
  for (const [server, order] of orders) {
    for (const number of order) await cmf(sites[number] ?? '', ['push', server]);
  }
  const reader = await makeSite(plain);
  await cmf(reader, ['pull']);
  const expected = { tree: await knownTree(reader), digest: await digestAt(reader) };
  for (const server of [home, second, third]) {
    await settle(server);
    assert.equal({ tree: await mergedTree(server), digest: await digestAt(server) }, expected);
    const late = await makeSite(server);
    await cmf(late, ['pull']);
    assert.equal({ tree: await knownTree(late), digest: await digestAt(late) }, expected);
  }
});

agreement('with journals that a host holds twice, by the author and by a relay, each knowing more of one', async () => {
  const plain = await makeCentral({ hooks: false });
  const [a = '', b = '', reader = ''] = await makeSites(plain, 3);
  const journals = new Map<string, string>();
  for (const site of [a, b]) {
    await recordAt(site, 0);
    await cmf(site, ['push']);
    const ref = (await git(['for-each-ref', '--format=%(refname)', 'refs/cmf/journal/'], { cwd: site })).stdout.trim();
    journals.set(ref, await revParse(site, ref));
    await recordAt(site, 0);
    await cmf(site, ['push']);
  }
  const [[older = '', before = ''] = [], [newer = '', first = ''] = []] = [...journals];
  await git(['update-ref', older.replace('/journal/', '/in/'), before], { cwd: plain });
  await git(['update-ref', newer.replace('/journal/', '/in/'), newer], { cwd: plain });
  await git(['update-ref', newer, first], { cwd: plain });
  await cmf(reader, ['pull']);
  assert.is((await viewAt(reader)).executions.size, 4);
  const hooked = await makeCentral();
  for (const site of [a, b]) await cmf(site, ['push', hooked]);
  await settle(hooked);
  assert.is(await knownTree(reader), await mergedTree(hooked));
});

agreement('survives a clone that was copied with its key, and one that was put back to an older state', async () => {
  const central = await makeCentral();
  const original = await makeSite(central);
  await recordAt(original, 0);
  await cmf(original, ['push']);
  const copy = makeTempDirectory('copy');
  cpSync(original, copy, { recursive: true, preserveTimestamps: true });
  for (const [number, site] of [original, copy, original, copy].entries()) {
    await recordAt(site, number + 1);
    await cmf(site, ['push']);
  }
  const ref = (
    await git(['for-each-ref', '--format=%(refname)', 'refs/cmf/journal/'], { cwd: original })
  ).stdout.trim();
  await git(['update-ref', ref, `${ref}~1`], { cwd: original });
  await recordAt(original, 5);
  await cmf(original, ['push']);
  await settle(central);
  for (const site of [original, copy]) await cmf(site, ['pull']);
  await assertAgreement(central, [original, copy]);
  assert.is((await viewAt(central)).executions.size, 6);
  for (const place of [original, copy, central]) await cmf(place, ['fsck']);
});

agreement('comes also when a run is pushed while it goes on', async () => {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  const [execution = ''] = await record(a, [{ op: 'start', pipeline: 'spam', stage: 'train', params: { lr: 0.1 } }]);
  await cmf(a, ['log-metric', '-e', execution, '--step', '1', 'loss=0.9']);
  await cmf(a, ['push']);
  await cmf(a, ['log-metric', '-e', execution, '--step', '2', 'loss=0.4']);
  await cmf(a, ['log-param', '-e', execution, 'lr=0.2']);
  await record(a, [{ op: 'use', execution, direction: 'output', path: 'm.bin', digests: [md5Of('m')], type: 'model' }]);
  await cmf(a, ['push']);
  await cmf(a, ['finish', '-e', execution]);
  await cmf(a, ['push']);
  await settle(central);
  for (const site of [a, b]) await cmf(site, ['pull']);
  await assertAgreement(central, [a, b]);
  const [run] = (await viewAt(b)).executions.values();
  assert.is(run?.status, 'succeeded');
  assert.equal(
    run?.metrics.get('loss')?.map(({ step, values }) => [step, values[0]?.value.value]),
    [
      [1, 0.9],
      [2, 0.4],
    ],
  );
  assert.is(run?.fields.get('param.lr')?.[0]?.value, 0.2);
  assert.is(run?.uses.length, 1);
});

agreement('of one pipeline, without a byte of the others', async () => {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  await recordRun(a, { pipeline: 'wanted' });
  await recordRun(a, { pipeline: 'other' });
  await recordRun(b, { pipeline: 'third' });
  for (const site of [a, b]) await cmf(site, ['push']);
  await settle(central);
  const puller = await makeSite(central);
  await cmf(puller, ['pull', '-p', 'wanted']);

  const listed = await git(['ls-tree', '-r', '--format=%(objectname) %(path)', 'refs/cmf/merged/all'], {
    cwd: central,
  });
  const segments = listed.stdout.split('\n').filter((line) => line.includes('/seg/'));
  const wanted = segments.filter((line) => line.includes(pipelineId('', 'wanted')));
  const present = await objectsIn(puller);
  const here = segments.filter((line) => present.has(line.split(' ')[0] ?? ''));
  assert.ok(wanted.length > 0 && segments.length > wanted.length);
  assert.equal(here, wanted);

  const narrow = ['digest', '-p', 'wanted'];
  assert.match((await cmf(puller, ['digest'], { expectExit: 1 })).stdout, /partial/);
  await cmf(puller, ['pull']);
  assert.is((await cmf(puller, narrow)).stdout, (await cmf(central, narrow)).stdout);
  await assertAgreement(central, [puller]);
});

agreement.run();
