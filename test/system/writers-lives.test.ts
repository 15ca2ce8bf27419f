/**
 * What becomes of writers: copies, restored backups, clones that move, clocks that were wrong, forks. Whatever happens,
 * each record arrives once and all sites end with one digest.
 */
import { cpSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, cmfJson, digestAt, makeCentral, makeSite, recordRun, viewAt } from '../helpers/sites.ts';

const it = suite('system: the lives of writers');
const POLL_MS = 50;
const POLLS_MAX = 1200;
const DAYS_AHEAD = 'data:text/javascript,const%20now=Date.now;Date.now=()=>now()+259200000';

function writerOf(site: string): string {
  return (JSON.parse(readFileSync(join(site, '.git/cmf/writer.json'), 'utf8')) as { writer: string }).writer;
}

/** `cp -r` to another place. */
function copyOf(site: string): string {
  const copy = join(makeTempDirectory('copy'), 'project');
  cpSync(site, copy, { recursive: true });
  return copy;
}

/** Waits for the worker. What it merged of a copied writer is more than the writer's own ref holds. */
async function merged(central: string): Promise<void> {
  const isBusy = () => ['merge-wanted', 'lock/merge'].some((name) => existsSync(join(central, 'cmf', name)));
  for (let polls = 0; isBusy() && polls < POLLS_MAX; polls++) await sleep(POLL_MS);
  assert.not(isBusy(), `the worker in ${central} does not end`);
}

/** Pushes and pulls until everybody has everything; fails where their digests differ. */
async function agree(central: string, sites: readonly string[]): Promise<void> {
  for (const site of sites) await cmf(site, ['push', '--quiet']);
  await merged(central);
  const digests = new Set<string>();
  for (const site of sites) {
    await cmf(site, ['pull', '--quiet']);
    digests.add(await digestAt(site));
  }
  digests.add(await digestAt(central));
  assert.is(digests.size, 1, [...digests].join('\n'));
}

async function executionsAt(site: string): Promise<string[]> {
  return [...(await viewAt(site)).executions.keys()].sort();
}

it('a copy is noticed by a bundle that is applied and by a hook, too', async () => {
  const site = await makeSite(await makeCentral());
  await recordRun(site);
  const file = join(makeTempDirectory('stick'), 'all.bundle');
  await cmf(site, ['bundle', 'create', file]);
  const [a, b] = [copyOf(site), copyOf(site)];
  await cmf(a, ['bundle', 'apply', file]);
  assert.is.not(writerOf(a), writerOf(site));
  const ids = `${'1'.repeat(40)} ${'2'.repeat(40)}\n`;
  await cmf(b, ['hook', 'post-rewrite'], { input: ids });
  assert.is.not(writerOf(b), writerOf(site));
  assert.match((await cmf(b, ['log', '--json'])).stdout, writerOf(b));
});

it('a copy goes on by itself, and does not touch what runs in the original', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  const ids = [await recordRun(site), (await cmf(site, ['start', '-p', 'spam', '-s', 'long'])).stdout.trim()];
  const copy = copyOf(site);
  const [running = ''] = ids.slice(1);

  const lost = await cmf(copy, ['log-metric', 'auc=0.5'], { expectExit: 1 });
  assert.match(lost.stderr, /this is a copy of a clone that records as writer [0-9a-f]{32}: it is writer/);
  assert.match(lost.stderr, /no execution is running/);
  assert.is.not(writerOf(copy), writerOf(site));
  const quiet = await cmf(copy, ['log-metric', '-e', running, 'auc=0.5']);
  assert.not.match(quiet.stderr, /copy/);
  ids.push(await recordRun(copy));
  await cmf(site, ['log-metric', 'auc=0.9']);
  await cmf(site, ['finish']);
  await agree(central, [site, copy]);
  assert.equal(await executionsAt(copy), ids.sort());
  const execution = (await viewAt(site)).executions.get(running as never);
  assert.is(execution?.status, 'succeeded');
  const points = execution?.metrics.get('auc')?.[0]?.values.map(({ value }) => value.value) ?? [];
  assert.equal([...points].sort(), [0.5, 0.9], 'neither saw the other, so both values are shown');
  await cmf(site, ['fsck']);
});

it('a backup that is restored after its original pushed on becomes a writer of its own', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  const ids = [await recordRun(site)];
  await cmf(site, ['start', '-p', 'spam', '-s', 'lost']);
  const backup = copyOf(site);
  const [lost = ''] = (await executionsAt(backup)).filter((id) => id !== ids[0]);
  ids.push(lost, await recordRun(site));
  await cmf(site, ['push', '--quiet']);
  rmSync(site, { recursive: true });

  ids.push(await recordRun(backup));
  assert.is((await cmf(backup, ['resume', lost])).stdout.trim(), lost);
  await cmf(backup, ['finish', '--status', 'failed']);
  await agree(central, [backup, await makeSite(central)]);
  assert.equal(await executionsAt(backup), ids.sort());
  assert.is((await viewAt(backup)).executions.get(lost as never)?.status, 'failed');
});

