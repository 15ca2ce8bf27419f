import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeLooseObjects } from '../../../src/adapters/nodegit/loose-objects.ts';
import type { Oid } from '../../../src/ports/git.ts';
import { git, makeRepository } from '../../helpers/sealed-git.ts';

const it = suite('nodegit: loose objects');

it('are what git itself would have written, once each', async () => {
  const directory = await makeRepository({ bare: true });
  const contents = [Buffer.alloc(0), Buffer.from([0, 255, 10]), Buffer.alloc(300_000, 'long ')];
  const objects = [];
  for (const bytes of contents) {
    const { stdout } = await git(['hash-object', '--stdin'], { cwd: directory, input: bytes });
    objects.push({ type: 'blob', oid: stdout.trim() as Oid, bytes } as const);
  }
  const store = join(directory, 'objects');
  await Promise.all([writeLooseObjects(store, objects), writeLooseObjects(store, objects)]);
  for (const { oid, bytes } of objects) {
    const read = await git(['cat-file', 'blob', oid], { cwd: directory });
    assert.ok(bytes.equals(read.stdoutBytes));
    assert.is(statSync(join(store, oid.slice(0, 2), oid.slice(2))).mode & 0o777, 0o444);
    assert.equal(readdirSync(join(store, oid.slice(0, 2))), [oid.slice(2)]);
  }
  assert.is((await git(['fsck', '--strict', '--no-dangling'], { cwd: directory })).stdout, '');
});

it.run();
