/** Commands that are killed at each of their fail points, and what lies ready for them. One more command is one more line. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { recordRun } from '../helpers/sites.ts';
import { makeWorld, program, type World } from './world.ts';

/** What is killed, where. */
export type Attack = {
  readonly world: World;
  readonly folder: string;
  readonly args: readonly string[];
  readonly input?: string;
  /** The process that dies is the one whose arguments begin like this; the command itself unless given. */
  readonly victim?: readonly string[];
  /** What a person types afterwards; the command again unless given. */
  readonly next?: readonly string[];
  /** Exit codes of that which are right as well: a command that was done already may say so. */
  readonly nextExits?: readonly number[];
};

export type Scenario = { readonly name: string; readonly prepare: () => Promise<Attack> };

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

/** A command in a clone with a story. Where it does not push, the remote has no hooks: they would only take time. */
function inClone(name: string, args: readonly string[], more: Partial<Attack> = {}): Scenario {
  return {
    name,
    prepare: async () => {
      const { execution, world } = await makeStory(args.includes('push'));
      return { world, folder: world.a, args: args.map((arg) => (arg === 'ID' ? execution : arg)), ...more };
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
  for (let i = 0; i < count; i++) writeFileSync(join(folder, `x.y.${i}.z.${i}.sealed`), line);
}

/** All of them; those with the most points first. */
export const SCENARIOS: readonly Scenario[] = [
  inClone('push', ['push']),
  inClone('the merge worker', ['push'], { victim: ['hook', 'merge-worker'] }),
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
      leaveLogs(world.a, LOGS);
      return { world, folder: world.a, args: ['log-metric', 'loss=2', '-e', execution] };
    },
  },
  inClone('start', ['start', '-p', 'spam', '-s', 'eval']),
  inClone('log-metric', ['log-metric', 'loss=2', '-e', 'ID']),
  inClone('resume', ['resume', 'ID']),
  inClone('pre-receive', ['push'], { victim: ['hook', 'pre-receive'] }),
  {
    name: 'server merge',
    prepare: async () => {
      const { world } = await makeStory(false);
      return { world, folder: world.central, args: ['server', 'merge'] };
    },
  },
  {
    name: 'bundle apply',
    prepare: async () => {
      const { world } = await makeStory(false);
      const file = join(makeTempDirectory('bundle'), 'all.bundle');
      await program(world.a, ['bundle', 'create', file]);
      return { world, folder: world.b, args: ['bundle', 'apply', file] };
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
      return { world: { ...world, b }, folder: b, args: ['init'] };
    },
  },
];
