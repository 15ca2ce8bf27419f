/**
 * Nothing of the user's changes: HEAD, index, branches, tags, stash, tracked files and configuration are byte-identical
 * after every command, but for the pointer file and its ignore line that the user asked for; and the user's own git
 * commands do what they did before, and harm no journal.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { git, makeCommit, makeTempDirectory, type RefsSnapshot, refsSnapshot } from '../helpers/sealed-git.ts';
import {
  cmf,
  cmfJson,
  digestAt,
  knownTree,
  makeCentral,
  makeSite,
  makeSites,
  recordRun,
  revParse,
  settle,
} from '../helpers/sites.ts';

/** Refs that are ours. */
const OURS = ['refs/cmf/', 'refs/cmf-local/', 'refs/notes/cmf'];

type Snapshot = {
  readonly refs: RefsSnapshot;
  /** Files of the git folder that belong to the user, by name. */
  readonly gitFiles: Readonly<Record<string, string>>;
  /** Hash of each file of the work tree, DVC's cache left out. */
  readonly files: Readonly<Record<string, string>>;
};

const GIT_FILES = ['config', 'HEAD', 'ORIG_HEAD', 'description', 'info/exclude', 'info/attributes', 'logs/HEAD'];

async function snapshot(site: string): Promise<Snapshot> {
  const gitFiles: Record<string, string> = {};
  for (const name of GIT_FILES) {
    const path = join(site, '.git', name);
    gitFiles[name] = existsSync(path) ? readFileSync(path, 'latin1') : 'absent';
  }
  const files: Record<string, string> = {};
  for (const name of readdirSync(site, { recursive: true, encoding: 'utf8' })) {
    const path = join(site, name);
    if (/^\.git(\/|$)|^\.dvc\/(cache|tmp)(\/|$)/.test(name) || !lstatSync(path).isFile()) continue;
    files[name] = `${lstatSync(path).mode} ${createHash('sha256').update(readFileSync(path)).digest('hex')}`;
  }
  return { refs: await refsSnapshot(site, OURS), gitFiles, files };
}

/** Names of files that differ between two snapshots. */
function changedFiles(before: Snapshot, after: Snapshot): string[] {
  const names = new Set([...Object.keys(before.files), ...Object.keys(after.files)]);
  return [...names].filter((name) => before.files[name] !== after.files[name]).sort();
}

/** A site in the middle of work: a branch, a tag, a stash, something staged, something changed, something untracked. */
async function siteAtWork(central: string): Promise<string> {
  const site = await makeSite(central);
  await git(['switch', '--quiet', '-c', 'topic'], { cwd: site });
  await makeCommit(site, { 'src/model.py': 'x = 1\n', 'notes.txt': 'one\n', '.gitignore': '*.tmp\n' });
  await git(['tag', 'v1'], { cwd: site });
  writeFileSync(join(site, 'notes.txt'), 'stashed\n');
  await git(['stash', '--quiet'], { cwd: site });
  writeFileSync(join(site, 'src/model.py'), 'x = 2\n');
  await git(['add', 'src/model.py'], { cwd: site });
  writeFileSync(join(site, 'src/model.py'), 'x = 3\n');
  mkdirSync(join(site, 'data'));
  writeFileSync(join(site, 'data/in.csv'), 'a,b\n');
  writeFileSync(join(site, 'data/out.bin'), 'out\n');
  writeFileSync(join(site, 'untracked.txt'), 'mine\n');
  return site;
}

type Step = { readonly args: readonly string[]; readonly changes?: readonly string[]; readonly input?: string };

/** Every command, and the files that the user asked it to change. */
function steps(execution: string): readonly Step[] {
  const on = ['-e', execution];
  return [
    { args: ['init'] },
    {
      args: ['log-artifact', 'data/in.csv', '--input', ...on],
      changes: ['data/.gitignore', 'data/in.csv.dvc'],
    },
    {
      args: ['log-artifact', 'data/out.bin', '--output', ...on],
      changes: ['data/.gitignore', 'data/out.bin.dvc'],
    },
    { args: ['log-artifact', 'notes.txt', '--input', ...on] },
    { args: ['log-param', 'lr=0.1', ...on] },
    { args: ['log-metric', 'loss=0.5', '--step', '1', ...on] },
    { args: ['record', '--stdin'], input: '{"op":"start","pipeline":"p","stage":"t"}\n{"op":"finish"}\n' },
    { args: ['status'] },
    { args: ['finish', ...on] },
    { args: ['resume', execution] },
    { args: ['finish', ...on, '--status', 'failed'] },
    { args: ['push'] },
    { args: ['pull'] },
    { args: ['log'] },
    ...['pipelines', 'stages', 'executions', 'artifacts', 'metrics'].map((what) => ({ args: ['list', what] })),
    { args: ['show', execution] },
    { args: ['lineage', 'data/out.bin'] },
    { args: ['digest'] },
    { args: ['fsck'] },
    { args: ['doctor'] },
    { args: ['-h'] },
  ];
}

