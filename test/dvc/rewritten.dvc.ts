/** Pointers that people and DVC wrote by and by: whoever rewrites one keeps the rest of it, and the other program agrees. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import { withoutClaim } from '../helpers/dvc-vectors.ts';
import { git } from '../helpers/sealed-git.ts';
import { cmf, cmfJson } from '../helpers/sites.ts';
import { writeBelow } from './odd-content.ts';
import { assertClean, dvc, dvcStatus, makeDvcRepository } from './real-dvc.ts';

const it = suite('dvc: pointers that are rewritten');

/** A pointer as a text with `MD5` in the place of its hash. */
const POINTERS: Readonly<Record<string, string>> = {
  commented: `# of the whole file
outs:
# of the out
- md5: MD5  # of the hash
  size: 2 # of the size
  # of nothing
  hash: md5
  path: commented

  # at the end
`,
  ordered: `desc: what it is, in a line that is long enough to be broken by any program that breaks lines at eighty columns
meta: [anything, {at: all}]
frozen: true
outs:
- path: ordered
  desc: 'a text: in quotes'
  type: dataset
  labels: [a, "b", 'c']
  hash: "md5"
  size: 2
  md5: MD5
`,
  foreign: `outs:
- md5: MD5
  size: 2
  hash: md5
  path: foreign
  meta:
    owner: {name: Ann, mail: a@b.example}
    numbers: [0012, 1e5, 2024-01-01, 0.10]
    text: |
      as it
        stands
    cmf-like: {cmf: 1}
`,
  annotated: `outs:
- md5: MD5
  size: 2
  hash: md5
  path: annotated
  desc: an out
  type: model
  labels:
  - one
  - two
  meta: only a text
  persist: true
  remote: shelf
  push: false
`,
  '012': `outs:
- {md5: MD5, size: 2, hash: md5, path: '012'}
`,
  several: `outs:
- md5: MD5
  size: 2
  hash: md5
  path: several
- md5: MD5
  size: 2
  hash: md5
  path: second
`,
  'sub/away': `wdir: ..
outs:
- md5: MD5
  size: 2
  hash: md5
  path: away
`,
  late: `outs:
- md5: MD5
  size: 2
  hash: md5
  path: late
desc: after the outs
`,
};

const MD5_BEFORE = 'b026324c6904b2a9cb4b88d6d61c81d1'; // 1\n
const MD5_AFTER = '26ab0db90d72e28ad0ba1e22ee510510'; // 2\n

let root: string;

function pathOf(name: string): string {
  return name === 'sub/away' ? 'away' : name;
}

function read(name: string): string {
  return readFileSync(join(root, `${name}.dvc`), 'utf8');
}

/** What a pointer says, without the hashes and our claims. */
function restOf(text: string): unknown {
  const value = parse(text, { schema: 'failsafe' });
  for (const out of value.outs) {
    delete out.md5;
    if (typeof out.meta === 'object') delete out.meta.cmf;
    if (typeof out.meta === 'object' && Object.keys(out.meta).length === 0) delete out.meta;
  }
  return value;
}

/** All keys of the pointer and its outs, in the order in which they stand. */
function keysOf(text: string): string[] {
  return [...text.replace(/\n {2}meta:\n {4}cmf:.*\n.*/g, '').matchAll(/^(?:- | {2})?([a-z_]+):/gm)].map(
    ([, key]) => key ?? '',
  );
}

function commentsOf(text: string): string[] {
  return [...text.matchAll(/#.*/g)].map(([comment]) => comment);
}

it('DVC and git cmf find clean what people wrote', async () => {
  root = await makeDvcRepository('dvc');
  await dvc(root, ['remote', 'add', '--quiet', 'shelf', '/nowhere']);
  for (const [name, text] of Object.entries(POINTERS)) {
    writeBelow(root, pathOf(name), '1\n');
    writeBelow(root, `${name}.dvc`, text.replaceAll('MD5', MD5_BEFORE));
  }
  writeBelow(root, 'second', '1\n');
  writeBelow(root, `.dvc/cache/files/md5/${MD5_BEFORE.slice(0, 2)}/${MD5_BEFORE.slice(2)}`, '1\n');
  await assertClean(root);
});

it('a change is written into what is there, and DVC finds it clean', async () => {
  for (const name of Object.keys(POINTERS)) {
    if (name.startsWith('sub/')) continue;
    const before = read(name);
    writeFileSync(join(root, name), '2\n');
    await cmf(root, ['artifact', 'add', name]);
    const after = read(name);
    assert.match(after, MD5_AFTER);
    assert.equal(restOf(after), restOf(before), name);
    assert.equal(commentsOf(after), commentsOf(before), name);
    assert.equal(keysOf(after), keysOf(before), name);
  }
  await assertClean(root);
});

it('what we wrote, DVC writes again without loss', async () => {
  const before = Object.keys(POINTERS).map((name) => [name, restOf(read(name))]);
  await dvc(root, ['commit', '--force']);
  for (const [name, rest] of before) assert.equal(restOf(read(String(name))), rest, String(name));
  await assertClean(root);
});

it('a pointer with CR LF is read by both, and written by both with LF', async () => {
  const text = `# a comment\r\nouts:\r\n- md5: ${MD5_BEFORE}\r\n  size: 2\r\n  hash: md5\r\n  path: NAME\r\n`;
  for (const name of ['windows', 'windows-too']) {
    writeBelow(root, name, '1\n');
    writeBelow(root, `${name}.dvc`, text.replace('NAME', name));
  }
  await assertClean(root);
  for (const name of ['windows', 'windows-too']) writeBelow(root, name, '2\n');
  await cmf(root, ['artifact', 'add', 'windows']);
  await dvc(root, ['add', '--quiet', 'windows-too']);
  assert.is(withoutClaim(read('windows')).replace('windows', 'windows-too'), read('windows-too'));
  assert.is(
    read('windows-too'),
    text.replace(MD5_BEFORE, MD5_AFTER).replace('NAME', 'windows-too').replaceAll('\r', ''),
  );
  await assertClean(root);
});

it('data that a pointer leaves to git is not kept in the cache', async () => {
  writeBelow(root, 'in-git', '3\n');
  await git(['add', 'in-git'], { cwd: root });
  writeBelow(
    root,
    'in-git.dvc',
    'outs:\n- md5: 6d7fce9fee471194aa8b5b6e47267f03\n  size: 2\n  hash: md5\n  path: in-git\n  cache: false\n',
  );
  assert.equal(await dvcStatus(root, ['in-git.dvc']), {});
  const { items } = await cmfJson(root, ['artifact', 'status', 'in-git']);
  assert.equal(
    items.map(({ state, notInCache }) => [state, notInCache]),
    [['clean', null]],
  );
});

it.run();
