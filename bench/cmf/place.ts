/** CMF as it is: cmflib from PyPI in an environment of its own, its own server, and a PostgreSQL of its own. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The newest that installs on Python 3.11, and what its server imports without saying so. */
const PACKAGES = ['cmflib==0.1.0', 'fastapi', 'uvicorn', 'sqlalchemy[asyncio]', 'asyncpg', 'jsonpath-ng', 'httpx'];
const MORE = ['python-multipart', 'python-dotenv', 'requests'];
const DATABASE_PORT = 15_432;
const SERVER_PORT = 18_080;
const START_TRIES_MAX = 600;
const PASSWORD = 'bench';

export type Cmf = {
  readonly url: string;
  /** Runs a program of the environment; @returns false when it was ended because it took longer than `atMostMs` */
  readonly run: (cwd: string, program: string, words: readonly string[], atMostMs?: number) => boolean;
  /** Begins anew with an empty database and a server that has just started; ends the one before. */
  readonly restart: () => Promise<void>;
  readonly close: () => void;
};

/** Sets all of it up below `folder`, the environment below the user's cache. */
export async function openCmf(folder: string, sources: string): Promise<Cmf> {
  const bin = environment();
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env['PATH'] ?? ''}`,
    POSTGRES_HOST: '127.0.0.1',
    POSTGRES_PORT: String(DATABASE_PORT),
    POSTGRES_USER: 'cmf',
    POSTGRES_PASSWORD: PASSWORD,
    POSTGRES_DB: 'mlmd',
    PGPASSWORD: PASSWORD,
  };
  const database = startDatabase(folder);
  let server: ReturnType<typeof spawn> | undefined;
  const url = `http://127.0.0.1:${SERVER_PORT}`;
  const stop = () => server?.kill('SIGKILL');
  return {
    url,
    run: (cwd, program, words, atMostMs) => run(cwd, env, join(bin, program), words, atMostMs),
    restart: async () => {
      stop();
      const connection = ['-h', '127.0.0.1', '-p', String(DATABASE_PORT), '-U', 'cmf'];
      run(folder, env, database.tool('dropdb'), ['--if-exists', '--force', ...connection, 'mlmd']);
      run(folder, env, database.tool('createdb'), [...connection, 'mlmd']);
      const log = openSync(join(folder, 'server.log'), 'w');
      const words = [join(sources, 'serve.py'), String(SERVER_PORT)];
      server = spawn(join(bin, 'python'), words, { cwd: folder, env, stdio: ['ignore', log, log] });
      await answers(`${url}/api/`);
    },
    close: () => {
      stop();
      database.stop();
    },
  };
}

function environment(): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const place = join(cache, 'git-cmf/cmflib-venv');
  const bin = join(place, 'bin');
  if (!existsSync(join(bin, 'python'))) execFileSync('python3.11', ['-m', 'venv', place]);
  execFileSync(join(bin, 'pip'), ['install', '-q', '--prefer-binary', ...PACKAGES, ...MORE], { stdio: 'inherit' });
  return bin;
}

type Database = { readonly tool: (name: string) => string; readonly stop: () => void };

/** PostgreSQL refuses to run as root, so there the user `postgres` does it. */
function startDatabase(folder: string): Database {
  const tools = postgresTools();
  const data = join(folder, 'database');
  const password = join(folder, 'password');
  mkdirSync(data, { mode: 0o700 });
  writeFileSync(password, PASSWORD);
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    const id = (option: string) => Number(execFileSync('id', [option, 'postgres'], { encoding: 'utf8' }));
    chownSync(data, id('-u'), id('-g'));
    execFileSync('chmod', ['go+rx', folder]);
  }
  const user = (...words: string[]) => {
    const [program = '', ...rest] = isRoot
      ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', ...words]
      : words;
    run(folder, process.env, program, rest);
  };
  user(join(tools, 'initdb'), '-D', data, '-U', 'cmf', `--pwfile=${password}`, '-A', 'scram-sha-256');
  const control = join(tools, 'pg_ctl');
  const options = `-p ${DATABASE_PORT} -c listen_addresses=127.0.0.1 -k ${data}`;
  user(control, '-D', data, '-w', '-l', join(data, 'log'), '-o', options, 'start');
  return { tool: (name) => join(tools, name), stop: () => user(control, '-D', data, '-m', 'immediate', 'stop') };
}

function postgresTools(): string {
  const found = spawnSync('pg_config', ['--bindir'], { encoding: 'utf8' });
  if (found.status === 0) return found.stdout.trim();
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort() : [];
  const newest = versions.at(-1);
  if (newest === undefined) throw new Error('PostgreSQL is not installed here: initdb was not found');
  return join(root, newest, 'bin');
}

async function answers(url: string): Promise<void> {
  for (let tries = 0; tries < START_TRIES_MAX; tries++) {
    try {
      if ((await fetch(url)).ok) return;
    } catch {
      // Not yet.
    }
    await sleep(200);
  }
  throw new Error(`the server of CMF did not start: nothing answers at ${url}`);
}

function run(
  cwd: string,
  env: NodeJS.ProcessEnv,
  program: string,
  words: readonly string[],
  atMostMs?: number,
): boolean {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    cwd,
    env,
    encoding: 'utf8',
    ...(atMostMs !== undefined && { timeout: atMostMs }),
    stdio: [
      'ignore',
      program.endsWith('pg_ctl') || words.some((word) => word.endsWith('pg_ctl')) ? 'ignore' : 'pipe',
      'pipe',
    ],
  });
  if (error !== undefined && 'code' in error && error.code === 'ETIMEDOUT') return false;
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ${words.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return true;
}