it('a clone that moves, or is seen through a link, keeps its writer', async () => {
  const central = await makeCentral({ hooks: false });
  const site = await makeSite(central);
  const writer = writerOf(site);
  await recordRun(site);
  const moved = join(makeTempDirectory('moved'), 'elsewhere');
  renameSync(site, moved);
  const link = join(makeTempDirectory('link'), 'link');
  symlinkSync(moved, link);
  for (const place of [moved, link]) {
    await recordRun(place);
    assert.is(writerOf(place), writer);
  }
  await cmf(link, ['push', '--quiet']);
  const refs = await git(['for-each-ref', '--format=%(refname)', 'refs/cmf/journal/'], { cwd: central });
  assert.is(refs.stdout, `refs/cmf/journal/${writer}\n`);
});

it('a copy that nobody can tell from its original is safe, and fsck names the fork', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  await recordRun(site);
  const copy = copyOf(site);
  // What an image of a whole disk does: the same inode, the same time of birth.
  const { ino, birthtimeMs } = lstatSync(join(copy, '.git/cmf/writer.json'));
  const mark = { bornMs: Math.floor(birthtimeMs), inode: String(ino), writer: writerOf(site) };
  writeFileSync(join(copy, '.git/cmf/self'), JSON.stringify(mark));
  const ids = [await recordRun(site), await recordRun(copy), await recordRun(copy)];
  assert.is(writerOf(copy), writerOf(site));
  await agree(central, [site, copy, site]);
  assert.is((await executionsAt(site)).length, 1 + ids.length);
  assert.match((await cmf(site, ['fsck'])).stdout, /2 segments have number 1 \(a copied clone/);
});

it('a clock that was days ahead and is mended locks nobody out', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  const other = await makeSite(central);
  const before = writerOf(site);
  const ids = [await recordRun(site)];
  await cmf(site, ['push', '--quiet']);
  const wrong = { env: { NODE_OPTIONS: `--import=${DAYS_AHEAD}` } };
  const id = (await cmf(site, ['start', '-p', 'spam', '-s', 'ahead', '--param', 'lr=0.1'], wrong)).stdout.trim();
  await cmf(site, ['log-param', 'lr=0.2'], wrong);
  ids.push(id);

  const { stdout: found } = await cmf(site, ['doctor'], { expectExit: 'any' });
  assert.match(found, /hours ahead of the system's, and servers refuse/);
  const { stderr } = await cmf(site, ['log-param', 'lr=0.3']);
  assert.match(stderr, /the clock of this clone ran ahead of the system's: it is writer [0-9a-f]{32} from now on/);
  assert.is.not(writerOf(site), before);
  await cmf(site, ['finish']);
  await agree(central, [site, other]);
  assert.equal(await executionsAt(other), ids.sort());
  const execution = (await viewAt(other)).executions.get(id as never);
  assert.equal(
    execution?.fields.get('param.lr')?.map(({ value }) => value),
    [0.3],
  );
  const { items } = await cmfJson(other, ['log']);
  assert.is(new Set(items.map((item) => item['id'])).size, items.length, 'each record is there once');
});

it('a clock that is forgotten leaves the server to say that records are dated ahead', async () => {
  const central = await makeCentral();
  const site = await makeSite(central);
  const ids = [await recordRun(site)];
  const wrong = { env: { NODE_OPTIONS: `--import=${DAYS_AHEAD}` } };
  ids.push((await cmf(site, ['start', '-p', 'spam', '-s', 'ahead'], wrong)).stdout.trim());
  await cmf(site, ['finish'], wrong);
  rmSync(join(site, '.git/cmf/clock'));
  const { stderr } = await cmf(site, ['push']);
  assert.match(stderr, /dated far ahead/);
  await agree(central, [site, await makeSite(central)]);
  assert.equal(await executionsAt(site), ids.sort());
});

it('a ref of this writer that others filled with something else does not lock it out', async () => {
  const central = await makeCentral({ hooks: false });
  const site = await makeSite(central);
  const ids = [await recordRun(site)];
  const main = (await git(['rev-parse', 'main'], { cwd: central })).stdout.trim();
  await git(['update-ref', `refs/cmf/journal/${writerOf(site)}`, main], { cwd: central });
  assert.match((await cmf(site, ['push'])).stderr, /is no journal of this writer/);
  ids.push(await recordRun(site));
  await cmf(site, ['push', '--quiet']);
  const other = await makeSite(central);
  await cmf(other, ['pull', '--quiet'], { expectExit: 'any' });
  assert.equal(await executionsAt(other), ids.sort());
});

it.run();