const untouched = suite('system: what belongs to the user stays as it is');

untouched('after every command', async () => {
  const central = await makeCentral();
  const site = await siteAtWork(central);
  let before = await snapshot(site);
  const execution = (await cmf(site, ['start', '-p', 'p', '-s', 's'])).stdout.trim();
  for (const { args, changes = [], input } of [{ args: ['status'] }, ...steps(execution)] as readonly Step[]) {
    await cmf(site, args, { expectExit: args[0] === 'doctor' ? 'any' : 0, ...(input === undefined ? {} : { input }) });
    const after = await snapshot(site);
    const what = `git cmf ${args.join(' ')}`;
    assert.equal(changedFiles(before, after), [...changes], what);
    assert.equal(after.gitFiles, before.gitFiles, what);
    // An untracked pointer file is the one thing that git status may newly see.
    const compared = changes.length > 0 ? { ...after.refs, status: before.refs.status } : after.refs;
    assert.equal(compared, before.refs, what);
    before = after;
  }
  const { items } = await cmfJson(site, ['log', '-e', execution]);
  await cmf(site, ['retract', String(items[0]?.['id'])]);
  await cmf(site, ['push']);
  assert.equal(await snapshot(site), before);
});

untouched('by init: the configuration gains cmf.* only', async () => {
  const central = await makeCentral();
  const site = makeTempDirectory('site');
  await git(['clone', '--quiet', central, site], { cwd: site });
  const before = await snapshot(site);
  await cmf(site, ['init', '--remote', 'origin']);
  const after = await snapshot(site);
  assert.ok(changedFiles(before, after).every((name) => name.startsWith('.dvc')));
  assert.equal({ ...after.refs, status: '' }, { ...before.refs, status: '' });
  const added = (after.gitFiles['config'] ?? '').replace(before.gitFiles['config'] ?? '', '');
  assert.is(added.replace(/\s+/g, ' ').trim(), '[cmf] remote = origin');
});

untouched('in a linked work tree, which shares the journal', async () => {
  const central = await makeCentral();
  const site = await siteAtWork(central);
  const linked = join(makeTempDirectory('linked'), 'tree');
  await git(['worktree', 'add', '--quiet', linked, 'main'], { cwd: site });
  const before = await snapshot(site);
  const linkedBefore = await refsSnapshot(linked, OURS);
  await recordRun(linked);
  assert.equal(await snapshot(site), before);
  assert.equal(await refsSnapshot(linked, OURS), linkedBefore);
  assert.is(await digestAt(linked), await digestAt(site));
});

untouched.run();

const ordinary = suite('system: ordinary git commands do what they did, and harm no journal');

/** What git prints in a site and in a clone of the same code that never heard of git cmf. */
async function sameOutput(site: string, plain: string, args: readonly string[]): Promise<void> {
  const [ours, theirs] = [await git(args, { cwd: site }), await git(args, { cwd: plain })];
  assert.is(ours.stdout.replaceAll(site, plain), theirs.stdout, `git ${args.join(' ')}`);
  assert.is(ours.stderr.replaceAll(site, plain), theirs.stderr, `git ${args.join(' ')}`);
}

/** A site with records of its own and of another, and a clone without any. */
async function busySite(): Promise<{ readonly central: string; readonly site: string; readonly plain: string }> {
  const central = await makeCentral();
  const [site = '', other = ''] = await makeSites(central, 2);
  await git(['add', '--all'], { cwd: site });
  await git(['commit', '--quiet', '--allow-empty', '-m', 'set up'], { cwd: site });
  await git(['push', '--quiet'], { cwd: site });
  await recordRun(other, { params: { other: 1 } });
  await cmf(other, ['push']);
  await recordRun(site);
  await cmf(site, ['push']);
  await settle(central);
  await cmf(site, ['pull']);
  const plain = makeTempDirectory('plain');
  await git(['clone', '--quiet', central, plain], { cwd: plain });
  return { central, site, plain };
}

