import { execFileSync, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchCase } from '../bench-case.ts';

const PROCESSES = 200;

/** Slurm tasks on one file system: half log a metric, half an artifact, all in one clone and all at once. */
const manyAtOnce: BenchCase = {
  name: '11 200 recording processes at once in one clone',
  goal: { kind: 'at-most', times: 2 },
  rounds: 3,
  open: ({ root, folder }) => {
    const program = join(root, 'bin/git-cmf');
    const run = (file: string, ...words: string[]) =>
      execFileSync(file, words, { cwd: folder, encoding: 'utf8' }).trim();
    run('git', 'init', '-q');
    run(process.execPath, program, 'init', '-q');
    const execution = run(process.execPath, program, 'start', '-p', 'bench', '-s', 'train');
    let written = 0;
    const record = (task: number) => {
      if (task % 2 === 0) return ['log-metric', '-e', execution, `loss=${task}`, '--step', String(task)];
      const path = `out-${written++}.txt`;
      writeFileSync(join(folder, path), path);
      return ['log-artifact', '-e', execution, path, '--output'];
    };
    return {
      work: { name: 'log-metric, log-artifact', run: () => allAtOnce(folder, program, record) },
      against: { name: 'git-cmf -h', run: () => allAtOnce(folder, program, () => ['-h']) },
    };
  },
};

async function allAtOnce(folder: string, program: string, wordsOf: (task: number) => string[]): Promise<void> {
  await Promise.all(Array.from({ length: PROCESSES }, (_, task) => start(folder, [program, ...wordsOf(task)])));
}

function start(cwd: string, words: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd, stdio: 'ignore' });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${words.join(' ')} ended with ${code}`))));
  });
}

export default manyAtOnce;
