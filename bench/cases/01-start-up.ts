import { join } from 'node:path';
import type { BenchCase } from '../bench-case.ts';
import { command } from '../command.ts';

/** What every command costs before it does anything: pipelines call git cmf hundreds of times. */
const startUp: BenchCase = {
  name: '1  one command, start to finish',
  goal: { kind: 'at-most', times: 2.5 },
  rounds: 15,
  open: ({ root, folder }) => ({
    work: command('git-cmf -h', [process.execPath, join(root, 'bin/git-cmf'), '-h'], { cwd: folder }),
    against: command('node -e 0', [process.execPath, '-e', '0'], { cwd: folder }),
  }),
};

export default startUp;
