import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { completionWords, isWordKind, storageWords } from '../../src/app/completion-words.ts';
import { flush } from '../../src/app/flush.ts';
import type { StorageContext } from '../../src/app/storages.ts';
import type { ConfigLevel } from '../../src/domain/dvc-config.ts';
import { withContext } from '../helpers/hosts.ts';
import { makeRepository } from '../helpers/sealed-git.ts';
import { makeWritingClone, startRun } from '../helpers/writing-clone.ts';

const it = suite('completion: words');

it('knows its kinds', () => {
  assert.ok(isWordKind('stages'));
  for (const text of ['', 'stage', 'toString', undefined]) assert.not(isWordKind(text));
});

it('names what runs before it is journaled, and keeps what was until a journal moves', async () => {
  const { clone, directory } = await makeWritingClone();
  const file = `${directory}/.git/cmf/words.json`;
  const { execution } = await startRun(clone, 'train');
  assert.equal(await completionWords(clone, 'executions'), [execution]);
  assert.equal(await completionWords(clone, 'pipelines'), ['churn']);
  assert.ok(existsSync(file));
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('train', 'kept'));
  assert.equal(await completionWords(clone, 'stages'), ['train', 'kept']);
  await flush(clone, { wait: true, live: true });
  assert.equal(await completionWords(clone, 'stages'), ['train']);
  await clone.repository.close();
});

for (const text of ['', 'null', '{"tips":1}', '{"pipelines":[1]}']) {
  it(`reads anew when what was kept is ${text || 'empty'}`, async () => {
    const { clone, directory } = await makeWritingClone();
    await startRun(clone, 'train');
    writeFileSync(`${directory}/.git/cmf/words.json`, text);
    assert.equal(await completionWords(clone, 'stages'), ['train']);
    await clone.repository.close();
  });
}

it('names the storages of any level, and reads them anew', async () => {
  const texts: [ConfigLevel, string][] = [['repository', '[\'remote "lake"\']\n    url = s3://bucket/x\n']];
  const read = async () => texts.map(([level, text]) => ({ level, path: `/r/${level}`, text }));
  const repository = { layout: { worktree: '/r' } };
  const storages = { repository, config: { home: '/h', read } } as unknown as StorageContext;
  assert.equal(await storageWords(storages), ['lake']);
  texts.push(['local', '[\'remote "disk"\']\n    url = /mnt/disk\n']);
  assert.equal(await storageWords(storages), ['lake', 'disk']);
});

it('keeps nothing where nothing is recorded', async () => {
  const directory = await makeRepository();
  assert.equal(await withContext(directory, (context) => completionWords(context, 'stages')), []);
  assert.not(existsSync(`${directory}/.git/cmf`));
});

it.run();
