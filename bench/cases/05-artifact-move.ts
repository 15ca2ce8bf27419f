import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { BenchCase, Place, Side, Sides, Unmeasured } from '../bench-case.ts';
import { FILES, openBesideDvc, setAside } from '../beside-dvc.ts';
import { command } from '../command.ts';

/** One of both programs, with a folder of many small files in its cache, and a storage beside the repository. */
type Mover = {
  readonly push: Side;
  readonly pull: Side;
  /** Makes the storage empty. */
  readonly emptyStorage: () => void;
  /** Takes the files and the cache away. */
  readonly emptySite: () => void;
};

function openMovers(place: Place): { readonly ours: Mover; readonly theirs: Mover } | Unmeasured {
  const repositories = openBesideDvc(place);
  if ('unmeasured' in repositories) return repositories;
  const { ours, theirs } = repositories;
  const mover = (
    name: string,
    words: readonly [string, ...string[]],
    options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
  ): Mover => {
    const storage = `${options.cwd}-storage`;
    return {
      push: command(`${name} push`, [...words, 'push'], options),
      pull: command(`${name} pull`, [...words, 'pull'], options),
      emptyStorage: () => setAside(place.folder, [storage]),
      emptySite: () => {
        const paths = ['d', '.dvc/cache', '.git/cmf/hashes', '.git/cmf/folders', '../site'];
        setAside(
          place.folder,
          paths.map((path) => join(options.cwd, path)),
        );
      },
    };
  };
  const us = { cwd: ours.folder };
  execFileSync(process.execPath, [ours.program, 'artifact', 'add', 'd'], us);
  execFileSync(
    process.execPath,
    [ours.program, 'storage', 'add', 's', `${ours.folder}-storage`, '--default', '-q'],
    us,
  );
  const them = { cwd: theirs.folder, env: theirs.env };
  execFileSync(theirs.program, ['add', '-q', 'd'], them);
  execFileSync(theirs.program, ['remote', 'add', '-q', '-d', 's', `${theirs.folder}-storage`], them);
  return {
    ours: mover('git-cmf artifact', [process.execPath, ours.program, 'artifact'], us),
    theirs: mover('dvc', [theirs.program], them),
  };
}

function moveCase(
  name: string,
  times: number,
  rounds: number,
  sides: (ours: Mover, theirs: Mover) => Omit<Sides, 'limit'>,
): BenchCase {
  return {
    name: `5  ${name} of ${FILES} files, a folder as storage`,
    goal: { kind: 'faster', times },
    rounds,
    open: (place) => {
      const movers = openMovers(place);
      if ('unmeasured' in movers) return movers;
      for (const { push } of [movers.ours, movers.theirs]) void push.run();
      return sides(movers.ours, movers.theirs);
    },
  };
}

export default [
  moveCase('push', 5, 3, (ours, theirs) => ({
    work: { ...ours.push, prepare: ours.emptyStorage },
    against: { ...theirs.push, prepare: theirs.emptyStorage },
  })),
  moveCase('push, nothing new,', 5, 5, (ours, theirs) => ({ work: ours.push, against: theirs.push })),
  moveCase('pull and checkout', 5, 3, (ours, theirs) => ({
    work: { ...ours.pull, prepare: ours.emptySite },
    against: { ...theirs.pull, prepare: theirs.emptySite },
  })),
  moveCase('pull, nothing to do,', 5, 5, (ours, theirs) => ({ work: ours.pull, against: theirs.pull })),
];
