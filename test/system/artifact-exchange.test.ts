/** Artifacts on their way: from one clone through a storage into another, whole, verified, resumable. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { md5Hex } from '../../src/domain/digest.ts';
import { encodeDvcDir } from '../../src/domain/dvc-dir.ts';
import { CLOCK_AHEAD } from '../helpers/clock-ahead.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, makeCentral, makeSite, recordRun, settle } from '../helpers/sites.ts';

const it = suite('system: artifacts through a storage');

type Sum = { moved: number; there: number; queued: number; failed: number; repaired: number; movedBytes: number };
type Document = { storages: Sum[]; items: (Sum & { path: string; state: string; reason: string | null })[] };

/** A clone with a storage, and another clone that has its pointers. */
async function makePair() {
  const central = await makeCentral();
  const here = await makeSite(central);
  const storage = makeTempDirectory('storage');
  await cmf(here, ['storage', 'add', 'team', storage, '--default', '-q']);
  const share = async (): Promise<string> => {
    await git(['add', '-A'], { cwd: here });
    await git(['commit', '--quiet', '--allow-empty', '-m', 'pointers'], { cwd: here });
    await git(['push', '--quiet', central, 'HEAD:refs/heads/main'], { cwd: here });
    await cmf(here, ['push', '-q']);
    await settle(central);
    const there = await makeSite(central);
    await cmf(there, ['pull', '-q']);
    return there;
  };
  return { central, here, storage, share };
}

function writeFiles(site: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(site, path, '..'), { recursive: true });
    writeFileSync(join(site, path), text);
  }
}

async function move(site: string, args: readonly string[], expectExit = 0): Promise<Document & { stderr: string }> {
  const { stdout, stderr } = await cmf(site, ['artifact', ...args, '--json'], { expectExit });
  return { ...(JSON.parse(stdout) as Document), stderr };
}

function objectIn(folder: string, md5: string): string {
  return join(folder, 'files/md5', md5.slice(0, 2), md5.slice(2));
}

function cacheObject(site: string, md5: string): string {
  return objectIn(join(site, '.dvc/cache'), md5);
}

/** Every object of a cache or storage is what its name says, DVC trusts it, and nothing unfinished lies about. */
function requireSound(folder: string): void {
  for (const shelf of readdirSync(join(folder, 'files/md5'))) {
    for (const name of readdirSync(join(folder, 'files/md5', shelf))) {
      const path = join(folder, 'files/md5', shelf, name);
      const md5 = createHash('md5').update(readFileSync(path)).digest('hex');
      assert.is(`${shelf}${name.replace('.dir', '')}`, md5, path);
      assert.is(statSync(path).mode & 0o777, 0o444, path);
    }
  }
}

it('what one clone adds and pushes, another pulls; nothing is moved twice', async () => {
  const { here, storage, share } = await makePair();
  writeFiles(here, { 'data/a': 'A\n', 'data/sub/b': 'B\n', 'data/sub/copy of a': 'A\n', 'model.bin': 'M\n' });
  await cmf(here, ['artifact', 'add', 'data', 'model.bin']);
  const sent = await move(here, ['push']);
  // Two files of one content are one object; the list is the fourth.
  assert.is(sent.storages[0]?.moved, 4);
  requireSound(storage);
  const again = await move(here, ['push']);
  assert.is(again.storages[0]?.moved, 0);
  assert.is(again.storages[0]?.there, 4);
  const there = await share();
  const came = await move(there, ['pull']);
  assert.is(came.storages[0]?.moved, 4);
  assert.is(readFileSync(join(there, 'data/sub/copy of a'), 'utf8'), 'A\n');
  assert.match((await cmf(there, ['artifact', 'status', '--json'])).stdout, /^(?!.*(?:modified|deleted)).*clean/);
  requireSound(join(there, '.dvc/cache'));
  assert.is((await move(there, ['pull'])).storages[0]?.moved, 0);
});

