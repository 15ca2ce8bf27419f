/** Real DVC read the texts of test/golden/dvc-config-vectors.json: 3.67.1 with ConfigObj 5.0.9. */
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ConfigFile,
  type DvcConfig,
  isSectionOf,
  readDvcConfig,
  relativePath,
  resolvePath,
} from '../../src/domain/dvc-config.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { errorOf } from '../helpers/error-of.ts';

const test = suite('dvc-config');

type Plain = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type Vectors = {
  readonly folder: string;
  readonly home: string;
  readonly cases: readonly { readonly text: string; readonly config: { sections: Plain; remotes: Plain } | null }[];
};

const VECTORS = JSON.parse(
  readFileSync(new URL('../golden/dvc-config-vectors.json', import.meta.url), 'utf8'),
) as Vectors;

function plain({ sections, remotes }: DvcConfig): { sections: Plain; remotes: Plain } {
  const values = (part: DvcConfig['remotes']): Plain =>
    Object.fromEntries(
      [...part].map(([name, settings]) => [
        name,
        Object.fromEntries([...settings].map(([key, { value }]) => [key, value])),
      ]),
    );
  return { sections: values(sections), remotes: values(remotes) };
}

function repositoryFile(text: string, path = '/r/.dvc/config'): ConfigFile {
  return { level: 'repository', path, text };
}

test('reads what DVC reads, and refuses what DVC refuses', () => {
  assert.ok(VECTORS.cases.length > 150);
  for (const { text, config } of VECTORS.cases) {
    let read: ReturnType<typeof plain> | null;
    try {
      read = plain(readDvcConfig([repositoryFile(text, `${VECTORS.folder}/config`)], VECTORS.home));
    } catch (error) {
      if (!(error instanceof CmfError)) throw error;
      assert.is(error.code, 'damaged');
      read = null;
    }
    assert.equal(read, config, JSON.stringify(text));
  }
});

test('a later level overrides an earlier one key by key, and says which one it was', () => {
  const files: ConfigFile[] = [
    {
      level: 'user',
      path: '/home/u/.config/dvc/config',
      text: '[core]\nremote = a\n[\'remote "a"\']\nurl = ../far\nuser = me\n',
    },
    repositoryFile('[\'remote "a"\']\nurl = ../near\n'),
    { level: 'local', path: '/r/.dvc/config.local', text: '[core]\nremote = b\n' },
  ];
  const { sections, remotes } = readDvcConfig(files, '/home/u');
  assert.equal(sections.get('core')?.get('remote'), { value: 'b', level: 'local' });
  assert.equal(remotes.get('a')?.get('url'), { value: '/r/near', level: 'repository' });
  assert.equal(remotes.get('a')?.get('user'), { value: 'me', level: 'user' });
});

test('a path is relative to the folder of its file', () => {
  assert.is(resolvePath('../../x', '/r/.dvc', '/home/u'), '/x');
  assert.is(resolvePath('a/./b//c', '/r/.dvc', '/home/u'), '/r/.dvc/a/b/c');
  assert.is(resolvePath('~/x', '/r/.dvc', '/home/u'), '/home/u/x');
  assert.is(resolvePath('/x/', '/r/.dvc', '/home/u'), '/x/');
  assert.is(resolvePath('s3://a/../b', '/r/.dvc', '/home/u'), 's3://a/../b');
});

test('a relative path leads back to where it came from', () => {
  for (const path of ['/r/x', '/x', '/r/.dvc/x', '/r', '/r/.dvc', '/']) {
    const relative = relativePath('/r/.dvc', path);
    assert.is(resolvePath(relative, '/r/.dvc', '/'), path, relative);
  }
});

test('sections are found however they are spelled', () => {
  const section = (name: string, depth = 1) => ({ name, depth }) as Parameters<typeof isSectionOf>[0];
  assert.ok(isSectionOf(section('Core'), 'core'));
  assert.ok(isSectionOf(section(' Remote  "Team"'), { remote: 'team' }));
  assert.not(isSectionOf(section('core', 2), 'core'));
  assert.not(isSectionOf(section("remote 'team'"), { remote: 'team' }));
});

test('the error names file and line', () => {
  const words = errorOf(() => readDvcConfig([repositoryFile('[core]\n; old\n')], '/'));
  assert.is(words, 'damaged: /r/.dvc/config, line 2: is neither a section nor key = value');
});

test.run();
