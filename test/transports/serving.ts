/** What the transport suites share: a folder of central repositories that some server offers. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeTempDirectory } from '../helpers/sealed-git.ts';

/** A running server. */
export type Serving = {
  /** The folder whose repositories are served. */
  readonly root: string;
  /** The URL of one of them. @param port that of a relay in front of the server, for those that have a port */
  readonly url: (repository: string, port?: number) => string;
  /** What a client's environment must hold. */
  readonly env: Readonly<Record<string, string>>;
  /** Undefined for what needs no network. */
  readonly port: number | undefined;
  readonly stop: () => Promise<void>;
};

const STARTS_MS = 20_000;

/** A port of this machine that nobody uses. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** A program that runs until it is stopped, and listens on a port of this machine. */
export type Daemon = { readonly pid: number; readonly stop: () => Promise<void> };

/** Starts it, and waits until it listens. What it said is in the error when it does not. */
export async function startDaemon(program: string, args: readonly string[], port: number): Promise<Daemon> {
  const logFile = join(makeTempDirectory('daemon'), 'log');
  const log = openSync(logFile, 'w');
  const child = spawn(program, args, { stdio: ['ignore', log, log], env: { PATH: process.env['PATH'] ?? '' } });
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.on('exit', () => resolve());
    child.on('error', (error) => {
      writeFileSync(logFile, String(error));
      resolve();
    });
  });
  const until = Date.now() + STARTS_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || child.pid === undefined || Date.now() > until) {
      child.kill('SIGKILL');
      throw new Error(`${program} does not listen on ${port}:\n${readFileSync(logFile, 'utf8')}`);
    }
    await sleep(50);
  }
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { pid: child.pid as number, stop };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

/** A relay that can be cut: a line that breaks. */
export type Relay = {
  readonly port: number;
  /** Cuts every connection as soon as so many bytes of it went to the server, or came from it. */
  readonly cutAfter: (sizeBytes: number, direction?: 'out' | 'in') => void;
  readonly stop: () => Promise<void>;
};

/** Puts a relay in front of a port. */
export async function startRelay(to: number): Promise<Relay> {
  const limits = { out: Number.POSITIVE_INFINITY, in: Number.POSITIVE_INFINITY };
  const sockets = new Set<Socket>();
  const relay = createServer((client) => {
    const server = connect(to, '127.0.0.1');
    const sizes = { out: 0, in: 0 };
    const end = () => {
      for (const socket of [client, server]) {
        sockets.delete(socket);
        socket.destroy();
      }
    };
    for (const socket of [client, server]) sockets.add(socket.on('error', end).on('close', end));
    const pass = (from: Socket, to: Socket, direction: 'out' | 'in') =>
      from.on('data', (chunk: Buffer) => {
        sizes[direction] += chunk.length;
        if (sizes[direction] > limits[direction]) end();
        else if (!to.write(chunk)) {
          from.pause();
          to.once('drain', () => from.resume());
        }
      });
    pass(client, server, 'out');
    pass(server, client, 'in');
  });
  const port = await listen(relay);
  return {
    port,
    cutAfter: (sizeBytes, direction = 'out') => {
      limits[direction] = sizeBytes;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => relay.close(resolve));
    },
  };
}