it('push and pull of records bring the artifacts along when asked to, and fail on their own', async () => {
  const { here, storage, share } = await makePair();
  writeFiles(here, { 'model.bin': 'M\n' });
  await cmf(here, ['log-artifact', 'model.bin', '--output', '-p', 'p', '-s', 's']);
  const { stdout } = await cmf(here, ['push', '--artifacts']);
  assert.match(stdout, /^Pushed refs\/cmf\/journal(.|\n)*1 object sent/);
  const there = await share();
  await cmf(there, ['pull', '--artifacts', '-q']);
  assert.is(readFileSync(join(there, 'model.bin'), 'utf8'), 'M\n');
  // Records go although data cannot.
  rmSync(storage, { recursive: true });
  writeFileSync(storage, 'no folder');
  writeFiles(here, { 'model.bin': 'M2\n' });
  await cmf(here, ['log-artifact', 'model.bin', '--output', '-p', 'p', '-s', 's']);
  const failed = await cmf(here, ['push', '--artifacts'], { expectExit: 'any' });
  assert.is.not(failed.exitCode, 0);
  assert.match(failed.stdout, /^Pushed refs\/cmf\/journal/);
  assert.match((await cmf(here, ['push'])).stdout, /has everything already/);
});

it('a limit lets small ones pass and the next run goes on', async () => {
  const { here, share } = await makePair();
  writeFiles(here, { big: 'x'.repeat(5000), small: 'y'.repeat(10) });
  await cmf(here, ['artifact', 'add', 'big', 'small']);
  const first = await move(here, ['push', '--limit', '4k']);
  assert.equal(
    first.items.map(({ path, state }) => [path, state]),
    [
      ['big', 'queued'],
      ['small', 'moved'],
    ],
  );
  assert.is((await move(here, ['push', '--limit', '5k'])).storages[0]?.moved, 1);
  const there = await share();
  const part = await move(there, ['pull', '--limit', '100']);
  assert.is(part.storages[0]?.queued, 1);
  assert.ok(existsSync(join(there, 'small')) && !existsSync(join(there, 'big')));
  assert.is((await move(there, ['pull'])).storages[0]?.moved, 1);
});

it('a folder is listed in the storage only when all of its files are there', async () => {
  const { here, storage } = await makePair();
  writeFiles(here, { 'data/a': 'A\n', 'data/b': 'B'.repeat(5000) });
  await cmf(here, ['artifact', 'add', 'data']);
  await move(here, ['push', '--limit', '1k']);
  const lists = () =>
    readdirSync(join(storage, 'files/md5'), { recursive: true }).filter((p) => `${p}`.endsWith('.dir'));
  assert.equal(lists(), []);
  await move(here, ['push']);
  assert.is(lists().length, 1);
});

it('what is missing or short in the storage although its list is there is put right', async () => {
  const { here, storage } = await makePair();
  writeFiles(here, { 'data/a': 'A\n', 'data/b': 'B\n' });
  await cmf(here, ['artifact', 'add', 'data']);
  await move(here, ['push']);
  rmSync(objectIn(storage, md5Hex('A\n')));
  chmodSync(objectIn(storage, md5Hex('B\n')), 0o644);
  truncateSync(objectIn(storage, md5Hex('B\n')), 1);
  const repaired = await move(here, ['push']);
  assert.is(repaired.storages[0]?.repaired, 2);
  requireSound(storage);
});

it('what a push found complete is not looked at again that day, unless an object came or went', async () => {
  const { here, storage } = await makePair();
  writeFiles(here, { 'data/a': 'A\n', 'data/b': 'B\n', 'more/a': 'A\n', one: 'C\n' });
  await cmf(here, ['artifact', 'add', 'data', 'more', 'one']);
  await move(here, ['push']);
  // The time of a folder may not tell a change from one in the same moment.
  const push = async (env = {}) => {
    await sleep(20);
    const { stdout } = await cmf(here, ['artifact', 'push', '--json'], { env });
    return JSON.parse(stdout) as Document;
  };
  const looked = await push();
  assert.is(looked.storages[0]?.there, 5);
  assert.equal(
    looked.items.map(({ there }) => there),
    [3, 2, 1],
  );
  const short = objectIn(storage, md5Hex('B\n'));
  chmodSync(short, 0o644);
  truncateSync(short, 1);
  assert.equal(await push(), looked);
  // Something else is asked for, so everything is looked at.
  assert.is((await move(here, ['push', 'data', 'one'])).storages[0]?.repaired, 1);
  assert.equal(await push(), looked);
  rmSync(objectIn(storage, md5Hex('C\n')));
  assert.is((await push()).storages[0]?.moved, 1);
  assert.equal(await push(), looked);
  chmodSync(short, 0o644);
  truncateSync(short, 1);
  assert.is((await push(CLOCK_AHEAD)).storages[0]?.repaired, 1);
});

