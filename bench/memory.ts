/**
 * How much more memory the artifact commands need for each file more of one tracked folder.
 *
 * Usage: node --import tsx bench/memory.ts [FILES MORE-FILES]        (default: 100000 1000000)
 *
 * All contents are different. Each command runs once, as a process of its own, whose peak is what the system says when it
 * ends. The files are made below TMPDIR, which has to hold each of them three times.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = dirname(fileURLToPath(import.meta.url));
const PROGRAM = join(dirname(HERE), 'bin/git-cmf');
const FILES_PER_FOLDER = 1000;
/** Bytes for each file more. */
const SLOPE_MAX = 300;

type Step = {
  readonly name: string;
  readonly words: readonly string[];
  /** Put in place before. @param folder the repository */
  readonly prepare?: (folder: string) => void;
};

const STEPS: readonly Step[] = [
  { name: 'add, cold', words: ['add', 'd'] },
  { name: 'add, the first that finds no change', words: ['add', 'd'] },
  { name: 'status, nothing changed', words: ['status'] },
  { name: 'status, one file changed', words: ['status'], prepare: (folder) => change(folder, 'changed') },
  { name: 'push of all', words: ['push'], prepare: (folder) => change(folder, contentOf(0)) },
  { name: 'push of nothing new', words: ['push'] },
  { name: 'pull of all, and checkout', words: ['pull'], prepare: (folder) => forget(folder, '.dvc/cache') },
  { name: 'pull, the first with nothing to do', words: ['pull'] },
  { name: 'pull with nothing to do', words: ['pull'] },
  { name: 'checkout of all', words: ['checkout'], prepare: (folder) => forget(folder) },
];

function main(): void {
  const [few = 100_000, many = 1_000_000] = process.argv.slice(2).map(Number);
  const small = measureAll(few);
  const large = measureAll(many);
  say(`node ${process.version}, ${few} and ${many} files`);
  for (const [i, { name }] of STEPS.entries()) {
    const [before = 0, after = 0] = [small[i], large[i]];
    const slope = (after - before) / (many - few);
    say(
      `  ${name.padEnd(36)} ${mebibytes(before)} ${mebibytes(after)} ${slope.toFixed(0).padStart(6)} bytes a file${mark(slope)}`,
    );
    if (slope > SLOPE_MAX) process.exitCode = 1;
  }
}

/** @returns the peak of each step, in bytes */
function measureAll(files: number): number[] {
  const folder = mkdtempSync(join(tmpdir(), 'cmf-memory-'));
  try {
    const repository = join(folder, 'repository');
    execFileSync('git', ['init', '-q', repository]);
    makeFiles(join(repository, 'd'), files);
    run(repository, ['init', '-q']);
    run(repository, ['storage', 'add', 's', join(folder, 'storage'), '--default', '-q']);
    return STEPS.map(({ words, prepare }) => {
      prepare?.(repository);
      return run(repository, ['artifact', ...words]);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(cwd: string, words: readonly string[]): number {
  const file = `${cwd}.peak`;
  const node = [process.execPath, '--import', join(HERE, 'helpers/tell-peak.js'), PROGRAM, ...words];
  // Through a shell: a process is given the peak of the one that starts it to begin with.
  const { status, stderr } = spawnSync('sh', ['-c', '"$@"; exit $?', 'sh', ...node], {
    cwd,
    env: { ...process.env, CMF_BENCH_PEAK: file },
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (status !== 0) throw new Error(`git cmf ${words.join(' ')} ended with ${status}: ${stderr.trim()}`);
  return Number(readFileSync(file, 'utf8')) * 1024;
}

function makeFiles(top: string, files: number): void {
  for (let i = 0; i < files; i++) {
    if (i % FILES_PER_FOLDER === 0) mkdirSync(dirname(pathOf(top, i)), { recursive: true });
    writeFileSync(pathOf(top, i), contentOf(i));
  }
}

function pathOf(top: string, i: number): string {
  return join(top, String(Math.floor(i / FILES_PER_FOLDER)).padStart(4, '0'), `${String(i).padStart(7, '0')}.png`);
}

function contentOf(i: number): string {
  return `${i} `.padEnd(280, 'x');
}

function change(folder: string, content: string): void {
  writeFileSync(pathOf(join(folder, 'd'), 0), content);
}

/** Takes the files away, and all that is known of them but the pointer. */
function forget(folder: string, ...more: readonly string[]): void {
  for (const path of ['d', '.git/cmf/hashes', '.git/cmf/folders', ...more]) {
    rmSync(join(folder, path), { recursive: true, force: true });
  }
}

function mark(slope: number): string {
  return slope > SLOPE_MAX ? `, more than ${SLOPE_MAX}` : '';
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0).padStart(5)} MiB`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

main();
