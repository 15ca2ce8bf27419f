import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { cmf, cmfJson, digestAt, makeCentral, makeSite, recordRun, settle } from '../helpers/sites.ts';

const it = suite('system: a hub of several code repositories');

async function makeHub(): Promise<string> {
  const hub = await makeRepository({ bare: true });
  await cmf(hub, ['server', 'install']);
  return hub;
}

it('gathers two that share nothing, named by its URL only', async () => {
  const hub = await makeHub();
  const url = `file://${hub}`;
  const sites = [await makeSite(await makeCentral()), await makeSite(await makeCentral())] as const;
  for (const [i, site] of sites.entries()) {
    await recordRun(site, { pipeline: `project ${i}` });
    await cmf(site, ['push', url]);
    assert.match((await cmf(site, ['push', url])).stdout, /has everything already/);
  }
  await settle(hub);
  for (const site of sites) {
    await cmf(site, ['pull', url]);
    assert.is((await cmfJson(site, ['list', 'pipelines'])).items.length, 2);
    assert.is(await digestAt(site), await digestAt(hub));
    assert.is((await git(['remote'], { cwd: site })).stdout, 'origin\n');
    const notes = (await git(['notes', '--ref=cmf', 'list'], { cwd: site })).stdout.trim().split('\n');
    assert.is(notes.length, 1, 'a note for the commit that is here');
  }
  assert.is((await git(['for-each-ref', 'refs/heads/', 'refs/notes/'], { cwd: hub })).stdout, '', 'no code, no notes');
});

it('receives a relay from a clone of one of them', async () => {
  const [central, hub] = [await makeCentral(), await makeHub()];
  const [author, carrier] = [await makeSite(central), await makeSite(central)];
  await recordRun(author);
  await cmf(author, ['push']);
  await settle(central);
  await cmf(carrier, ['pull']);
  const { stdout } = await cmf(carrier, ['push', '--relay', hub]);
  assert.match(stdout, /Sent on what 1 other writer recorded\.\n$/);
  await settle(hub);
  assert.match((await cmf(carrier, ['push', '--relay', hub])).stdout, /Sent on what 0 other writers recorded\.\n$/);
  assert.is(await digestAt(hub), await digestAt(carrier));
});

it.run();
