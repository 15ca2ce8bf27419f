import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCase, Side } from '../bench-case.ts';
import { type BesideDvc, FILES, forget, openBesideDvc, setAside, statAll } from '../beside-dvc.ts';
import { command } from '../command.ts';

/** A folder of many small files for the first time: hashes, objects, durable. */
const cold: BenchCase = {
  name: `3  add ${FILES} files of 280 bytes, cold`,
  goal: { kind: 'faster', times: 4 },
  rounds: 3,
  open: (place) => {
    const repositories = openBesideDvc(place);
    if ('unmeasured' in repositories) return repositories;
    const { ours, theirs } = repositories;
    const sides = addSides(repositories);
    return {
      work: { ...sides.work, prepare: () => forget(ours) },
      against: { ...sides.against, prepare: () => forget(theirs, '../site') },
      limit: {
        name: 'read, create, rename, sync',
        prepare: () => setAside(place.folder, [join(place.folder, 'bare')]),
        run: () => storeAll(join(ours.folder, 'd'), join(place.folder, 'bare')),
      },
    };
  },
};

/** The same folder when nothing in it has changed. */
const unchanged: BenchCase = {
  name: `3  add ${FILES} files of 280 bytes, unchanged`,
  goal: { kind: 'faster', times: 10 },
  rounds: 5,
  open: (place) => {
    const repositories = openBesideDvc(place);
    if ('unmeasured' in repositories) return repositories;
    const sides = addSides(repositories);
    // The first of these is cold; each side then runs once more that is not counted.
    void sides.work.run();
    void sides.against.run();
    void sides.work.run();
    return { ...sides, limit: { name: 'a stat for each file', run: () => statAll(repositories.ours) } };
  },
};

function addSides({ ours, theirs }: BesideDvc): { readonly work: Side; readonly against: Side } {
  return {
    work: command('git-cmf artifact add', [process.execPath, ours.program, 'artifact', 'add', 'd'], {
      cwd: ours.folder,
    }),
    against: command('dvc add', [theirs.program, 'add', '-q', 'd'], { cwd: theirs.folder, env: theirs.env }),
  };
}

/** What the file system needs to hold all contents once more, each durable before it has its name. */
function storeAll(from: string, to: string): void {
  for (let i = 0; i < 256; i++) mkdirSync(join(to, i.toString(16).padStart(2, '0')), { recursive: true });
  const names: (readonly [temporary: string, final: string])[] = [];
  for (const folder of readdirSync(from)) {
    for (const file of readdirSync(join(from, folder))) {
      const bytes = readFileSync(`${from}/${folder}/${file}`);
      const sum = createHash('md5').update(bytes).digest('hex');
      const shelf = `${to}/${sum.slice(0, 2)}`;
      const temporary = `${shelf}/${names.length}.tmp`;
      const fd = openSync(temporary, 'wx', 0o444);
      writeSync(fd, bytes);
      closeSync(fd);
      names.push([temporary, `${shelf}/${sum.slice(2)}`]);
    }
  }
  execFileSync('sync', ['-f', to]);
  for (const [temporary, final] of names) renameSync(temporary, final);
}

export default [cold, unchanged];
