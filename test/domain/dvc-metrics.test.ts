import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { md5Hex } from '../../src/domain/digest.ts';
import { hasRecordedMd5, readMetrics } from '../../src/domain/dvc-metrics.ts';
import { CmfError } from '../../src/domain/errors.ts';

const it = suite('dvc-metrics');

function read(text: string | Uint8Array, path: string): unknown {
  return Object.fromEntries(readMetrics(Buffer.from(text as string), path));
}

const WANTED = {
  'train.auc': { $num: '0.90' },
  'train.n': 12,
  'train.bad': { $num: 'NaN' },
  name: 'x',
  ok: true,
};

for (const [path, text] of [
  ['m.json', '{"train": {"auc": 0.90, "n": 12, "bad": NaN}, "name": "x", "ok": true, "l": [1], "z": null}'],
  ['m.yaml', 'train:\n  auc: 0.90\n  n: 12\n  bad: .nan\nname: x\nok: true\nl: [1]\nz:\n'],
  ['m.toml', 'name = "x" # c\nok = true\nl = [\n 1,\n]\n[train]\nauc = 0.90\nn = 12\nbad = nan\n'],
] as const) {
  it(`reads ${path} with types and spelling, without lists and nulls`, () => assert.equal(read(text, path), WANTED));
}

it('reads dotted keys, inline tables, quoted keys and dates of TOML', () => {
  const text =
    'a.b = 1\n"c d" = {x = 1, y = \'two\'}\nwhen = 2024-01-01T10:00:00Z\nbig = 1_000\ninf = -inf\n[a.e]\nf = "\\u00e9\\n"\n';
  assert.equal(read(text, 'm.toml'), {
    'a.b': 1,
    'a.e.f': 'é\n',
    big: 1000,
    'c d.x': 1,
    'c d.y': 'two',
    inf: { $num: '-Infinity' },
    when: '2024-01-01T10:00:00Z',
  });
});

for (const [path, text] of [
  ['m.json', '{"a": '],
  ['m.json', '{"a": NaN, "a": NaN}'],
  ['m.yaml', 'a: 1\na: 2\n'],
  ['m.toml', 'a = 1\na = 2\n'],
  ['m.toml', '[a]\nb = 1\n[a]\n'],
  ['m.toml', 'a = """x"""\n'],
  ['m.toml', '[[a]]\n'],
  ['m.toml', 'a = 1 b = 2\n'],
  ['m.toml', 'a = yes\n'],
  ['m.toml', `a = ${'['.repeat(5000)}\n`],
  ['m.toml', `${'a.'.repeat(5000)}b = 1\n`],
] as const) {
  it(`refuses ${text.slice(0, 20).trim()} in ${path}`, () => {
    try {
      read(text, path);
    } catch (error) {
      assert.ok(error instanceof CmfError && error.code === 'damaged', String(error));
      return;
    }
    assert.unreachable();
  });
}

it('refuses what is no UTF-8, and gives nothing for what is no map', () => {
  assert.throws(() => read(Buffer.from([0x7b, 0xff]), 'm.json'), /not UTF-8/);
  assert.equal(read('[1]', 'm.json'), {});
  assert.equal(read('', 'm.yaml'), {});
});

it('knows the bytes of a run, also where git changed their line ends', () => {
  const unix = Buffer.from('a\nb\n');
  assert.ok(hasRecordedMd5(unix, md5Hex('a\nb\n')));
  assert.ok(hasRecordedMd5(unix, md5Hex('a\r\nb\r\n')));
  assert.ok(hasRecordedMd5(Buffer.from('a\r\nb\r\n'), md5Hex('a\nb\n')));
  assert.not.ok(hasRecordedMd5(unix, md5Hex('a\nc\n')));
});

it.run();