ordinary('status, branch, tag, stash, log and show', async () => {
  const { site, plain } = await busySite();
  for (const folder of [site, plain]) {
    writeFileSync(join(folder, 'train.py'), 'print(2)\n');
    await git(['stash', '--quiet'], { cwd: folder });
    await git(['stash', 'pop', '--quiet'], { cwd: folder });
  }
  await sameOutput(site, plain, ['status']);
  await sameOutput(site, plain, ['status', '--porcelain=v2', '--branch', '--ignored=no']);
  await sameOutput(site, plain, ['stash', 'list']);
  await sameOutput(site, plain, ['branch', '--all', '-vv']);
  await sameOutput(site, plain, ['tag', '--list']);
  await sameOutput(site, plain, ['log', '--format=%H %D', 'main']);
  await sameOutput(site, plain, ['log', '--branches', '--tags', '--remotes', '--format=%H']);
  await sameOutput(site, plain, ['diff']);
});

ordinary('log --all shows journal commits too, and says so in one known way', async () => {
  const { site, plain } = await busySite();
  const listed = async (folder: string, ...more: readonly string[]): Promise<string[]> =>
    (await git(['log', ...more, '--all', '--format=%s'], { cwd: folder })).stdout.trim().split('\n').sort();
  const code = await listed(plain);
  const noise = (await listed(site)).filter((subject) => !code.includes(subject));
  assert.ok(noise.length > 0);
  assert.equal(
    noise.filter((subject) => !/^(?:cmf: |Notes added by 'git cmf')/.test(subject)),
    [],
  );
  const quiet = ['--exclude=refs/cmf/*', '--exclude=refs/cmf-local/*', '--exclude=refs/notes/*'];
  assert.equal(await listed(site, ...quiet), code);
});

ordinary('plain push sends the branch and nothing else', async () => {
  const { central, site } = await busySite();
  const refsOf = async (): Promise<string[]> =>
    (await git(['for-each-ref', '--format=%(refname) %(objectname)'], { cwd: central })).stdout.trim().split('\n');
  await recordRun(site, { params: { later: 1 } });
  await makeCommit(site, { 'train.py': 'print(3)\n' });
  const before = await refsOf();
  await git(['push'], { cwd: site });
  const changed = (await refsOf()).filter((line) => !before.includes(line)).map((line) => line.split(' ')[0]);
  assert.equal(changed, ['refs/heads/main']);
  assert.is(await revParse(central, 'main'), await revParse(site, 'HEAD'));
});

ordinary('fetch --prune, remote prune, gc --prune=now and pack-refs leave the journal whole', async () => {
  const { site } = await busySite();
  await recordRun(site, { params: { unpushed: 1 } });
  const before = { digest: await digestAt(site), known: await knownTree(site) };
  for (const args of [
    ['fetch', '--quiet', '--prune', '--prune-tags', '--all'],
    ['fetch', '--quiet', '--prune', 'origin', '+refs/heads/*:refs/remotes/origin/*'],
    ['remote', 'prune', 'origin'],
    ['pack-refs', '--all', '--prune'],
    ['reflog', 'expire', '--expire=now', '--all'],
    ['gc', '--quiet', '--prune=now'],
    ['repack', '-a', '-d', '-q'],
    ['prune', '--expire=now'],
  ]) {
    await git(args, { cwd: site });
    assert.equal({ digest: await digestAt(site), known: await knownTree(site) }, before, `git ${args.join(' ')}`);
  }
  await cmf(site, ['fsck']);
  await cmf(site, ['push']);
});

ordinary('a plain clone fetches no journal; a mirror and a bundle of all refs carry it', async () => {
  const { central, site, plain } = await busySite();
  const ours = await git(['for-each-ref', '--format=%(refname)', ...OURS], { cwd: plain });
  assert.is(ours.stdout, '');
  const mirror = makeTempDirectory('mirror');
  await git(['clone', '--quiet', '--mirror', central, mirror], { cwd: mirror });
  assert.is(await digestAt(mirror), await digestAt(site));
});

ordinary.run();
