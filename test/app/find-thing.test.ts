import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDvcConfigFiles } from '../../src/adapters/files/dvc-config-files.ts';
import { createHasher } from '../../src/adapters/files/hasher.ts';
import { createObjectCache } from '../../src/adapters/files/object-cache.ts';
import { createPointerFiles } from '../../src/adapters/files/pointer-files.ts';
import { logArtifacts } from '../../src/app/artifacts.ts';
import { findThing } from '../../src/app/find-thing.ts';
import { readView } from '../../src/app/read-state.ts';
import { artifactIndex } from '../../src/domain/artifact-index.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { makeWritingClone, startRun, type WritingClone } from '../helpers/writing-clone.ts';

type Bench = WritingClone & { find: (typed: string, folder?: string) => Promise<string> };
const it = suite<Bench>('app: what a word means');

it.before.each(async (bench) => {
  Object.assign(bench, await makeWritingClone());
  const { clone, directory } = bench;
  const lockDirectory = join(directory, '.git/cmf/lock');
  const objects = createObjectCache({ temporaries: [join(directory, '.git/cmf/tmp')], sync: async () => true });
  const config = createDvcConfigFiles({ env: {}, home: directory, platform: 'linux', lockDirectory });
  const files = { hasher: createHasher(), objects, pointers: createPointerFiles({ lockDirectory }), config };
  mkdirSync(join(directory, 'data'));
  writeFileSync(join(directory, 'data/raw.csv'), 'raw\n');
  const running = await startRun(clone);
  const paths = [join(directory, 'data/raw.csv')];
  await logArtifacts(clone, files, running, {
    direction: 'input',
    paths,
    props: new Map(),
    writesPointer: false,
    stores: false,
  });
  bench.find = async (typed, folder = '') => {
    const view = await readView(clone);
    const sources = { view, index: artifactIndex(view) };
    const found = await findThing(clone, files, sources, { typed, directory: join(directory, folder) });
    if (found.kind !== 'artifact') return found.kind;
    return `${found.use === undefined ? 'content' : 'path'} of ${found.artifacts[0]?.uses[0]?.operation.path}`;
  };
});
it.after.each(({ clone }) => clone.repository.close());

it('recognises a file by its content, under any name and from any folder', async ({ directory, find }) => {
  writeFileSync(join(directory, 'copy'), 'raw\n');
  assert.is(await find('copy'), 'content of data/raw.csv');
  assert.is(await find('raw.csv', 'data'), 'content of data/raw.csv');
  assert.is(await find('../copy', 'data'), 'content of data/raw.csv');
  assert.is(await find(join(directory, 'copy'), 'data'), 'content of data/raw.csv');
});

it('takes the last use of a path whose content is not recorded, and says so', async ({ directory, find, said }) => {
  writeFileSync(join(directory, 'data/raw.csv'), 'changed\n');
  assert.is(await find('data/raw.csv'), 'path of data/raw.csv');
  assert.match(said.at(-1) ?? '', 'data/raw.csv holds what nobody recorded');
});

it('finds names that are no files', async ({ find }) => {
  assert.is(await find('churn'), 'pipeline');
  assert.is(await find('churn/train'), 'stage');
});

it('takes what looks like an id for one, even where a file has that name', async ({ directory, find }) => {
  writeFileSync(join(directory, 'abcdef'), 'raw\n');
  const error = await find('abcdef').catch((reason: unknown) => reason);
  assert.is((error as CmfError).code, 'not-found');
  assert.instance(error, CmfError);
  assert.is(await find('./abcdef'), 'content of data/raw.csv');
});

it.run();
