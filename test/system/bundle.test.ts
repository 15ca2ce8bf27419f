/** Sites that no network joins, and what strangers may put on the stick that is carried between them. */
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { REFS } from '../../src/domain/ids.ts';
import { mergedPath } from '../../src/domain/layout.ts';
import type { Oid } from '../../src/ports/git.ts';
import { journalFiles, testBucket, testSegment, testWriter } from '../helpers/journal-maker.ts';
import { folderOf, type Plant, plantCommit, plantTree } from '../helpers/plant-tree.ts';
import { git, makeRepository, makeTempDirectory, runSealed } from '../helpers/sealed-git.ts';
import {
  cmf,
  cmfEnv,
  cmfJson,
  digestAt,
  makeCentral,
  makeSite,
  makeSites,
  objectsIn,
  recordRun,
  settle,
} from '../helpers/sites.ts';

const it = suite('system: bundles');

function onStick(name = 'x.bundle'): string {
  return join(makeTempDirectory('stick'), name);
}

/** Sites that have never met anybody. */
async function makeIslands(count: number): Promise<string[]> {
  return makeSites(await makeCentral({ hooks: false }), count);
}

/** What of a repository git cmf could have changed: every ref, every object, every file of its own. */
async function traceOf(folder: string): Promise<unknown> {
  const refs = (await git(['for-each-ref'], { cwd: folder })).stdout;
  const own = readdirSync(join(folder, '.git/cmf'), { recursive: true, encoding: 'utf8' }).sort();
  return { refs, own, objects: [...(await objectsIn(folder))].sort() };
}

/** A bundle of these refs, made by plain git. */
async function bundleOf(source: string, refs: Readonly<Record<string, string>>): Promise<string> {
  const file = onStick();
  for (const [name, oid] of Object.entries(refs)) await git(['update-ref', name, oid], { cwd: source });
  await git(['bundle', 'create', '--quiet', file, ...Object.keys(refs)], { cwd: source });
  return file;
}

/** Checks that a bundle is refused and that nothing shows that it ever was there. */
async function refused(site: string, file: string, message: RegExp, expectExit: number): Promise<void> {
  const before = await traceOf(site);
  const { stderr } = await cmf(site, ['bundle', 'apply', file], { expectExit });
  assert.match(stderr, message);
  assert.match(stderr, /^hint: /m);
  assert.equal(await traceOf(site), before);
}

it('relays through a site in the middle: all three agree', async () => {
  const [a = '', b = '', c = ''] = await makeIslands(3);
  const [first, second] = [onStick(), onStick()];
  for (const site of [a, b, c]) await recordRun(site);
  await cmf(a, ['bundle', 'create', first]);
  await git(['bundle', 'verify', '--quiet', first], { cwd: b });
  await cmf(b, ['bundle', 'apply', first]);
  await cmf(b, ['bundle', 'create', second]);
  await cmf(c, ['bundle', 'apply', second]);
  const back = onStick();
  await cmf(c, ['bundle', 'create', back]);
  for (const site of [a, b]) await cmf(site, ['bundle', 'apply', back]);
  assert.is(await digestAt(a), await digestAt(c));
  assert.is(await digestAt(b), await digestAt(c));
});

it('changes nothing the second time, and remembers no file', async () => {
  const [a = '', b = ''] = await makeIslands(2);
  const file = onStick();
  await recordRun(a);
  await cmf(a, ['bundle', 'create', file]);
  await cmf(b, ['bundle', 'apply', file]);
  const before = await traceOf(b);
  assert.match((await cmf(b, ['bundle', 'apply', file])).stdout, /nothing that is not known/);
  assert.equal(await traceOf(b), before);
  const config = readFileSync(join(b, '.git/config'), 'utf8');
  assert.not.match(config, /bundle/);
  assert.not(existsSync(join(b, '.git/cmf/pushed.json')));
});

it('a thin bundle is smaller, needs the earlier one, and says so', async () => {
  const [a = '', b = '', late = ''] = await makeIslands(3);
  const [whole, next, last] = [onStick(), onStick(), onStick()];
  for (let i = 0; i < 5; i++) await recordRun(a);
  await cmf(a, ['bundle', 'create', whole]);
  await recordRun(a);
  await cmf(a, ['bundle', 'create', next, '--since', whole]);
  await recordRun(a);
  await cmf(a, ['bundle', 'create', last, '--since', next]);
  assert.ok(readFileSync(next).length < readFileSync(whole).length / 2);
  for (const file of [whole, next, last]) await cmf(b, ['bundle', 'apply', file]);
  assert.is(await digestAt(b), await digestAt(a));
  await refused(late, last, /only what came after an earlier bundle/, 1);
  const nothing = await cmf(a, ['bundle', 'create', onStick(), '--since', last], { expectExit: 6 });
  assert.match(nothing.stderr, /holds everything/);
});