it('wrong bytes are neither sent nor taken, and the rest is', async () => {
  const { here, storage, share } = await makePair();
  writeFiles(here, { good: 'G\n', bad: 'B\n' });
  await cmf(here, ['artifact', 'add', 'good', 'bad']);
  const object = cacheObject(here, md5Hex('B\n'));
  chmodSync(object, 0o644);
  writeFileSync(object, 'X\n');
  chmodSync(object, 0o444);
  const sent = await move(here, ['push'], 1);
  assert.equal(
    sent.items.map(({ path, state }) => [path, state]),
    [
      ['bad', 'failed'],
      ['good', 'moved'],
    ],
  );
  assert.not.ok(existsSync(objectIn(storage, md5Hex('B\n'))));
  // In the storage somebody else put it.
  mkdirSync(join(objectIn(storage, md5Hex('B\n')), '..'), { recursive: true });
  writeFileSync(objectIn(storage, md5Hex('B\n')), 'X\n');
  const there = await share();
  const came = await move(there, ['pull'], 1);
  assert.match(came.items.find(({ path }) => path === 'bad')?.reason ?? '', /something else; nothing of it was kept/);
  assert.match(came.stderr, /git cmf artifact push where it is right/);
  requireSound(join(there, '.dvc/cache'));
  assert.is(readFileSync(join(there, 'good'), 'utf8'), 'G\n');
  assert.not.ok(existsSync(join(there, 'bad')));
});

it('what is in the cache, wrong and without the mark of trust is got again', async () => {
  const { here, share } = await makePair();
  writeFiles(here, { model: 'M'.repeat(2_000_000) });
  await cmf(here, ['artifact', 'add', 'model']);
  await move(here, ['push']);
  const there = await share();
  await move(there, ['pull', '--no-checkout']);
  const object = cacheObject(there, md5Hex('M'.repeat(2_000_000)));
  chmodSync(object, 0o644);
  truncateSync(object, 1_500_000);
  const again = await move(there, ['pull']);
  assert.is(again.storages[0]?.moved, 1);
  assert.is(readFileSync(join(there, 'model')).length, 2_000_000);
  requireSound(join(there, '.dvc/cache'));
});

it('a list that leads out of its folder is refused before anything is written', async () => {
  const { here, storage, share } = await makePair();
  writeFiles(here, { 'data/a': 'A\n' });
  await cmf(here, ['artifact', 'add', 'data']);
  await move(here, ['push']);
  const evil = encodeDvcDir([{ relpath: 'x', md5: md5Hex('A\n') }]).replace('"x"', '"../../evil"');
  mkdirSync(join(objectIn(storage, md5Hex(evil)), '..'), { recursive: true });
  writeFileSync(`${objectIn(storage, md5Hex(evil))}.dir`, evil);
  writeFileSync(join(here, 'data.dvc'), `outs:\n- md5: ${md5Hex(evil)}.dir\n  hash: md5\n  path: data\n`);
  const there = await share();
  const came = await move(there, ['pull'], 1);
  assert.match(came.items[0]?.reason ?? '', /not a plain relative path/);
  assert.not.ok(existsSync(join(there, '..', 'evil')) || existsSync(join(there, 'evil')));
  assert.not.ok(existsSync(`${cacheObject(there, md5Hex(evil))}.dir`));
});

it('scopes of the journal: an execution, a pipeline, a lineage; versions lie side by side', async () => {
  const { here, share } = await makePair();
  const log = async (path: string, text: string, way: string, pipeline: string): Promise<void> => {
    writeFiles(here, { [path]: text });
    await cmf(here, ['log-artifact', path, way, '-p', pipeline, '-s', 's']);
  };
  await log('model.bin', 'one\n', '--output', 'a');
  await cmf(here, ['artifact', 'push']);
  await log('model.bin', 'two\n', '--output', 'a');
  await log('other.bin', 'other\n', '--output', 'b');
  assert.is((await move(here, ['push', '-p', 'a'])).items.length, 2);
  const there = await share();
  const came = await move(there, ['pull', '-p', 'a', '--to', 'versions']);
  assert.equal(came.items.map(({ path }) => path).sort(), ['model.bin', 'model.bin']);
  const versions = readdirSync(join(there, 'versions')).sort();
  assert.equal(
    versions,
    [`model.bin@${md5Hex('one\n').slice(0, 12)}`, `model.bin@${md5Hex('two\n').slice(0, 12)}`].sort(),
  );
  assert.not.ok(existsSync(join(there, 'model.bin')));
  // Without a folder the work tree gets the pointer's version, and no other.
  await move(there, ['pull', '--lineage', `md5:${md5Hex('one\n')}`]);
  assert.not.ok(existsSync(join(there, 'model.bin')));
  await move(there, ['pull', '-p', 'a']);
  assert.is(readFileSync(join(there, 'model.bin'), 'utf8'), 'two\n');
  const failed = await move(there, ['pull', '-p', 'b'], 1);
  assert.match(failed.items[0]?.reason ?? '', /is not in the storage/);
});

