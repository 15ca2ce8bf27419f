/**
 * `git cmf artifact push` and `pull` where everything breaks that can: servers that answer nonsense, lines that are cut,
 * bytes that change, disks that are full or may not be written. Nothing wrong bears an object's name, what went stays, and
 * the same command again completes when the fault has gone.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CLOCK_AHEAD } from '../helpers/clock-ahead.ts';
import { cmfAsOrdinaryUser, setWritable } from '../helpers/ordinary-user.ts';
import { type Finished, git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmf, makeCentral, makeSite, ROOT } from '../helpers/sites.ts';
import { objectsIn, requireComplete, requireRight, unfinishedIn } from '../helpers/sound-objects.ts';
import { smallFileSystem } from './full-disk.ts';
import { type Fault, type FaultyProxy, makeBucket, type S3Serving, startFaultyProxy, startS3 } from './s3-server.ts';
import { type SftpServing, startSftp } from './sftp-server.ts';

const it = suite('artifacts in trouble');

/** More than one part of an upload to S3. */
const LARGE_BYTES = 18_000_000;
const SMALL = { 'data/a': 'A\n', 'data/b': 'B\n', 'data/c': 'C\n'.repeat(1000) };
/** Its list and its files; the large one. */
const OBJECTS = 5;

type Site = { readonly site: string; readonly central: string; readonly large: Buffer };

/** A clone with artifacts in its cache. */
async function makeAdded(storage: readonly string[], settings: readonly string[] = []): Promise<Site> {
  const central = await makeCentral({ hooks: false });
  const site = await makeSite(central);
  await configure(site, storage, settings);
  const large = randomBytes(LARGE_BYTES);
  for (const [path, content] of Object.entries({ ...SMALL, 'large.bin': large })) {
    mkdirSync(dirname(join(site, path)), { recursive: true });
    writeFileSync(join(site, path), content);
  }
  await cmf(site, ['artifact', 'add', 'data', 'large.bin']);
  return { site, central, large };
}

async function configure(site: string, storage: readonly string[], settings: readonly string[]): Promise<void> {
  await cmf(site, ['storage', 'add', 'team', ...storage, '--default', '-q']);
  if (settings.length > 0) await cmf(site, ['storage', 'set', 'team', '--local', ...settings]);
}

/** Another clone, with its pointers and nothing in its cache. */
async function share({ site, central }: Site, settings: readonly string[] = []): Promise<string> {
  await git(['add', '-A'], { cwd: site });
  await git(['commit', '--quiet', '--allow-empty', '-m', 'pointers'], { cwd: site });
  await git(['push', '--quiet', 'origin', 'HEAD:refs/heads/main'], { cwd: site });
  const there = await makeSite(central);
  if (settings.length > 0) await cmf(there, ['storage', 'set', 'team', '--local', ...settings]);
  return there;
}

function cacheOf(site: string): string {
  return join(site, '.dvc/cache');
}

/** What holds in a storage at every moment. */
function requireGood(storage: string): void {
  requireRight(storage);
  requireComplete(storage);
}

/** All that there is arrived, and nothing unfinished lies about. */
function requireAll(folder: string): void {
  requireGood(folder);
  assert.is(objectsIn(folder).length, OBJECTS);
  assert.equal(unfinishedIn(folder), []);
}

function requireFiles(there: string, { large }: Site): void {
  for (const [path, text] of Object.entries(SMALL)) assert.is(readFileSync(join(there, path), 'utf8'), text);
  assert.ok(readFileSync(join(there, 'large.bin')).equals(large));
}

/** It failed, by its own rules, and says what is wrong and what to do. */
function requireTold({ exitCode, stdout, stderr }: Finished, words: RegExp): void {
  assert.ok([1, 3, 4].includes(exitCode), `exit ${exitCode}: ${stdout}${stderr}`);
  assert.match(stdout + stderr, words, stdout + stderr);
  assert.match(stderr, /^error: .+\nhint: .+$/m);
  assert.not.match(stderr, /hint: git cmf doctor/);
}

const any = { expectExit: 'any' } as const;

let served: S3Serving;
let proxy: FaultyProxy;
let sftp: SftpServing;
let buckets = 0;

it.before(async () => {
  served = await startS3();
  proxy = await startFaultyProxy(served.port);
  sftp = await startSftp();
});

it.after(async () => {
  await proxy.stop();
  await served.stop();
  await sftp.stop();
});

/** A bucket behind the proxy: how it is called, and the folder that it is. */
function makeFaulty() {
  const bucket = `bucket${++buckets}`;
  makeBucket(served, bucket);
  const settings = [
    `endpointurl=http://127.0.0.1:${proxy.port}`,
    `access_key_id=${served.accessKeyId}`,
    `secret_access_key=${served.secretAccessKey}`,
  ];
  return { url: `s3://${bucket}/team`, settings, folder: join(served.root, bucket, 'team') };
}

/** As often as anybody may ask. */
function always(fault: Fault): Fault[] {
  return Array.from({ length: 1000 }, () => fault);
}