it('is answered with a thin one by whoever applied it', async () => {
  const [a = '', b = ''] = await makeIslands(2);
  const [there, back] = [onStick(), onStick()];
  for (const site of [a, b]) await recordRun(site);
  await cmf(a, ['bundle', 'create', there]);
  await cmf(b, ['bundle', 'apply', there]);
  await cmf(b, ['bundle', 'create', back, '--since', there]);
  await cmf(a, ['bundle', 'apply', back]);
  assert.is(await digestAt(a), await digestAt(b));
});

it('applied in a central repository is merged, and pulled from there', async () => {
  const [edge = ''] = await makeIslands(1);
  const central = await makeCentral();
  const near = await makeSite(central);
  const [file, next, back] = [onStick(), onStick(), onStick()];
  await recordRun(edge);
  await recordRun(near);
  await cmf(near, ['push']);
  await settle(central);
  await cmf(edge, ['bundle', 'create', file]);
  await cmf(central, ['bundle', 'apply', file]);
  await recordRun(edge);
  await cmf(edge, ['bundle', 'create', next, '--since', file]);
  await cmf(central, ['bundle', 'apply', next]);
  await cmf(near, ['pull']);
  await cmf(central, ['bundle', 'create', back]);
  await cmf(edge, ['bundle', 'apply', back]);
  assert.is(await digestAt(near), await digestAt(central));
  assert.is(await digestAt(edge), await digestAt(central));
});

it('made in a central repository holds what was pushed and not merged yet', async () => {
  const central = await makeCentral();
  const near = await makeSite(central);
  await recordRun(near);
  await cmf(near, ['push']);
  await settle(central);
  await git(['config', 'core.hooksPath', '/dev/null'], { cwd: central });
  await recordRun(near);
  await cmf(near, ['push']);
  const [far = ''] = await makeIslands(1);
  const file = onStick();
  await cmf(central, ['bundle', 'create', file]);
  await cmf(far, ['bundle', 'apply', file]);
  assert.is(await digestAt(far), await digestAt(near));
});

it('works between SHA-256 repositories, and not across', async () => {
  const made = await Promise.all(
    (['sha256', 'sha256', 'sha1'] as const).map((objectFormat) => makeRepository({ objectFormat })),
  );
  const [a = '', b = '', other = ''] = made;
  for (const site of made) await cmf(site, ['init', '--quiet']);
  await recordRun(a);
  const file = onStick();
  await cmf(a, ['bundle', 'create', file]);
  await git(['bundle', 'verify', '--quiet', file], { cwd: b });
  await cmf(b, ['bundle', 'apply', file]);
  assert.is(await digestAt(a), await digestAt(b));
  await refused(other, file, /is of a sha256 repository, this one is sha1/, 4);
});

it('leaves out what a pull brought of one pipeline only', async () => {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  for (const pipeline of ['one', 'two']) await recordRun(a, { pipeline });
  await cmf(a, ['push']);
  await settle(central);
  await cmf(b, ['pull', '-p', 'one']);
  await cmf(b, ['bundle', 'create', onStick()], { expectExit: 6 });
  await recordRun(b);
  const file = onStick();
  const { stderr, stdout } = await cmf(b, ['bundle', 'create', file]);
  assert.match(stderr, /1 pipeline that a pull brought alone left out/);
  assert.match(stdout, /1 writer\b/);
});

it('refuses files that are no bundles, or not whole ones', async () => {
  const [a = '', site = ''] = await makeIslands(2);
  for (const one of [a, site]) await recordRun(one);
  const file = onStick();
  await cmf(a, ['bundle', 'create', file]);
  const bytes = readFileSync(file);
  const spoilt = (change: (copy: Buffer) => Buffer): string => {
    const path = onStick();
    writeFileSync(path, change(Buffer.from(bytes)));
    return path;
  };
  await refused(site, join(makeTempDirectory(), 'gone'), /there is no /, 1);
  await refused(
    site,
    spoilt(() => Buffer.alloc(0)),
    /a bundle begins with a header of git/,
    5,
  );
  await refused(
    site,
    spoilt(() => Buffer.from('# v2 git bundle\n')),
    /one that does not end/,
    5,
  );
  await refused(
    site,
    spoilt((copy) => Buffer.from(copy.toString('latin1').replace('v2', 'v9'), 'latin1')),
    /none of version 2 or 3/,
    5,
  );
  const filtered = (copy: Buffer) =>
    copy.toString('latin1').replace('# v2 git bundle\n', '# v3 git bundle\n@filter=blob:none\n');
  await refused(
    site,
    spoilt((copy) => Buffer.from(filtered(copy), 'latin1')),
    /@filter=blob:none/,
    5,
  );
  truncateSync(file, bytes.length - 30);
  await refused(site, file, /is not a whole bundle/, 5);
  const middle = Math.floor(bytes.length * 0.7);
  await refused(
    site,
    spoilt((copy) => copy.fill(copy.readUInt8(middle) ^ 1, middle, middle + 1)),
    /not a whole bundle/,
    5,
  );
});

