import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { BenchCase } from '../bench-case.ts';
import { command } from '../command.ts';

/** The command that pipelines call most: parse, find the repository, make one record durable. */
const logMetric: BenchCase = {
  name: '1  one log-metric, start to finish',
  goal: { kind: 'at-most', times: 2.5 },
  rounds: 15,
  open: ({ root, folder }) => {
    const program = join(root, 'bin/git-cmf');
    const run = (file: string, ...words: string[]) =>
      execFileSync(file, words, { cwd: folder, encoding: 'utf8' }).trim();
    run('git', 'init', '-q');
    run(process.execPath, program, 'init', '-q');
    const execution = run(process.execPath, program, 'start', '-p', 'bench', '-s', 'train');
    return {
      work: command('git-cmf log-metric', [process.execPath, program, 'log-metric', '-e', execution, 'loss=0.5'], {
        cwd: folder,
      }),
      against: command('node -e 0', [process.execPath, '-e', '0'], { cwd: folder }),
    };
  },
};

export default logMetric;