const SENDING: Readonly<Record<string, Fault>> = {
  '500': { kind: 'answer', status: 500, code: 'InternalError' },
  '503': { kind: 'answer', status: 503, code: 'SlowDown' },
  cut: { kind: 'cut-request', sizeBytes: 1_000_000 },
  changed: { kind: 'spoil-request' },
};

it('S3: what passes while something is sent is tried again, and all arrives', async () => {
  const { url, settings, folder } = makeFaulty();
  const { site } = await makeAdded([url], settings);
  proxy.plan('PUT', ...Object.values(SENDING));
  await cmf(site, ['artifact', 'push']);
  requireAll(folder);
});

for (const [name, fault] of Object.entries(SENDING)) {
  it(`S3: ${name} without end is told, and the next run sends the rest`, async () => {
    const { url, settings, folder } = makeFaulty();
    const { site } = await makeAdded([url], settings);
    proxy.plan('PUT', ...always(fault));
    requireTold(await cmf(site, ['artifact', 'push'], any), /s3:\/\/bucket|127\.0\.0\.1/);
    requireGood(folder);
    proxy.plan('PUT');
    await cmf(site, ['artifact', 'push']);
    requireAll(folder);
  });
}

const COMING: Readonly<Record<string, readonly [fault: Fault, words: RegExp]>> = {
  '500': [{ kind: 'answer', status: 500, code: 'InternalError' }, /answers 500 InternalError/],
  cut: [{ kind: 'cut-response', sizeBytes: 1 }, /s3:\/\/bucket.*no line to|came with/],
  short: [{ kind: 'shorten-response', sizeBytes: 1 }, /is something else; nothing of it was kept|came with/],
  changed: [{ kind: 'spoil-response' }, /is something else; nothing of it was kept/],
};

it('S3: what passes while something comes is tried again; what stays wrong is told and never kept', async () => {
  const { url, settings, folder } = makeFaulty();
  const added = await makeAdded([url], settings);
  await cmf(added.site, ['artifact', 'push']);
  requireAll(folder);
  for (const names of [['500', 'cut', 'short'], ['changed']]) {
    const lucky = await share(added, settings);
    proxy.plan('GET', ...names.flatMap((name) => COMING[name]?.[0] ?? []));
    await cmf(lucky, ['artifact', 'pull']);
    requireAll(cacheOf(lucky));
    requireFiles(lucky, added);
  }
  for (const [fault, words] of Object.values(COMING)) {
    const there = await share(added, settings);
    proxy.plan('GET', ...always(fault));
    requireTold(await cmf(there, ['artifact', 'pull'], any), words);
    requireRight(cacheOf(there));
    assert.equal(unfinishedIn(cacheOf(there)), []);
    assert.not.ok(readdirSync(there).includes('large.bin'), JSON.stringify(fault));
    proxy.plan('GET');
    await cmf(there, ['artifact', 'pull']);
    requireAll(cacheOf(there));
    requireFiles(there, added);
  }
});

it('ssh: whoever serves is killed while something goes and comes', async () => {
  const root = makeTempDirectory('storage');
  const url = `ssh://${sftp.user}@127.0.0.1:${sftp.port}${root}`;
  const settings = [`keyfile=${sftp.key}`];
  const env = { GIT_SSH: sftp.ssh };
  const added = await makeAdded([url], settings);
  const kills = async (site: string, command: string, isOften: boolean): Promise<Finished> => {
    const target = command === 'push' ? root : cacheOf(site);
    let killed = 0;
    // When something is under way, and not while somebody logs in.
    const timer = setInterval(() => {
      if ((isOften || killed === 0) && unfinishedIn(target).length > 0) killed += sftp.killSessions();
    }, 5);
    const finished = await cmf(site, ['artifact', command], { ...any, env });
    clearInterval(timer);
    assert.ok(killed > 0);
    return finished;
  };
  requireTold(await kills(added.site, 'push', true), /127\.0\.0\.1/);
  requireGood(root);
  assert.is((await kills(added.site, 'push', false)).exitCode, 0);
  requireGood(root);
  assert.is(objectsIn(root).length, OBJECTS);
  const there = await share(added, settings);
  requireTold(await kills(there, 'pull', true), /127\.0\.0\.1/);
  requireRight(cacheOf(there));
  assert.is((await kills(there, 'pull', false)).exitCode, 0);
  requireAll(cacheOf(there));
  requireFiles(there, added);
});

it('a full storage keeps what is whole, and takes the rest when there is room', async () => {
  const disk = smallFileSystem(6_000_000);
  try {
    const storage = join(disk.path, 'team');
    const { site } = await makeAdded([storage]);
    requireTold(await cmf(site, ['artifact', 'push'], any), /no space left(.|\n)*make room/);
    requireGood(storage);
    assert.is(unfinishedIn(storage).length, 0);
    disk.grow(60_000_000);
    await cmf(site, ['artifact', 'push']);
    requireAll(storage);
  } finally {
    disk.stop();
  }
});