it('refuses bundles with more in them than journals', async () => {
  const [site = ''] = await makeIslands(1);
  await recordRun(site);
  const source = await makeRepository();
  const writer = testWriter(1);
  const place = mergedPath(writer.record.writer);
  const good = journalFiles(writer, [testSegment(writer, { bucket: testBucket('p') })]);
  const inPlace = Object.fromEntries(Object.entries(good).map(([path, what]) => [`${place}/${path}`, what]));
  const commit = async (files: Record<string, Plant>, ...parents: Oid[]) =>
    plantCommit(source, await plantTree(source, folderOf(files)), parents);
  const tip = await commit(inPlace);
  const main = { 'refs/heads/main': tip };
  await refused(site, await bundleOf(source, { [REFS.mergedAll]: tip, ...main }), /holds "refs\/heads\/main"/, 4);
  await refused(site, await bundleOf(source, main), /holds "refs\/heads\/main"/, 4);
  await refused(site, await bundleOf(source, { [REFS.control]: tip }), /has no refs\/cmf\/merged\/all/, 4);
  const all = async (...args: Parameters<typeof commit>) =>
    bundleOf(source, { [REFS.mergedAll]: await commit(...args) });
  await refused(site, await all(inPlace, await commit({ junk: 'x' })), /holds a history/, 4);
  await refused(site, await all({ ...inPlace, junk: 'x' }), /something else than the journals/, 4);
  await refused(site, await all({ junk: 'x' }), /something else than the journals/, 4);
  const forged = { ...inPlace, [`${place}/seg/_/2024-01/00/x.jsonl`]: '{}' };
  await refused(site, await all(forged), /nothing of it was taken/, 4);
  const bomb = { ...inPlace, [`${place}/writer.json`]: Buffer.alloc(64 * 1024 * 1024) };
  await refused(site, await all(bomb), /nothing of it was taken/, 4);
  const purged = await makeRepository({ bare: true });
  await cmf(purged, ['server', 'install']);
  await git(['fetch', '--quiet', await all(inPlace), `${REFS.mergedAll}:${REFS.archive}`], { cwd: purged });
  await cmf(purged, ['server', 'merge']);
  const [item] = (await cmfJson(purged, ['log'])).items;
  await cmf(purged, ['server', 'purge', String(item?.['id']), '--reason', 'asked for']);
  await git(['fetch', '--quiet', purged, `+${REFS.control}:${REFS.control}`], { cwd: source });
  const records = (await git(['rev-parse', `${REFS.control}^{tree}`], { cwd: source })).stdout.trim();
  const control = await plantCommit(source, records as Oid);
  const forgedTip = await commit(forged);
  await refused(
    site,
    await bundleOf(source, { [REFS.mergedAll]: forgedTip, [REFS.control]: control }),
    /nothing of/,
    4,
  );
  await cmf(site, ['bundle', 'apply', await all(inPlace)]);
});

async function allObjects(folder: string): Promise<string> {
  return (await git(['cat-file', '--batch-all-objects', '--batch'], { cwd: folder })).stdout;
}

it('carries a purge to who pinned its key, and tells the others', async () => {
  const central = await makeCentral();
  const [a = '', b = ''] = await makeSites(central, 2);
  const [island = '', shy = ''] = await makeIslands(2);
  await recordRun(a, { params: { who: 'a-secret-name' } });
  await recordRun(a);
  await cmf(a, ['push']);
  await settle(central);
  const [before, after, again] = [onStick(), onStick(), onStick()];
  await cmf(central, ['bundle', 'create', before]);
  for (const site of [island, shy]) await cmf(site, ['bundle', 'apply', before]);
  const { items } = await cmfJson(central, ['log']);
  const id = items.find((item) => JSON.stringify(item).includes('a-secret-name'))?.['id'];
  await cmf(central, ['server', 'purge', String(id), '--reason', 'asked for']);
  await git(['gc', '--quiet', '--prune=now'], { cwd: central });
  assert.not.match(await allObjects(central), /a-secret-name/);
  await cmf(central, ['bundle', 'create', after]);
  const key = (await git(['config', '--get', 'cmf.adminKey'], { cwd: central })).stdout.trim();
  for (const site of [island, b]) await git(['config', '--add', 'cmf.adminKey', key], { cwd: site });
  await cmf(island, ['bundle', 'apply', after]);
  await git(['gc', '--quiet', '--prune=now'], { cwd: island });
  assert.not.match(await allObjects(island), /a-secret-name/);
  assert.is(await digestAt(island), await digestAt(central));
  assert.match((await cmf(shy, ['bundle', 'apply', after])).stderr, /not applied: 1 purge by /);
  // One that has not heard of it brings it back on another stick: it is left out.
  await cmf(a, ['bundle', 'create', again]);
  await cmf(island, ['bundle', 'apply', again]);
  assert.is(await digestAt(island), await digestAt(central));
  await cmf(b, ['bundle', 'apply', after]);
  assert.is(await digestAt(b), await digestAt(central));
});

