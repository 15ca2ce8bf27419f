import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Library from '../../src/faces/library.ts';
import type { BenchCase, Place } from '../bench-case.ts';

const ENTRIES = 10_000;

/** What a training loop costs: 10,000 metric points, each a record of its own, durable and then in git. */
const record: BenchCase = {
  name: '2  record 10,000 entries through the library, then flush',
  goal: { kind: 'at-most', times: 1.5 },
  rounds: 7,
  open: async (place) => {
    // The built library, as a program that depends on git-cmf gets it.
    const library: typeof Library = await import(pathToFileURL(join(place.root, 'dist/library.js')).href);
    const model = await startRun(library, newClone(place, 'model'));
    await recordEntries(model);
    await model.cmf.close();
    const stream = importStream(model.path);
    let training = model;
    let bare = '';
    let made = 0;
    return {
      work: {
        name: 'the library',
        prepare: async () => {
          if (training !== model) await training.cmf.close();
          training = await startRun(library, newClone(place, `clone-${made++}`));
        },
        run: () => recordEntries(training),
      },
      against: {
        name: 'git fast-import of the same bytes',
        prepare: () => {
          bare = join(place.folder, `bare-${made++}`);
          git(place.folder, 'init', '-q', '--bare', bare);
        },
        run: () => fastImport(bare, stream),
      },
    };
  },
};

function newClone({ root, folder }: Place, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  git(path, 'init', '-q');
  execFileSync(process.execPath, [join(root, 'bin/git-cmf'), 'init', '-q'], { cwd: path });
  return path;
}

type Training = { readonly path: string; readonly cmf: Library.Library; readonly run: Library.Execution };

async function startRun(library: typeof Library, path: string): Promise<Training> {
  const cmf = await library.openClone(path);
  return { path, cmf, run: await cmf.start({ pipeline: 'bench', stage: 'train', params: { lr: 0.01 } }) };
}

/** What is recorded in one turn is made durable together, so the last promise stands for all of them. */
async function recordEntries({ cmf, run }: Training): Promise<void> {
  let durable = Promise.resolve();
  for (let step = 0; step < ENTRIES; step++) durable = run.logMetrics({ loss: 1 / (step + 1) }, { step });
  await durable;
  await cmf.flush();
}

/** The same files, as a stream for git fast-import: every segment of the journal in one commit. */
function importStream(path: string): Buffer {
  const [ref = ''] = git(path, 'for-each-ref', '--format=%(refname)', 'refs/cmf/journal').split('\n');
  const parts = [Buffer.from('feature done\ncommit refs/cmf/journal/bench\ncommitter b <b@b> 0 +0000\ndata 0\n')];
  for (const line of git(path, 'ls-tree', '-r', ref).trim().split('\n')) {
    const [meta = '', file = ''] = line.split('\t');
    const oid = meta.split(' ')[2] ?? '';
    const bytes = execFileSync('git', ['cat-file', 'blob', oid], { cwd: path, maxBuffer: 2 ** 26 });
    parts.push(Buffer.from(`M 100644 inline ${file}\ndata ${bytes.length}\n`), bytes, Buffer.from('\n'));
  }
  return Buffer.concat([...parts, Buffer.from('done\n')]);
}

function fastImport(bare: string, stream: Buffer): void {
  const durable = ['-c', 'core.fsync=committed,reference'];
  const { status, stderr } = spawnSync('git', [...durable, 'fast-import', '--quiet', '--done'], {
    cwd: bare,
    input: stream,
  });
  if (status !== 0) throw new Error(`git fast-import ended with ${status}: ${stderr}`);
}

function git(cwd: string, ...words: string[]): string {
  return execFileSync('git', words, { cwd, encoding: 'utf8' });
}

export default record;
