/**
 * What is wrong is refused with the exit status of docs/errors.md, in words that name the thing, the rule and the next
 * command; and nothing is written, not even half of something.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../src/faces/cli/command-table.ts';
import { folderSnapshot } from '../helpers/folder-snapshot.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { type CmfOptions, cmf, inParallel, makeCentral, makeSite, recordRun, viewAt } from '../helpers/sites.ts';

const USAGE = 2;
const ENVIRONMENT = 3;
const DAMAGED = 5;

/** The high-water of the clock may rise with every try. */
const CLOCK = /^\.git\/cmf\/clock$/;

/** Checks a refusal: exit status, one error that matches, a hint, no stack, nothing on stdout, nothing written. */
async function refuses(
  folder: string,
  args: readonly string[],
  exitCode: number,
  message: RegExp,
  options: CmfOptions = {},
): Promise<void> {
  const before = folderSnapshot(folder, CLOCK);
  const { stdout, stderr } = await cmf(folder, args, { ...options, expectExit: exitCode });
  const what = `git cmf ${args.join(' ')}\n${stderr}`;
  assert.is(stdout, '', what);
  assert.match(stderr, /^error: \S/m, what);
  assert.match(stderr, /^hint: \S/m, what);
  assert.not.match(stderr, /^ {4}at |has a bug|\[object|undefined|Error:/m, what);
  assert.match(stderr, message, what);
  assert.equal(folderSnapshot(folder, CLOCK), before, what);
}

/** Several refusals with the same answer, three at a time: none of them writes, so they cannot disturb each other. */
async function allRefuse(
  folder: string,
  calls: readonly (readonly string[])[],
  exitCode: number,
  message: RegExp,
): Promise<void> {
  await inParallel(calls, 3, (args) => refuses(folder, args, exitCode, message));
}

async function emptySite(): Promise<string> {
  return makeSite(await makeCentral({ hooks: false }));
}

/** The commands, each with arguments that are complete. */
const COMPLETE: Readonly<Record<string, readonly string[]>> = {
  artifact: ['list'],
  bundle: ['create', 'records.bundle'],
  completion: ['bash'],
  init: [],
  start: ['-p', 'p', '-s', 's'],
  'log-artifact': ['train.py', '--input', '-p', 'p', '-s', 's'],
  'log-param': ['a=1'],
  'log-metric': ['a=1'],
  finish: [],
  resume: ['01900000-0000-7000-8000-000000000000'],
  retract: ['0123456789'],
  record: ['--stdin'],
  status: [],
  log: [],
  list: ['executions'],
  show: ['x'],
  lineage: ['train.py'],
  push: [],
  pull: [],
  digest: [],
  fsck: [],
  doctor: [],
  server: ['merge'],
  hook: ['pre-receive'],
  import: ['dvc'],
  storage: ['list'],
};

/** Commands that write records, and so need a clone that can. */
const WRITERS = [
  'start',
  'log-artifact',
  'log-param',
  'log-metric',
  'finish',
  'resume',
  'retract',
  'record',
  'push',
  'import',
];

function call(name: string, ...more: readonly string[]): readonly string[] {
  return [name, ...(COMPLETE[name] ?? []), ...more];
}

const usage = suite('system: bad usage');

usage('every command is in this table', () => {
  assert.equal(Object.keys(COMPLETE).sort(), COMMANDS.map(({ name }) => name).sort());
});

usage('unknown commands and options', async () => {
  const site = await emptySite();
  await refuses(site, ['strat'], USAGE, /'strat' is not a git cmf command/);
  await refuses(site, ['metric'], USAGE, /did you mean log-metric\?/);
  await refuses(site, ['--no-such'], USAGE, /--no-such/);
  const calls = COMMANDS.map(({ name }) => call(name, '--no-such-option'));
  await allRefuse(site, calls, USAGE, /no-such-option/);
});

usage('missing arguments', async () => {
  const site = await emptySite();
  const calls = [
    ['start'],
    ['start', '-p', 'p'],
    ['start', '-s', 's'],
    ['start', '-p'],
    ['log-artifact'],
    ['log-artifact', '--input'],
    ['log-artifact', 'train.py'],
    ['log-artifact', 'train.py', '--input', '--output'],
    ['log-artifact', 'train.py', '--input', '-p', 'p'],
    ['log-artifact', 'train.py', '--input', '-p', 'p', '-s', 's', '-e', '0199c0de-1111-7222-8333-444455556666'],
    ['log-artifact', 's3://bucket/key', '--input', '-p', 'p', '-s', 's'],
    ['log-param'],
    ['log-metric'],
    ['resume'],
    ['retract'],
    ['record'],
    ['list'],
    ['show'],
    ['lineage'],
    ['server'],
    ['hook'],
    ['artifact'],
    ['artifact', 'nonsense'],
    ['artifact', 'add'],
    ['artifact', 'gc', 'train.py'],
    ['artifact', 'add', 'train.py', '--storage', 's'],
    ['artifact', 'push', '--force'],
    ['artifact', 'push', 'train.py', '-p', 'p'],
    ['artifact', 'pull', '-p', 'p', '--lineage', 'x'],
    ['artifact', 'pull', '--no-checkout', '--to', 'x'],
    ['push', '--limit', '5M'],
    ['pull', '--storage', 's'],
    ['import'],
    ['import', 'nonsense'],
    ['storage'],
    ['storage', 'nonsense'],
    ['storage', 'add', 'name'],
    ['storage', 'remove'],
  ];
  await allRefuse(site, calls, USAGE, /\S/);
});

usage('words that a command has no use for are refused, not swallowed', async () => {
  const site = await emptySite();
  const names = ['init', 'finish', 'status', 'log', 'record', 'digest', 'fsck', 'doctor'];
  await allRefuse(
    site,
    names.map((name) => call(name, 'surplus')),
    USAGE,
    /surplus/,
  );
  await allRefuse(site, [call('push', 'a', 'b'), call('pull', 'a', 'b'), call('resume', 'b')], USAGE, /\S/);
});

usage('values that do not say what they must', async () => {
  const site = await emptySite();
  await cmf(site, ['start', '-p', 'p', '-s', 's']);
  const calls: readonly (readonly [readonly string[], RegExp])[] = [
    [['start', '-p', '', '-s', 's'], /pipeline/],
    [['start', '-p', 'p', '-s', ''], /stage/],
    [['start', '-p', 'p'.repeat(4097), '-s', 's'], /pipeline.*4096/],
    [['start', '-p', 'p', '-s', 's', '--param', 'lr'], /'lr'.*NAME=VALUE/],
    [['start', '-p', 'p', '-s', 's', '--param', '=1'], /'=1'.*NAME=VALUE/],
    [['start', '-p', 'p', '-s', 's', '--param', 'a=1', '--param', 'a=2'], /'a' is given twice/],
    [['start', '-p', 'a', '-p', 'b', '-s', 's'], /pipeline/],
    [['log-metric', 'auc'], /'auc'.*NAME=VALUE/],
    [['log-metric', 'auc=1', '--step', 'x'], /step.*'x'/],
    [['log-metric', 'auc=1', '--step', '1.5'], /step.*'1\.5'/],
    [['log-metric', 'auc=1', '--rank', '-1'], /rank/],
    [['log-param', 'x'], /'x'.*NAME=VALUE/],
    [['finish', '--status', 'fine'], /status/],
    [['finish', '--exit-code', 'x'], /exit-code/],
    [['retract', 'xyz'], /'xyz'/],
    [['list', 'things'], /things/],
    [['log-artifact', 'train.py', '--input', '--digest', 'nonsense'], /nonsense/],
    [['artifact', 'push', '--limit', '5 MB'], /limit.*'5 MB'/],
    [['artifact', 'gc', '--keep', 'ever'], /'ever'/],
    [['server', 'explode'], /explode/],
    [['hook', 'explode'], /explode/],
  ];
  await inParallel(calls, 3, ([args, message]) => refuses(site, args, USAGE, message));
});

usage('lines of record --stdin: the line is named, what came before it stays, nothing of it is kept', async () => {
  const site = await emptySite();
  const bad: readonly (readonly [string, RegExp])[] = [
    ['nonsense', /line 2: .*JSON/],
    ['[]', /line 2: .*object/],
    ['{}', /line 2: 'op'/],
    ['{"op":"explode"}', /line 2: 'op'.*explode/],
    ['{"op":"start","pipeline":"p"}', /line 2: 'stage' is missing/],
    ['{"op":"start","pipeline":1,"stage":"s"}', /line 2: 'pipeline'/],
    ['{"op":"metric","values":[]}', /line 2: 'values'/],
    ['{"op":"metric","values":{"a":1},"step":-1}', /line 2: 'step'/],
    ['{"op":"use","path":"x","digests":["md5:0"]}', /line 2: 'direction'/],
    ['{"op":"use","direction":"input","path":"x","digests":[]}', /line 2: 'digests'/],
    ['{"op":"use","direction":"input","path":"x","digests":["md5"]}', /line 2: .*md5/],
    ['{"op":"use","direction":"input","digests":["md5:0cc175b9c0f1b6a831c399e269772661"]}', /line 2: 'path'/],
    ['{"op":"finish","status":"fine"}', /line 2: 'status'/],
    ['{"op":"param","execution":"01900000-0000-7000-8000-000000000000","values":{"a":1}}', /line 2: /],
  ];
  const first = '{"op":"start","pipeline":"p","stage":"s"}';
  for (const [line, message] of bad) {
    const { stdout, stderr, exitCode } = await cmf(site, ['record', '--stdin'], {
      input: `${first}\n${line}\n{"op":"param","values":{"never":1}}\n`,
      expectExit: 'any',
    });
    assert.ok(exitCode === USAGE || exitCode === 1, `${line}: exit ${exitCode}`);
    assert.match(stderr, message);
    assert.match(stderr, /^hint: /m);
    assert.match(stdout, /^\{"execution":"[0-9a-f-]{36}"\}\n$/);
  }
  const executions = [...(await viewAt(site)).executions.values()];
  assert.is(executions.length, bad.length);
  for (const { fields, uses, metrics, status } of executions) {
    assert.equal([fields.size, uses.length, metrics.size, status], [0, 0, 0, 'running']);
  }
});

usage('things that are not known here: exit 1', async () => {
  const site = await emptySite();
  await recordRun(site);
  const unknown = '01900000-0000-7000-8000-000000000000';
  const calls = [
    ['show', unknown],
    ['resume', unknown],
    ['finish', '-e', unknown],
    ['log-metric', 'a=1', '-e', unknown],
    ['log-metric', 'a=1'],
    ['retract', 'abcdef0123'],
    ['log', '-e', unknown],
    ['lineage', 'no-such-file'],
  ];
  await allRefuse(site, calls, 1, /\S/);
  await refuses(site, ['log-artifact', 'absent.bin', '--input', '-p', 'p', '-s', 's'], 1, /absent\.bin(.|\n)*`ls`/);
});

usage('several executions run: exit 2, with a list', async () => {
  const site = await emptySite();
  const ids = [];
  for (const stage of ['one', 'two']) ids.push((await cmf(site, ['start', '-p', 'p', '-s', stage])).stdout.trim());
  await refuses(site, ['log-metric', 'a=1'], USAGE, new RegExp(`${ids[0]}.*p/one(?:.|\n)*${ids[1]}.*p/two`));
});

usage.run();

const places = suite('system: a bad place');

places('outside of a repository: exit 3', async () => {
  const folder = makeTempDirectory('nowhere');
  const env = { GIT_CEILING_DIRECTORIES: join(folder, '..') };
  // A script for the shell speaks of no repository.
  const needing = COMMANDS.filter(({ name }) => name !== 'completion');
  await inParallel(needing, 3, ({ name }) =>
    refuses(folder, call(name), ENVIRONMENT, /not inside a git repository/, { env }),
  );
});

places('a clone that was not initialised: exit 3 for what records, and the hint is git cmf init', async () => {
  const site = makeTempDirectory('fresh');
  await git(['clone', '--quiet', await makeCentral({ hooks: false }), site], { cwd: site });
  await allRefuse(
    site,
    WRITERS.map((name) => call(name)),
    ENVIRONMENT,
    /hint: git cmf init/,
  );
  await refuses(site, ['log'], 6, /nothing is recorded/);
});

places('no remote, an unknown one, one that does not answer: exit 3', async () => {
  const site = await emptySite();
  await recordRun(site);
  for (const name of ['push', 'pull']) {
    await refuses(site, [name, 'upstream'], ENVIRONMENT, /upstream/);
    await refuses(site, [name, join(site, 'no-such-repository')], ENVIRONMENT, /no-such-repository/);
    await refuses(site, [name, 'ssh://nobody@host.invalid/x'], ENVIRONMENT, /host\.invalid/, {
      env: { GIT_SSH_COMMAND: 'false' },
    });
  }
  await refuses(site, ['init', '--remote', 'upstream'], ENVIRONMENT, /upstream/);
  await git(['remote', 'remove', 'origin'], { cwd: site });
  for (const name of ['push', 'pull']) await refuses(site, [name], ENVIRONMENT, /no remote/);
});

places('a state folder that cannot be written: exit 3, and the path is named', async () => {
  const site = await emptySite();
  await cmf(site, ['start', '-p', 'p', '-s', 's']);
  const wal = join(site, '.git/cmf/wal');
  renameSync(wal, join(site, '.git/cmf/wal-kept'));
  writeFileSync(wal, 'a file in the way');
  for (const name of ['log-metric', 'log-param', 'start', 'finish']) {
    await refuses(site, call(name), ENVIRONMENT, /\.git\/cmf\/wal/);
  }
  rmSync(wal);
  renameSync(join(site, '.git/cmf/wal-kept'), wal);
  await cmf(site, ['finish']);
  const fresh = makeTempDirectory('fresh');
  await git(['init', '--quiet', fresh], { cwd: fresh });
  writeFileSync(join(fresh, '.git/cmf'), 'a file in the way');
  await refuses(fresh, ['init'], ENVIRONMENT, /\.git\/cmf/);
});

places.run();

const damage = suite('system: damaged state');

damage('writer.json or key: exit 5 for what records, and what was recorded is kept', async () => {
  const site = await emptySite();
  await recordRun(site);
  // Something that is not in git yet.
  await cmf(site, call('start'));
  for (const name of ['writer.json', 'key']) {
    const path = join(site, '.git/cmf', name);
    const original = readFileSync(path);
    for (const bytes of ['', 'nonsense', '{}', original.toString().slice(0, -5)]) {
      writeFileSync(path, bytes);
      // A command that only appends to the log needs no key; what signs does.
      if (name === 'writer.json') await refuses(site, call('start'), DAMAGED, /writer\.json/);
      else await refuses(site, call('push'), DAMAGED, /cmf\/key/);
      await cmf(site, ['doctor'], { expectExit: 1 });
      await cmf(site, ['fsck'], { expectExit: DAMAGED });
    }
    writeFileSync(path, original);
  }
  assert.is((await viewAt(site)).executions.size, 2);
  await cmf(site, ['push']);
});

damage('a key that is lost: a new writer begins, says that records are left behind, and takes them over', async () => {
  const central = await makeCentral({ hooks: false });
  const site = await makeSite(central);
  const id = (await cmf(site, call('start', '--param', 'lr=0.1'))).stdout.trim();
  await cmf(site, ['log-metric', 'loss=0.5', '-e', id]);
  for (const name of ['writer.json', 'key']) rmSync(join(site, '.git/cmf', name));
  await cmf(site, ['init']);
  assert.match((await cmf(site, ['push'])).stderr, /^warning: .*git cmf doctor/m);
  assert.match((await cmf(site, ['doctor'], { expectExit: 1 })).stdout, /without its key/);
  await cmf(site, ['doctor', '--fix']);
  await cmf(site, ['doctor']);
  await cmf(site, ['finish', '-e', id]);
  await cmf(site, ['push']);
  for (const place of [site, central]) {
    const [run, ...more] = [...(await viewAt(place)).executions.values()];
    assert.equal([run?.id, run?.status, more.length], [id, 'succeeded', 0]);
    assert.equal([run?.fields.get('param.lr')?.[0]?.value, run?.metrics.get('loss')?.length], [0.1, 1]);
  }
  await cmf(site, ['fsck']);
});

damage('a line of a log: fsck says so with exit 5, everything else goes on, doctor --fix puts it aside', async () => {
  const site = await emptySite();
  const id = (await cmf(site, call('start'))).stdout.trim();
  await cmf(site, ['log-metric', 'before=1']);
  const wal = join(site, '.git/cmf/wal');
  const [first = ''] = readdirSync(wal);
  const whole = readFileSync(join(wal, first), 'utf8');
  appendFileSync(join(wal, first), `${whole.replace('"', "'")}nonsense\n{"half":`);
  await cmf(site, ['log-metric', 'after=1']);
  assert.match((await cmf(site, ['fsck'], { expectExit: DAMAGED })).stdout, new RegExp(first));
  await cmf(site, ['finish', '-e', id]);
  await cmf(site, ['push']);
  await cmf(site, ['doctor'], { expectExit: 1 });
  await cmf(site, ['doctor', '--fix']);
  await cmf(site, ['fsck']);
  const [run] = (await viewAt(site)).executions.values();
  assert.equal([run?.id, run?.status, [...(run?.metrics.keys() ?? [])]], [id, 'succeeded', ['after', 'before']]);
});

damage('locks, notes of running executions and hints that are stale or nonsense stop nothing', async () => {
  const site = await emptySite();
  const id = (await cmf(site, call('start'))).stdout.trim();
  const state = join(site, '.git/cmf');
  mkdirSync(join(state, 'lock'), { recursive: true });
  const dead = '{"bootId":"another","pidNamespace":"1","pid":1,"startTime":"1"}';
  for (const text of ['', 'nonsense', dead]) {
    writeFileSync(join(state, 'lock/flush'), text);
    writeFileSync(join(state, 'clock'), 'nonsense');
    writeFileSync(join(state, 'flush.json'), 'nonsense');
    writeFileSync(join(state, 'pushed.json'), 'nonsense');
    writeFileSync(join(state, 'running/nonsense'), 'nonsense');
    writeFileSync(join(state, 'running/01900000-0000-7000-8000-000000000000'), '{}');
    await cmf(site, ['log-metric', 'a=1']);
    if (text !== dead) await cmf(site, ['push']);
    await cmf(site, ['status']);
    rmSync(join(state, 'lock/flush'), { force: true });
  }
  await cmf(site, ['finish', '-e', id]);
  await cmf(site, ['fsck']);
  assert.not(existsSync(join(state, 'lock/flush')));
});

damage('a pointer file that is no YAML, or says something else: refused, and left as it is', async () => {
  const site = await emptySite();
  writeFileSync(join(site, 'm.bin'), 'model\n');
  for (const text of ['\t: [', 'outs: 3\n', 'outs:\n- path: other.bin\n  md5: 0cc175b9c0f1b6a831c399e269772661\n']) {
    writeFileSync(join(site, 'm.bin.dvc'), text);
    const before = folderSnapshot(site);
    const { stderr, exitCode } = await cmf(site, ['log-artifact', 'm.bin', '--output', '-p', 'p', '-s', 's'], {
      expectExit: 'any',
    });
    assert.ok([1, 4, DAMAGED].includes(exitCode), `exit ${exitCode}: ${stderr}`);
    assert.match(stderr, /m\.bin\.dvc/);
    assert.match(stderr, /^hint: /m);
    assert.equal(folderSnapshot(site), before);
  }
  assert.is((await viewAt(site)).executions.size, 0);
});

damage.run();