it('a content with several names is found by the one that a pointer, the cache or the storage knows', async () => {
  const { here, storage, share } = await makePair();
  const text = 'a,1\r\nb,2\r\n';
  const legacy = md5Hex('a,1\nb,2\n');
  const legacyIn = (folder: string): string => join(folder, legacy.slice(0, 2), legacy.slice(2));
  const digests = [`blake3:${'ab'.repeat(32)}`, `md5:${md5Hex(text)}`, `md5-dos2unix:${legacy}`];
  await recordRun(here, { pipeline: 'p', uses: [{ direction: 'input', path: 'raw.csv', digests, seen: true }] });
  // As DVC 2 left it: by its own name only.
  writeFiles(storage, { [`${legacy.slice(0, 2)}/${legacy.slice(2)}`]: text });
  const there = await share();
  const came = await move(there, ['pull', '-p', 'p', '--to', 'versions']);
  assert.equal([came.items[0]?.state, readFileSync(join(there, 'versions/raw.csv'), 'utf8')], ['moved', text]);
  assert.is((await move(there, ['pull', '--lineage', `md5:${md5Hex(text)}`, '--no-checkout'])).storages[0]?.there, 1);
  // The pointer of DVC 2 names what was recorded by the other name first.
  const pointer = `outs:\n- md5: ${legacy}\n  size: ${text.length}\n  path: copy.csv\n`;
  writeFileSync(join(there, 'copy.csv.dvc'), pointer);
  await move(there, ['pull', '-p', 'p']);
  assert.is(readFileSync(join(there, 'copy.csv'), 'utf8'), text);
  const other = makeTempDirectory('other');
  await cmf(there, ['storage', 'add', 'other', other, '-q']);
  writeFileSync(join(there, 'copy.csv.dvc'), `${pointer}  push: false\n`);
  assert.match((await cmf(there, ['artifact', 'push', '-p', 'p', '--storage', 'other'])).stdout, /^kept/);
  assert.equal(readdirSync(other), []);
  rmSync(join(there, 'copy.csv.dvc'));
  assert.is((await move(there, ['push', '-p', 'p', '--storage', 'other'])).items[0]?.state, 'moved');
  assert.is(readFileSync(legacyIn(other), 'utf8'), text);
});

it('what stages of a dvc.yaml wrote moves as if it had pointers', async () => {
  const { here, storage, share } = await makePair();
  writeFiles(here, { 'model.bin': 'M\n', 'elsewhere.bin': 'E\n', 'metrics.json': '{}\n' });
  // Into the cache, as dvc repro would bring them there.
  await cmf(here, ['artifact', 'add', 'model.bin', 'elsewhere.bin']);
  for (const path of ['model.bin.dvc', 'elsewhere.bin.dvc']) rmSync(join(here, path));
  const out = (path: string, text: string) =>
    `    - path: ${path}\n      hash: md5\n      md5: ${md5Hex(text)}\n      size: 2\n`;
  writeFiles(here, {
    'dvc.yaml':
      'stages:\n  train:\n    cmd: train\n    outs:\n    - model.bin\n    - elsewhere.bin:\n        push: false\n' +
      '    metrics:\n    - metrics.json:\n        cache: false\n',
    'dvc.lock':
      "schema: '2.0'\nstages:\n  train:\n    cmd: train\n    outs:\n" +
      out('elsewhere.bin', 'E\n') +
      out('metrics.json', '{}\n') +
      out('model.bin', 'M\n') +
      // DVC leaves a stage that was renamed.
      '  former:\n    cmd: train\n    outs:\n' +
      out('model.bin', 'former\n'),
  });
  const sent = await move(here, ['push']);
  assert.equal(
    sent.items.map(({ path }) => path),
    ['model.bin'],
  );
  assert.not.ok(existsSync(objectIn(storage, md5Hex('E\n'))));
  const list = JSON.parse((await cmf(here, ['artifact', 'list', 'model.bin', '--json'])).stdout);
  assert.equal([list.items.length, list.items[0].pointer], [1, 'dvc.lock']);
  const there = await share();
  await move(there, ['pull', 'model.bin']);
  assert.is(readFileSync(join(there, 'model.bin'), 'utf8'), 'M\n');
  const told = JSON.parse((await cmf(here, ['artifact', 'gc', '--keep', '0d', '--json'])).stdout);
  assert.is(told.garbage.objects, 0);
});

