/**
 * Push and pull among remotes that are not as they should be: what is sound is exchanged, what is not is named.
 */
import { cpSync, rmSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import {
  cmf,
  digestAt,
  makeCentral,
  makeSite,
  makeSites,
  recordRun,
  revParse,
  settle,
  viewAt,
} from '../helpers/sites.ts';

const NOBODY = '0'.repeat(32);
const it = suite('system: exchange');

it('a copied clone and its original, which journal the same records apart, both get through', async () => {
  const central = await makeCentral();
  const original = await makeSite(central);
  await cmf(original, ['start', '-p', 'p', '-s', 's']);
  const copy = `${makeTempDirectory('copy')}/clone`;
  cpSync(original, copy, { recursive: true });
  await cmf(original, ['push']);
  await cmf(copy, ['push']);
  await recordRun(copy);
  await recordRun(original);
  for (const site of [copy, original, copy]) await cmf(site, ['push']);
  await settle(central);
  for (const site of [copy, original]) await cmf(site, ['pull']);
  assert.is(await digestAt(copy), await digestAt(original));
  assert.is((await viewAt(original)).executions.size, 3);
});

it('a journal ref that holds no journal is left out, and everything else is learned', async () => {
  const host = await makeCentral({ hooks: false });
  const [a = '', b = ''] = await makeSites(host, 2);
  await recordRun(a);
  await cmf(a, ['push']);
  const { stdout } = await git(['hash-object', '-w', '--stdin'], { cwd: host, input: 'junk' });
  await git(['update-ref', `refs/cmf/journal/${NOBODY}`, stdout.trim()], { cwd: host });
  const { stderr } = await cmf(b, ['pull'], { expectExit: 5 });
  assert.match(stderr, new RegExp(`left out: .*${NOBODY}`));
  assert.is((await viewAt(b)).executions.size, 1);
});

it('says partial as long as a writer that it could not read is left out', async () => {
  const host = await makeCentral({ hooks: false });
  const [a = '', b = ''] = await makeSites(host, 2);
  await recordRun(a);
  await cmf(a, ['push']);
  const [ref = ''] = (
    await git(['for-each-ref', '--format=%(refname)', 'refs/cmf/journal'], { cwd: host })
  ).stdout.split('\n');
  const sound = await revParse(host, ref);
  await git(['update-ref', ref, await newerFormat(host, sound)], { cwd: host });
  await cmf(b, ['pull'], { expectExit: 5 });
  assert.match((await cmf(b, ['digest'], { expectExit: 1 })).stdout, /^partial: /m);
  await git(['update-ref', ref, sound], { cwd: host });
  await cmf(b, ['pull']);
  assert.not.match((await cmf(b, ['digest'])).stdout, /partial/);
  assert.is(await digestAt(b), await digestAt(a));
});

/** The same journal behind the gate of a format that does not exist yet. */
async function newerFormat(host: string, commit: string): Promise<string> {
  const listed = (await git(['ls-tree', commit], { cwd: host })).stdout;
  const tree = await git(['mktree'], { cwd: host, input: listed.replace('cmf-format-1', 'cmf-format-2') });
  return (await git(['commit-tree', '-m', 'newer', tree.stdout.trim()], { cwd: host })).stdout.trim();
}

it('a whole pull from another remote does not make a partial one whole', async () => {
  const first = await makeCentral();
  const second = await makeCentral();
  const a = await makeSite(first);
  for (const pipeline of ['one', 'two']) await recordRun(a, { pipeline });
  await cmf(a, ['push']);
  await settle(first);
  const b = await makeSite(second);
  await cmf(b, ['pull', first, '-p', 'one']);
  await cmf(b, ['pull', second]);
  assert.match((await cmf(b, ['digest'], { expectExit: 1 })).stdout, /only pipeline 'one'/);
  await cmf(b, ['digest', '-p', 'one']);
  await cmf(b, ['pull', first]);
  assert.is(await digestAt(b), await digestAt(a));
});

it('two pipelines that were pulled alone are each whole by themselves', async () => {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  for (const pipeline of ['one', 'two', 'three']) await recordRun(a, { pipeline });
  await cmf(a, ['push']);
  await settle(central);
  for (const pipeline of ['one', 'two']) await cmf(b, ['pull', '-p', pipeline]);
  for (const pipeline of ['one', 'two']) {
    assert.is((await cmf(b, ['digest', '-p', pipeline])).stdout, (await cmf(a, ['digest', '-p', pipeline])).stdout);
  }
  await cmf(b, ['digest'], { expectExit: 1 });
});

it('a former writer of a clone is brought to the inbox', async () => {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  await recordRun(a);
  for (const name of ['writer.json', 'key']) rmSync(`${a}/.git/cmf/${name}`);
  await cmf(a, ['init']);
  await recordRun(a);
  await cmf(a, ['push']);
  await settle(central);
  await cmf(b, ['pull']);
  assert.is((await viewAt(b)).executions.size, 2);
});

it.run();
