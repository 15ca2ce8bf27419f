/** Commands that carry out a purge. What they take out must be gone in the end, and everything else must be there. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { git, makeTempDirectory } from '../helpers/sealed-git.ts';
import { cmfJson, makeSite, recordRun } from '../helpers/sites.ts';
import type { Scenario } from './attack.ts';
import { makeWorld, program, type World } from './world.ts';

const SECRET = 'the name of a person';

type PurgeStory = { readonly world: World; readonly gone: ReadonlySet<string>; readonly purge: readonly string[] };

/** Both clones have recorded the secret and know that of the other; each has more that it has not pushed. */
async function makeStory(): Promise<PurgeStory> {
  const world = await makeWorld(true);
  for (const site of world.sites) {
    await recordRun(site, { params: { who: SECRET, lr: 0.1 } });
    await program(site, ['push']);
  }
  for (const site of world.sites) {
    await program(site, ['pull']);
    await recordRun(site);
  }
  const { items } = await cmfJson(world.central, ['log']);
  const ids = items.filter((item) => JSON.stringify(item).includes(SECRET)).map((item) => String(item['id']));
  if (ids.length !== world.sites.length) throw new Error(`${ids.length} records hold the secret`);
  return { world, gone: new Set(ids), purge: ['server', 'purge', ...ids, '--reason', 'asked for'] };
}

async function pin(folder: string, from: string): Promise<void> {
  const { stdout } = await git(['config', '--get', 'cmf.adminKey'], { cwd: from });
  await git(['config', 'cmf.adminKey', stdout.trim()], { cwd: folder });
}

export const PURGES: readonly Scenario[] = [
  {
    name: 'server purge',
    prepare: async () => {
      const { world, gone, purge } = await makeStory();
      const afterwards = async () => {
        for (const site of world.sites) await pin(site, world.central);
      };
      return { world, folder: world.central, args: purge, afterwards, gone, secret: SECRET };
    },
  },
  {
    name: 'pull that purges',
    prepare: async () => {
      const { world, gone, purge } = await makeStory();
      await program(world.central, purge);
      for (const site of world.sites) await pin(site, world.central);
      return { world, folder: world.a, args: ['pull'], gone, secret: SECRET };
    },
  },
  {
    name: 'the merge worker that purges',
    prepare: async () => {
      const { world, gone, purge } = await makeStory();
      const c = await makeSite(world.central);
      await recordRun(c);
      await orderPurge(world.central, purge);
      for (const site of [...world.sites, c]) await pin(site, world.central);
      const all = { ...world, sites: [...world.sites, c] };
      return { world: all, folder: c, args: ['push'], victim: ['hook', 'merge-worker'], gone, secret: SECRET };
    },
  },
];

/** The order is there and nobody has carried it out, as when its command was killed: it was given in a copy. */
async function orderPurge(central: string, purge: readonly string[]): Promise<void> {
  const copy = join(makeTempDirectory('copy'), 'central');
  cpSync(central, copy, { recursive: true });
  await program(copy, purge);
  await git(['fetch', '--quiet', copy, 'refs/cmf/control:refs/cmf/control'], { cwd: central });
  await pin(central, copy);
}