it('what a pointer keeps from being sent is not sent by another name', async () => {
  const { here, storage } = await makePair();
  writeFiles(here, { secret: 'S\n', 'secret copy': 'S\n' });
  await cmf(here, ['log-artifact', 'secret', '--output', '-p', 'p', '-s', 's']);
  writeFileSync(
    join(here, 'secret.dvc'),
    `${readFileSync(join(here, 'secret.dvc'), 'utf8')}`.replace('  path: secret', '  push: false\n  path: secret'),
  );
  const { stdout } = await cmf(here, ['artifact', 'push', '-p', 'p']);
  assert.match(stdout, /^kept {4}secret: it is not to be sent/);
  assert.equal(readdirSync(storage), []);
});

it('a digest without bytes is absent, not a failure', async () => {
  const { here } = await makePair();
  await cmf(here, ['log-artifact', 'train.py', '--input', '-p', 'p', '-s', 's']);
  const sent = await move(here, ['push', '-p', 'p']);
  assert.equal(
    sent.items.map(({ path, state }) => [path, state]),
    [['train.py', 'unkept']],
  );
});

it('a storage that cannot be reached stops no other, and the report is whole', async () => {
  const { here, storage } = await makePair();
  writeFileSync(join(storage, 'a file'), '');
  await cmf(here, ['storage', 'add', 'lost', join(storage, 'a file'), '-q']);
  writeFiles(here, { one: '1\n', two: '2\n' });
  await cmf(here, ['artifact', 'add', 'one', 'two']);
  writeFileSync(
    join(here, 'one.dvc'),
    readFileSync(join(here, 'one.dvc'), 'utf8').replace('  path:', '  remote: lost\n  path:'),
  );
  const { stdout, exitCode } = await cmf(here, ['artifact', 'push'], { expectExit: 'any' });
  assert.is.not(exitCode, 0);
  assert.match(stdout, /lost \(.*failed|failed +one/);
  assert.match(stdout, /sent +two/);
});

it('what came is told although a changed file stops the checkout', async () => {
  const { here, share } = await makePair();
  writeFiles(here, { one: '1\n' });
  await cmf(here, ['artifact', 'add', 'one']);
  await move(here, ['push']);
  const there = await share();
  writeFiles(there, { one: 'mine\n' });
  const { stdout, stderr } = await cmf(there, ['artifact', 'pull'], { expectExit: 4 });
  assert.match(stdout, /came +one/);
  assert.match(stderr, /not in the cache(.|\n)*one/);
  assert.is(readFileSync(join(there, 'one'), 'utf8'), 'mine\n');
});

it('two lists of one text in two layouts are two', async () => {
  const { here, storage } = await makePair();
  writeFiles(here, { 'data/a': 'A\n', 'data/b': 'B\n' });
  await cmf(here, ['artifact', 'add', 'data']);
  const [list = ''] = readFileSync(join(here, 'data.dvc'), 'utf8').match(/[0-9a-f]{32}\.dir/) ?? [];
  const legacy = (name: string) => join(here, '.dvc/cache', name.slice(0, 2), name.slice(2));
  for (const name of [list, md5Hex('A\n'), md5Hex('B\n')]) {
    mkdirSync(join(legacy(name), '..'), { recursive: true });
    copyFileSync(cacheObject(here, name), legacy(name));
  }
  writeFileSync(join(here, 'aa.dvc'), `outs:\n- md5: ${list}\n  path: aa\n`);
  rmSync(cacheObject(here, md5Hex('B\n')));
  await move(here, ['push'], 1);
  assert.ok(existsSync(join(storage, list.slice(0, 2), list.slice(2))));
  assert.not.ok(existsSync(objectIn(storage, list)));
});

it.run();