it('says what it wants', async () => {
  const [site = ''] = await makeIslands(1);
  for (const args of [[], ['carry', 'x'], ['create'], ['create', 'a', 'b'], ['apply', 'x', '--since', 'y']]) {
    assert.match((await cmf(site, ['bundle', ...args], { expectExit: 2 })).stderr, /hint: git cmf bundle -h/);
  }
  const { stderr } = await cmf(site, ['bundle', 'create', join(onStick(), 'no/folder')], { expectExit: 6 });
  assert.match(stderr, /nothing is recorded/);
  await recordRun(site);
  assert.match((await cmf(site, ['bundle', 'create', join(onStick(), 'x')], { expectExit: 1 })).stderr, /there is no /);
});

it('goes through pipes, and leaves nothing beside what was learned', async () => {
  const [a = '', b = ''] = await makeIslands(2);
  await recordRun(a);
  const { stdoutBytes, stderr } = await cmf(a, ['bundle', 'create', '-']);
  assert.is(stderr, '');
  const file = onStick();
  writeFileSync(file, stdoutBytes);
  await git(['bundle', 'verify', '--quiet', file], { cwd: a });
  const applied = await cmf(b, ['bundle', 'apply', '-'], { input: stdoutBytes });
  assert.match(applied.stdout, /^Learned 5 records of 1 other writer from standard input\.$/m);
  assert.is(await digestAt(b), await digestAt(a));
  const again = await cmf(b, ['bundle', 'apply', '-'], { input: stdoutBytes });
  assert.match(again.stdout, /^standard input has nothing that is not known here\.$/m);

  // What came after an earlier one, on top of it; and the way into a central repository.
  await recordRun(a);
  const later = await cmf(a, ['bundle', 'create', '-', '--since', file]);
  await cmf(b, ['bundle', 'apply', '-', '-q'], { input: later.stdoutBytes });
  const central = await makeCentral();
  for (const input of [stdoutBytes, later.stdoutBytes]) await cmf(central, ['bundle', 'apply', '-', '-q'], { input });
  assert.equal(new Set(await Promise.all([a, b, central].map(digestAt))).size, 1);
  for (const folder of [join(a, '.git/cmf'), join(b, '.git/cmf'), join(central, 'cmf')]) {
    assert.equal(
      readdirSync(folder).filter((name) => name.startsWith('bundle')),
      [],
    );
  }
});

it('refuses what comes through a pipe and is no whole bundle, and says that it was standard input', async () => {
  const [a = '', b = ''] = await makeIslands(2);
  await recordRun(a);
  const { stdoutBytes: whole } = await cmf(a, ['bundle', 'create', '-']);
  const flipped = Uint8Array.from(whole);
  flipped[whole.length - 30] = (flipped[whole.length - 30] ?? 0) ^ 1;
  const before = await traceOf(b);
  for (const [what, input, message] of [
    ['nothing', '', /begins with a header of git/],
    ['something else', 'a'.repeat(1_000_000), /begins with a header of git/],
    ['a header without an end', `# v2 git bundle\n${'x'.repeat(1_000_000)}`, /has one that does not end/],
    ['half a header', whole.subarray(0, 30), /has one that does not end/],
    [
      'a header alone',
      whole.subarray(0, Buffer.from(whole).indexOf('\n\n') + 2),
      /standard input is not a whole bundle/,
    ],
    ['most of it', whole.subarray(0, whole.length - 1), /standard input is not a whole bundle/],
    ['one with a flipped bit', flipped, /standard input is not a whole bundle/],
  ] as const) {
    const { stderr } = await cmf(b, ['bundle', 'apply', '-'], { input, expectExit: 5 });
    assert.match(stderr, message, what);
    assert.not.match(stderr, /\.tmp/, what);
    assert.equal(await traceOf(b), before, what);
  }
  // One that never ends is refused when it does not begin like one.
  const endless = await runSealed('sh', ['-c', 'yes | git cmf bundle apply -'], {
    cwd: b,
    env: cmfEnv(),
    expectExit: 5,
  });
  assert.match(endless.stderr, /begins with a header of git/);
  assert.equal(await traceOf(b), before);
});

it.run();
