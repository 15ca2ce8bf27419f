import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

diskSuite('the simulated one', () => {
  const disk = simulatedDisk(() => 0);
  disk.makeDirectory('/state');
  return { disk, directory: '/state' };
}).run();
