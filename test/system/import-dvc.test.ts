/** Sites that import the same history of DVC, at once or half and half, killed and begun again: one history comes of it. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { goldenHistory, writeHistory } from '../helpers/dvc-history.ts';
import { makeRepository, sealedEnv } from '../helpers/sealed-git.ts';
import { cmf, cmfEnv, cmfJson, digestAt, knownTree, makeSites, mergedTree, settle, viewAt } from '../helpers/sites.ts';

const it = suite('system: import from DVC');
const ALL = ['import', 'dvc', '--all-commits', '-p', 'churn'];

type Report = {
  readonly found: Readonly<Record<string, number>>;
  readonly added: Readonly<Record<string, number>>;
};

async function makeDvcCentral(): Promise<string> {
  const central = await makeRepository({ bare: true });
  await writeHistory(central, goldenHistory());
  await cmf(central, ['server', 'install']);
  return central;
}

async function importAt(site: string, args: readonly string[] = ALL): Promise<Report> {
  return JSON.parse((await cmf(site, [...args, '--json'])).stdout) as Report;
}

async function meet(central: string, sites: readonly string[]): Promise<void> {
  for (const site of sites) await cmf(site, ['push']);
  await settle(central);
  for (const site of sites) await cmf(site, ['pull']);
}

/** One execution, one use and one point of each, wherever it is looked at; and nobody sees a conflict. */
async function assertOneHistory(places: readonly string[], found: Report['found']): Promise<void> {
  const digests = new Set<string>();
  for (const place of places) {
    digests.add(await digestAt(place));
    const runs = [...(await viewAt(place)).executions.values()];
    assert.is(runs.length, found['executions']);
    const uses = runs.flatMap((run) => run.uses.map(({ id }) => id));
    assert.equal([uses.length, new Set(uses).size], [found['uses'], found['uses']]);
    assert.ok(runs.every(({ attempts }) => attempts.length === 1));
    const points = runs.flatMap(({ metrics }) => [...metrics.values()]);
    assert.equal([points.length, points.flat().length], [found['metrics'], found['metrics']]);
    const { items } = await cmfJson(place, ['list', 'executions']);
    assert.equal(
      items.flatMap(({ conflicts }) => conflicts),
      [],
    );
    assert.not.match((await cmf(place, ['list', 'executions'])).stdout, 'conflict');
  }
  assert.is(digests.size, 1);
}

it('two sites import at the same time, and merge into one history', async () => {
  const central = await makeDvcCentral();
  const sites = await makeSites(central, 2);
  const [one, two] = await Promise.all(sites.map((site) => importAt(site)));
  assert.equal(one, two);
  assert.ok((one?.added['entries'] ?? 0) > 0);
  await meet(central, sites);
  await assertOneHistory([central, ...sites], one?.found ?? {});
  for (const site of sites) {
    assert.is((await importAt(site)).added['entries'], 0);
    assert.is(await knownTree(site), await mergedTree(central));
  }
});

it('what one site imported in part, another imports the rest of', async () => {
  const central = await makeDvcCentral();
  const [one = '', two = ''] = await makeSites(central, 2);
  await importAt(one, ['import', 'dvc', 'HEAD', '-p', 'churn']);
  await meet(central, [one, two]);
  const rest = await importAt(two);
  assert.ok((rest.added['executions'] ?? 0) < (rest.found['executions'] ?? 0));
  await meet(central, [one, two]);
  await assertOneHistory([central, one, two], rest.found);
});

it('killed anywhere, the next import completes it', async () => {
  const central = await makeDvcCentral();
  const [site = ''] = await makeSites(central, 1);
  const program = spawn('git', ['cmf', ...ALL, '--dry-run'], { cwd: site, env: sealedEnv(cmfEnv()), stdio: 'ignore' });
  const startedMs = Date.now();
  await new Promise((resolve) => program.once('close', resolve));
  const wholeMs = Date.now() - startedMs;
  for (const share of [0.5, 0.8, 0.95, 1.05, 1.2]) {
    const child = spawn('git', ['cmf', ...ALL], {
      cwd: site,
      env: sealedEnv(cmfEnv()),
      stdio: 'ignore',
      detached: true,
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await Promise.race([ended, sleep(wholeMs * share)]);
    try {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended by itself just now.
    }
    await ended;
  }
  const last = await importAt(site);
  assert.is((await importAt(site)).added['entries'], 0);
  await meet(central, [site]);
  await assertOneHistory([central, site], last.found);
});

it.run();
