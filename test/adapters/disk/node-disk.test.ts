import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeDisk } from '../../../src/adapters/disk/node-disk.ts';
import { diskSuite } from '../../conformance/disk.ts';
import { simulatedDisk } from '../../helpers/simulated-disk.ts';

const made: string[] = [];
let names = 0;

const real = diskSuite('the real file system', () => {
  const directory = mkdtempSync(join(tmpdir(), 'git-cmf-disk-'));
  made.push(directory);
  return { disk: nodeDisk(() => `t${names++}`), directory };
});
real.after(() => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});
real.run();

const modes = suite('adapters: what is made in a folder that a group shares');

modes('can be written by the group, whatever the umask, and by nobody else', () => {
  for (const [umask, folder, file, hook, inside] of [
    [0o022, 0o2775, 0o664, 0o775, 0o775],
    [0o077, 0o2770, 0o660, 0o770, 0o770],
    [0o022, 0o755, 0o644, 0o755, 0o755],
    [0o077, 0o755, 0o600, 0o700, 0o700],
    [0o022, 0o1777, 0o664, 0o775, 0o775],
  ] as const) {
    const directory = mkdtempSync(join(tmpdir(), 'git-cmf-disk-'));
    made.push(directory);
    chmodSync(directory, folder);
    const before = process.umask(umask);
    try {
      const disk = nodeDisk(() => `t${names++}`);
      disk.makeDirectory(join(directory, 'a/b'));
      disk.writeHint(join(directory, 'a/b/hint'), '');
      disk.writeHint(join(directory, 'new/hint'), '');
      disk.replace(join(directory, 'text'), '');
      disk.createExclusive(join(directory, 'a/lock'), '', { durable: false });
      disk.openAppend(join(directory, 'a/log'), { create: true }).close();
      disk.replace(join(directory, 'hook'), '', { mode: 0o755 });
      disk.replace(join(directory, 'key'), '', { mode: 0o600 });
      disk.createExclusive(join(directory, 'a/key'), '', { mode: 0o600 });
    } finally {
      process.umask(before);
    }
    const modeOf = (name: string) => statSync(join(directory, name)).mode & 0o777;
    const of = (names: readonly string[]) => [...new Set(names.map(modeOf))].map((mode) => mode.toString(8));
    assert.equal(of(['a', 'a/b', 'new']), [inside.toString(8)]);
    assert.equal(of(['a/b/hint', 'new/hint', 'text', 'a/lock', 'a/log']), [file.toString(8)]);
    assert.equal(of(['hook']), [hook.toString(8)]);
    assert.equal(of(['key', 'a/key']), ['600']);
  }
});

modes('follow a folder that is to be shared, although the one around it is not', () => {
  const directory = mkdtempSync(join(tmpdir(), 'git-cmf-disk-'));
  made.push(directory);
  const before = process.umask(0o022);
  try {
    const disk = nodeDisk(() => `t${names++}`);
    for (const path of ['old', 'old/wal', 'new']) disk.makeDirectory(join(directory, path));
    for (const path of ['old', 'old/wal']) disk.makeDirectory(join(directory, path), { isShared: true });
    for (const path of ['old/wal/log', 'old/hint', 'new/hint']) disk.writeHint(join(directory, path), '');
  } finally {
    process.umask(before);
  }
  const modeOf = (name: string) => (statSync(join(directory, name)).mode & 0o777).toString(8);
  assert.equal(['old', 'old/wal', 'old/wal/log', 'old/hint'].map(modeOf), ['775', '775', '664', '664']);
  assert.equal(['new', 'new/hint'].map(modeOf), ['755', '644']);
});

modes.run();

diskSuite('the simulated one', () => {
  const disk = simulatedDisk(() => 0);
  disk.makeDirectory('/state');
  return { disk, directory: '/state' };
}).run();
