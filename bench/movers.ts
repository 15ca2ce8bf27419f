/** Both programs, each in a repository of its own with the same files, and a storage beside it. */
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { BenchCase, Goal, Place, Side, Sides, Unmeasured } from './bench-case.ts';
import { openBesideDvc, setAside } from './beside-dvc.ts';
import { command } from './command.ts';

/** What one program does, and what may be taken away before it does it. */
export type Mover = Readonly<Record<'add' | 'status' | 'push' | 'pull' | 'checkout', Side>> & {
  readonly emptyStorage: () => void;
  /** Takes the files away, and leaves their pointers. */
  readonly emptyWorkTree: () => void;
  /** Takes away the files, the cache, and what is remembered. */
  readonly emptySite: () => void;
  /** Leaves of an add nothing but the files. */
  readonly forgetAdd: () => void;
};

/** What is tracked: each of these paths has a pointer beside it. */
export type Tracked = {
  readonly paths: readonly string[];
  /** Makes them in a repository; many small files in `d` unless given. */
  readonly make?: (repository: string) => void;
  /** True: what is taken away is removed, since there is no room to set large files aside each time. */
  readonly isLarge?: boolean;
};

type Movers = { readonly ours: Mover; readonly theirs: Mover };

function openMovers(place: Place, tracked: Tracked): Movers | Unmeasured {
  const repositories = openBesideDvc(place, tracked.make);
  if ('unmeasured' in repositories) return repositories;
  const { ours, theirs } = repositories;
  const us = { cwd: ours.folder };
  const storage = `${ours.folder}-storage`;
  execFileSync(process.execPath, [ours.program, 'storage', 'add', 's', storage, '--default', '-q'], us);
  const them = { cwd: theirs.folder, env: theirs.env };
  execFileSync(theirs.program, ['remote', 'add', '-q', '-d', 's', `${theirs.folder}-storage`], them);
  return {
    ours: moverOf(place, 'git-cmf artifact', [process.execPath, ours.program, 'artifact'], us, tracked),
    theirs: moverOf(place, 'dvc', [theirs.program], them, tracked),
  };
}

function moverOf(
  place: Place,
  name: string,
  program: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
  { paths, isLarge = false }: Tracked,
): Mover {
  const side = (verb: string, ...words: readonly string[]): Side =>
    command(`${name} ${verb}`, [...program, verb, ...words], options);
  const without = (paths: readonly string[]) => (): void => {
    const all = paths.map((path) => join(options.cwd, path));
    if (isLarge) for (const path of all) rmSync(path, { recursive: true, force: true });
    else setAside(place.folder, all);
  };
  const remembered = ['.dvc/cache', '.git/cmf/hashes', '.git/cmf/folders', '../site'];
  return {
    add: side('add', ...paths),
    status: side('status'),
    push: side('push'),
    pull: side('pull'),
    checkout: side('checkout'),
    emptyStorage: without([`../${basename(options.cwd)}-storage`]),
    emptyWorkTree: without(paths),
    emptySite: without([...paths, ...remembered]),
    forgetAdd: without([...paths.map((path) => `${path}.dvc`), ...remembered]),
  };
}

export type MoverCase = Pick<BenchCase, 'name' | 'rounds'> & {
  readonly goal: Goal;
  readonly tracked: Tracked;
  /** What was done before the first round. */
  readonly before: readonly ('add' | 'push')[];
  readonly work: (mover: Mover) => Side;
  /** The bare limit, in our repository. */
  readonly limit?: (repository: string) => Side;
};

/** A case of the same work by both programs. */
export function moverCase({ tracked, before, work, limit, ...named }: MoverCase): BenchCase {
  return {
    ...named,
    open: async (place): Promise<Sides | Unmeasured> => {
      const movers = openMovers(place, tracked);
      if ('unmeasured' in movers) return movers;
      const { ours, theirs } = movers;
      for (const mover of [ours, theirs]) for (const verb of before) await mover[verb].run();
      const sides = { work: work(ours), against: work(theirs) };
      return limit === undefined ? sides : { ...sides, limit: limit(join(place.folder, 'ours')) };
    },
  };
}