it('a full disk under the cache: nothing half is kept by add or pull', async () => {
  const disk = smallFileSystem(6_000_000);
  try {
    const storage = makeTempDirectory('storage');
    const added = await makeAdded([storage]);
    await cmf(added.site, ['artifact', 'push']);
    const there = await share(added);
    const cache = join(disk.path, 'cache');
    writeFileSync(join(there, '.dvc/config.local'), `[cache]\n    dir = ${cache}\n`);
    requireTold(await cmf(there, ['artifact', 'pull'], any), /no space left(.|\n)*make room/);
    requireRight(cache);
    assert.equal(unfinishedIn(cache), []);
    writeFileSync(join(there, 'more.bin'), randomBytes(LARGE_BYTES));
    requireTold(await cmf(there, ['artifact', 'add', 'more.bin'], any), /no space left|ENOSPC/);
    assert.not.ok(readdirSync(there).includes('more.bin.dvc'));
    requireRight(cache);
    assert.equal(unfinishedIn(cache), []);
    disk.grow(60_000_000);
    await cmf(there, ['artifact', 'pull']);
    requireAll(cache);
    requireFiles(there, added);
    await cmf(there, ['artifact', 'add', 'more.bin']);
    requireRight(cache);
  } finally {
    disk.stop();
  }
});

it('a work tree on another disk than its git folder holds nothing half, and nothing strange, after any kill', async () => {
  const disk = smallFileSystem(60_000_000);
  try {
    const site = join(disk.path, 'site');
    await git(['init', '--quiet', `--separate-git-dir=${join(makeTempDirectory('git'), 'git')}`, site], {
      cwd: disk.path,
    });
    await cmf(site, ['init', '-q']);
    mkdirSync(join(site, 'data'));
    const texts = { a: 'A\n', b: 'B'.repeat(2_000_000) };
    const lay = () => {
      for (const [name, text] of Object.entries(texts)) writeFileSync(join(site, 'data', name), text);
    };
    lay();
    await cmf(site, ['artifact', 'add', 'data']);
    const log = join(makeTempDirectory('points'), 'log');
    let killed = 0;
    for (let at = 1; ; at++, killed++) {
      for (const name of readdirSync(join(site, 'data'))) rmSync(join(site, 'data', name));
      rmSync(log, { force: true });
      const args = ['artifact', 'checkout'];
      const env = {
        NODE_OPTIONS: `--import=${pathToFileURL(join(ROOT, 'test/helpers/fail-points.mjs')).href}`,
        FAIL_POINTS_COMMAND: JSON.stringify(args),
        FAIL_POINTS_LOG: log,
        FAIL_POINTS_AT: String(at),
        FAIL_POINTS_WHEN: 'before',
      };
      const { exitCode } = await cmf(site, args, { ...any, env });
      for (const name of readdirSync(join(site, 'data'))) {
        assert.is(readFileSync(join(site, 'data', name), 'utf8'), texts[name as 'a' | 'b'], `${name} after kill ${at}`);
      }
      if (exitCode === 0) break;
    }
    assert.ok(killed > 8, `${killed} kills`);
    assert.equal(readdirSync(join(site, 'data')).sort(), ['a', 'b']);
    // When nobody can be at them any more.
    await cmf(site, ['artifact', 'gc', '--force', '--keep', '0d'], { env: CLOCK_AHEAD });
    assert.equal(readdirSync(join(site, '.dvc/tmp')), []);
  } finally {
    disk.stop();
  }
});

it('a storage that may not be written, and a cache that may not', async () => {
  const storage = makeTempDirectory('storage');
  const added = await makeAdded([storage]);
  setWritable(storage, false);
  const { site } = added;
  requireTold(await cmfAsOrdinaryUser(site, ['artifact', 'push'], any), /permission denied/);
  assert.equal(readdirSync(storage), []);
  setWritable(storage, true);
  await cmf(site, ['artifact', 'push']);
  requireAll(storage);
  // A storage that may be read only is good enough to pull from.
  setWritable(storage, false);
  const there = await share(added);
  mkdirSync(cacheOf(there), { recursive: true });
  setWritable(cacheOf(there), false);
  requireTold(await cmfAsOrdinaryUser(there, ['artifact', 'pull'], any), /\.dvc\/cache.*(?:permission denied|EACCES)/);
  writeFileSync(join(there, 'new.bin'), 'new\n');
  requireTold(await cmfAsOrdinaryUser(there, ['artifact', 'add', 'new.bin'], any), /\.dvc\/cache.*EACCES/);
  assert.equal(readdirSync(cacheOf(there)), []);
  assert.not.ok(readdirSync(there).some((name) => name === 'new.bin.dvc' || name === 'large.bin'));
  setWritable(cacheOf(there), true);
  await cmfAsOrdinaryUser(there, ['artifact', 'pull']);
  requireAll(cacheOf(there));
  requireFiles(there, added);
  // What is in a cache that may only be read goes out and is checked out all the same.
  setWritable(cacheOf(there), false);
  await cmfAsOrdinaryUser(there, ['artifact', 'push']);
  assert.is(statSync(join(there, 'large.bin')).size, LARGE_BYTES);
  setWritable(storage, true);
  setWritable(cacheOf(there), true);
});

it.run();
