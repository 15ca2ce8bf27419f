import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writePack } from '../../../src/adapters/nodegit/pack-file.ts';
import type { Oid } from '../../../src/ports/git.ts';
import { git, makeRepository } from '../../helpers/sealed-git.ts';

const it = suite('nodegit: a pack');

it('is one that git verifies and reads, of any sizes', async () => {
  const directory = await makeRepository({ bare: true });
  const sizes = [0, 1, 15, 16, 127, 2047, 2048, 40_000, 300_000];
  const objects = [];
  for (const size of sizes) {
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 31 + size) % 256));
    const { stdout } = await git(['hash-object', '--stdin'], { cwd: directory, input: bytes });
    objects.push({ type: 'blob', oid: stdout.trim() as Oid, bytes } as const);
  }
  for (let again = 0; again < 2; again++) await writePack(join(directory, 'objects'), objects);
  const files = readdirSync(join(directory, 'objects/pack'));
  assert.equal(files.map((name) => name.replace(/^pack-[0-9a-f]{40}/, '')).sort(), ['.idx', '.pack']);
  for (const name of files) await git(['verify-pack', join('objects/pack', name)], { cwd: directory });
  for (const { oid, bytes } of objects) {
    assert.ok(bytes.equals((await git(['cat-file', 'blob', oid], { cwd: directory })).stdoutBytes));
  }
  assert.is((await git(['fsck', '--full', '--strict', '--no-dangling'], { cwd: directory })).stdout, '');
});

it.run();
