import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readDvcConfig } from '../../src/domain/dvc-config.ts';
import { type ConfigEdit, editConfig } from '../../src/domain/dvc-config-edit.ts';
import { errorOf } from '../helpers/error-of.ts';

const test = suite('dvc-config-edit');

const remote = (name: string) => ({ remote: name });
const set = (section: ConfigEdit['section'], key: string, value: string): ConfigEdit => ({
  kind: 'set',
  section,
  key,
  value,
});
const edit = (text: string | undefined, ...edits: ConfigEdit[]) => editConfig(text, edits, 'config');

test('a new file is what DVC writes', () => {
  const made = edit(
    undefined,
    set('core', 'remote', 'storage'),
    set(remote('storage'), 'url', 's3://bucket/prefix'),
    set(remote('storage'), 'region', 'eu, west#1'),
    set(remote('storage'), 'secret_access_key', `a'b"c#`),
  );
  assert.is(
    made,
    `[core]\n    remote = storage\n['remote "storage"']\n    url = s3://bucket/prefix\n    region = "eu, west#1"\n    secret_access_key = '''a'b"c#'''\n`,
  );
});

const TEAM =
  `# the team's\n[Core]  # of all\n\tRemote = old   # change me\n\tautostage = true\n\n; not\n`.replace('; not\n', '') +
  `# fast one\n[remote "Old"]\n  url = ../x\n  # why\n  port = 1\n\n# the end`;

test('a value is changed where it stands, and nothing else is', () => {
  assert.is(edit(TEAM, set('core', 'remote', 'new')), TEAM.replace('= old ', '= new '));
  assert.is(edit(TEAM, set(remote('old'), 'port', '22')), TEAM.replace('port = 1', 'port = 22'));
});

test('a new key follows the last one, with its indentation', () => {
  assert.is(edit(TEAM, set(remote('old'), 'user', 'me')), TEAM.replace('port = 1\n', 'port = 1\n  user = me\n'));
});

test('a new section comes last', () => {
  assert.is(edit(TEAM, set(remote('new'), 'url', '/x')), `${TEAM}\n['remote "new"']\n    url = /x\n`);
});

test('what is taken out goes with its line; comments stay', () => {
  assert.is(edit(TEAM, { kind: 'unset', section: remote('old'), key: 'port' }), TEAM.replace('  port = 1\n', ''));
  assert.is(edit(TEAM, { kind: 'drop', section: remote('old') }), TEAM.replace(/\[remote.*port = 1\n/s, ''));
  assert.is(edit('[core]\n    remote = x\n[a]\n', { kind: 'unset', section: 'core', key: 'remote' }), '[a]\n');
  assert.is(edit('[core]\n# x\nremote = x\n', { kind: 'unset', section: 'core', key: 'remote' }), '[core]\n# x\n');
  assert.is(edit(TEAM, { kind: 'unset', section: 'core', key: 'none' }), TEAM);
});

test('line ends are those of the file', () => {
  assert.is(
    edit('[core]\r\nremote = x', set(remote('a'), 'url', 'y')),
    '[core]\r\nremote = x\r\n[\'remote "a"\']\r\n    url = y\r\n',
  );
});

test('a value of several lines is replaced as a whole', () => {
  assert.is(
    edit("[core]\nremote = '''a\nb''' # c\nx = 1\n", set('core', 'remote', 'y')),
    '[core]\nremote = y # c\nx = 1\n',
  );
});

test('a value that DVC would not read as it is, is refused', () => {
  for (const value of ['a\nb', '%(x)s', `"""'''`, 'a\u2028b']) {
    assert.match(
      errorOf(() => edit('', set('core', 'remote', value))),
      /^refused: DVC's configuration has no spelling/,
    );
  }
});

/** Texts that DVC reads, with sections and keys that are there twice in other cases, comments, and odd ends. */
const LINES = fc.constantFrom(
  '',
  '# c',
  '    # [x]',
  '\tb = "1, 2"',
  "B = '''x\ny''' # z",
  'url = a # c',
  'URL= b',
  'user =',
  'l = a, b',
);
const HEADS = ['[core]', '[Core] # c', '[\'remote "x"\']', '[remote "X"]', '[feature]'] as const;
const TEXTS = fc
  .tuple(
    fc.shuffledSubarray([...HEADS]),
    fc.array(fc.uniqueArray(LINES, { maxLength: 5 }), { minLength: 5, maxLength: 5 }),
    fc.constantFrom('\n', '\r\n'),
    fc.boolean(),
  )
  .map(([heads, bodies, newline, isEnded]) => {
    const text = heads.flatMap((head, i) => [head, ...(bodies[i] ?? [])]).join('\n');
    return text.replaceAll('\n', newline) + (isEnded ? newline : '');
  });

const read = (text: string) => readDvcConfig([{ level: 'repository', path: '/r/.dvc/config', text }], '/h').remotes;

test('law: what is set is read, all else is as it was, and each other byte too', () => {
  const values = fc.string({
    unit: fc.constantFrom('a', '/', ' ', '"', "'", ',', '#', 'é'),
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(TEXTS, fc.constantFrom('user', 'b', 'new'), values, (text, key, value) => {
      const before = read(text);
      const changed = edit(text, set(remote('x'), key, value));
      const after = read(changed);
      assert.is(after.get('x')?.get(key)?.value, value);
      const others = (from: typeof before) => [...(from.get('x') ?? [])].filter(([one]) => one !== key);
      assert.equal(others(after), others(before));
      assert.is(edit(changed, set(remote('x'), key, value)), changed);
      const lines = changed.split('\n');
      for (const line of text.split('\n').filter((one) => one.startsWith('#') || one.includes('l = '))) {
        assert.ok(
          lines.some((one) => one.trimEnd() === line.trimEnd()),
          line,
        );
      }
    }),
    { numRuns: 300 },
  );
});

test('law: what is set and taken out again leaves what was there', () => {
  fc.assert(
    fc.property(TEXTS, (text) => {
      const ended = /\n$/.test(text) || text === '' ? text : `${text}${text.includes('\r\n') ? '\r\n' : '\n'}`;
      const section = remote('other');
      const added = edit(ended, set(section, 'url', 'y'), set(section, 'user', 'me'));
      assert.is(edit(added, { kind: 'drop', section }), ended);
      assert.is(edit(added, { kind: 'unset', section, key: 'user' }, { kind: 'unset', section, key: 'url' }), ended);
    }),
  );
});

test.run();
