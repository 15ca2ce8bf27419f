import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addStorage,
  removeStorage,
  type StorageContext,
  setDefaultStorage,
  setStorage,
} from '../../src/app/storages.ts';
import { CONFIG_LEVELS, type ConfigFile, type ConfigLevel } from '../../src/domain/dvc-config.ts';
import { CmfError } from '../../src/domain/errors.ts';

const test = suite('storages');

/** A work tree at /r whose configuration is in memory. */
function world(texts: Partial<Record<ConfigLevel, string>> = {}, isIgnored = true) {
  const files = new Map<ConfigLevel, string>(Object.entries(texts) as [ConfigLevel, string][]);
  const pathOf = (root: string, level: ConfigLevel) => `${root}/.dvc/config${level === 'local' ? '.local' : ''}`;
  const context = {
    repository: { layout: { worktree: '/r' }, worktree: { isIgnored: async () => isIgnored } },
    pointers: { ensureDvcFolder: async () => [] },
    config: {
      home: '/h',
      pathOf,
      read: async (root: string) =>
        CONFIG_LEVELS.flatMap((level): ConfigFile[] => {
          const text = files.get(level);
          return text === undefined ? [] : [{ level, path: pathOf(root, level), text }];
        }),
      change: async (_root: string, level: ConfigLevel, edit: (text: string | undefined) => string) => {
        const text = edit(files.get(level));
        const isNew = text !== (files.get(level) ?? '');
        if (isNew) files.set(level, text);
        return isNew;
      },
    },
  } as unknown as StorageContext;
  return { files, context };
}

const request = {
  name: 'Lake',
  url: 's3://bucket/x',
  currentDirectory: '/r/sub',
  level: 'repository',
  isDefault: false,
  settings: [],
} as const;

async function refusal(act: Promise<unknown>): Promise<string> {
  try {
    await act;
  } catch (error) {
    if (error instanceof CmfError) return `${error.code}: ${error.message}`;
    throw error;
  }
  throw new Error('was accepted');
}

test('a relative folder is written relative to .dvc, wherever it was typed', async () => {
  const { files, context } = world();
  await addStorage(context, { ...request, url: '../../shared' });
  assert.is(files.get('repository'), `['remote "lake"']\n    url = ../../shared\n`);
  assert.equal(await addStorage(context, { ...request, url: '/shared' }), { storage: 'lake', changed: false });
  assert.match(await refusal(addStorage(context, { ...request, url: '~ann/x' })), /^usage: .*another user/);
});

test('adding again changes nothing; another URL is refused', async () => {
  const { context } = world();
  assert.ok((await addStorage(context, request)).changed);
  assert.not((await addStorage(context, request)).changed);
  assert.match(await refusal(addStorage(context, { ...request, url: 's3://other/x' })), /^refused: .*another URL/);
});

test('a secret goes to the local file only, and only where git ignores it', async () => {
  const secret = { name: 'lake', settings: [['secret_access_key', 'x']], unset: [] } as const;
  const seen = world({ repository: `['remote "lake"']\nurl = s3://bucket/x\n` }, false);
  assert.match(await refusal(setStorage(seen.context, { ...secret, level: 'repository' })), /^refused: .*is a secret/);
  assert.match(await refusal(setStorage(seen.context, { ...secret, level: 'local' })), /^refused: git does not ignore/);
  const { files, context } = world({ repository: seen.files.get('repository') ?? '' });
  await setStorage(context, { ...secret, level: 'local' });
  assert.is(files.get('local'), `['remote "lake"']\n    secret_access_key = x\n`);
});

test('keys that DVC does not know are refused, and so is a storage without URL', async () => {
  const { context } = world();
  const settings = [['endpoint', 'x']] as const;
  assert.match(await refusal(addStorage(context, { ...request, settings })), /^usage: endpoint is no key/);
  await addStorage(context, request);
  const unset = { name: 'lake', level: 'repository', settings: [], unset: ['url'] } as const;
  assert.match(await refusal(setStorage(context, unset)), /^usage: a storage without a URL/);
});

test('removing takes both files, and the default with it', async () => {
  const { files, context } = world({ local: `['remote "lake"']\njobs = 2\n` });
  await addStorage(context, { ...request, isDefault: true });
  await removeStorage(context, 'LAKE', false);
  assert.equal([...files.values()], ['', '']);
  assert.match(await refusal(removeStorage(context, 'lake', false)), /^not-found/);
});

test('what others lie within, and what DVC itself keeps elsewhere, is not removed', async () => {
  const { context } = world({
    user: `['remote "mine"']\nurl = /x\n`,
    repository: `['remote "lake"']\nurl = /x\n['remote "sub"']\nurl = remote://lake/y\n`,
  });
  assert.match(await refusal(removeStorage(context, 'lake', false)), /^refused: .*where sub lies/);
  assert.match(await refusal(removeStorage(context, 'mine', false)), /^not-found: the storage 'mine' is named in/);
});

test('the committed default is never a storage that only this clone knows', async () => {
  const { context } = world({ local: `['remote "mine"']\nurl = /x\n` });
  assert.match(await refusal(setDefaultStorage(context, 'mine', 'repository')), /^refused: .*this clone only/);
  assert.equal(await setDefaultStorage(context, 'mine', 'local'), { storage: 'mine', changed: true });
});

test.run();
