/** Commands that are killed at each of their fail points, and what lies ready for them. One more command is one more line. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLOCK_AHEAD } from '../helpers/clock-ahead.ts';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { recordRun } from '../helpers/sites.ts';
import { ARTIFACTS } from './artifact-scenarios.ts';
import type { Attack, Scenario } from './attack.ts';
import { PURGES } from './purges.ts';
import { knownAt, makeWorld, program, requireAll, type World } from './world.ts';

/** Records that are there before: some pushed by each side, some in the journal only, some in the log only. */
async function makeStory(hasHooks: boolean): Promise<{ readonly world: World; readonly execution: string }> {
  const world = await makeWorld(hasHooks);
  for (const site of [world.a, world.b]) {
    await recordRun(site, { pipeline: 'spam', uses: [{ direction: 'output', path: 'x', digests: ['etag:1'] }] });
    await program(site, ['push']);
    await recordRun(site, { pipeline: 'ham' });
  }
  const { stdout } = await program(world.a, ['start', '-p', 'spam', '-s', 'train', '--param', 'lr=0.1']);
  await program(world.a, ['log-metric', 'loss=1', '--step', '1']);
  writeFileSync(join(world.a, 'data.csv'), 'a,b\n1,2\n');
  return { world, execution: stdout.trim() };
}

/** A push from a clone with a story. */
function pushed(name: string, victim?: readonly string[]): Scenario {
  return {
    name,
    prepare: async () => {
      const { world } = await makeStory(true);
      return { world, folder: world.a, args: ['push'], ...(victim === undefined ? {} : { victim }) };
    },
  };
}

/** A command that touches nothing but its clone: neither hooks nor the other clone have a part in it. */
function inClone(name: string, args: readonly string[], more: Partial<Attack> = {}): Scenario {
  return {
    name,
    prepare: async () => {
      const { execution, world } = await makeStory(false);
      await program(world.b, ['push']);
      const words = args.map((arg) => (arg === 'ID' ? execution : arg));
      return { world: { ...world, sites: [world.a] }, folder: world.a, args: words, ...more };
    },
  };
}

const LINES = ['{"op":"start","pipeline":"spam","stage":"eval"}\n', '{"op":"metric","values":{"f1":0.5}}\n'];

/** Logs that make a command journal them, without its own. */
const LOGS = 1000;

/** Leaves logs of dead processes in a clone, each with the same line: what is recorded twice is one record. */
function leaveLogs(site: string, count: number): void {
  const folder = join(site, '.git/cmf/wal');
  const [name = ''] = readdirSync(folder);
  const line = readFileSync(join(folder, name));
  for (let i = 0; i < count; i++) writeFileSync(join(folder, `${String(i).padStart(8, '0')}.0.1.0.0.sealed`), line);
}

async function bundleOf(site: string): Promise<string> {
  const file = join(makeTempDirectory('bundle'), 'all.bundle');
  await program(site, ['bundle', 'create', file]);
  return file;
}

/** Records while the machine's date is wrong. */
async function recordAhead(site: string): Promise<string> {
  const wrong = { env: CLOCK_AHEAD };
  const { stdout } = await program(site, ['start', '-p', 'spam', '-s', 'ahead', '--param', 'lr=0.1'], wrong);
  await program(site, ['log-param', 'lr=0.2', '-e', stdout.trim()], wrong);
  return stdout.trim();
}

/** All of them; those with the most points first. */
export const SCENARIOS: readonly Scenario[] = [
  ...PURGES,
  ...ARTIFACTS,
  pushed('push'),
  pushed('the merge worker', ['hook', 'merge-worker']),
  {
    name: 'push --relay',
    prepare: async () => {
      const world = await makeWorld(false);
      for (const site of [world.a, world.b]) await recordRun(site);
      // Nothing of it has come to the remote in another way.
      await program(world.a, ['bundle', 'apply', await bundleOf(world.b)]);
      return { world, folder: world.a, args: ['push', '--relay'] };
    },
  },
  inClone('record --stdin', ['record', '--stdin'], { input: `${LINES.join('')}{"op":"finish"}\n` }),
  inClone('finish', ['finish', '-e', 'ID']),
  {
    name: 'pull',
    prepare: async () => {
      const { world } = await makeStory(false);
      await program(world.a, ['push']);
      return { world, folder: world.b, args: ['pull'] };
    },
  },
  inClone('log-artifact', ['log-artifact', 'data.csv', '--input', '-e', 'ID']),
  {
    name: 'log-metric that flushes',
    prepare: async () => {
      const { world, execution } = await makeStory(false);
      await program(world.b, ['push']);
      leaveLogs(world.a, LOGS);
      const args = ['log-metric', 'loss=2', '-e', execution];
      return { world: { ...world, sites: [world.a] }, folder: world.a, args };
    },
  },
  {
    name: 'log-param after the clock ran ahead',
    prepare: async () => {
      const { world } = await makeStory(false);
      const execution = await recordAhead(world.a);
      return { world, folder: world.a, args: ['log-param', 'lr=0.3', '-e', execution] };
    },
  },
  {
    name: 'push of what is dated ahead',
    prepare: async () => {
      const { world } = await makeStory(true);
      await recordAhead(world.a);
      // Nobody but the server says now that something is wrong.
      rmSync(join(world.a, '.git/cmf/clock'));
      return { world, folder: world.a, args: ['push'] };
    },
  },
  inClone('start', ['start', '-p', 'spam', '-s', 'eval']),
  inClone('log-metric', ['log-metric', 'loss=2', '-e', 'ID']),
  inClone('resume', ['resume', 'ID']),
  pushed('pre-receive', ['hook', 'pre-receive']),
  {
    name: 'server merge',
    prepare: async () => {
      const { world } = await makeStory(true);
      // A fetch runs no hook, so nobody has merged what it brought.
      await git(['fetch', '--quiet', world.a, 'refs/cmf/journal/*:refs/cmf/journal/*'], { cwd: world.central });
      return { world, folder: world.central, args: ['server', 'merge'] };
    },
  },
  {
    name: 'bundle apply',
    prepare: async () => {
      const { world } = await makeStory(false);
      return { world, folder: world.b, args: ['bundle', 'apply', await bundleOf(world.a)] };
    },
  },
  {
    name: 'bundle create',
    prepare: async () => {
      const { world } = await makeStory(false);
      const file = join(makeTempDirectory('bundle'), 'all.bundle');
      const afterwards = async () => {
        await program(world.b, ['bundle', 'apply', file]);
        requireAll(await knownAt(world.a), await knownAt(world.b), 'in the bundle');
      };
      return { world, folder: world.a, args: ['bundle', 'create', file], afterwards };
    },
  },
  {
    name: 'server install',
    prepare: async () => {
      const { world } = await makeStory(false);
      return { world: { ...world, hasHooks: true }, folder: world.central, args: ['server', 'install'] };
    },
  },
  {
    name: 'init',
    prepare: async () => {
      const { world } = await makeStory(false);
      const b = makeTempDirectory('fresh');
      await git(['clone', '--quiet', world.central, b], { cwd: b });
      return { world: { ...world, b, sites: [world.a, b] }, folder: b, args: ['init'] };
    },
  },
];
