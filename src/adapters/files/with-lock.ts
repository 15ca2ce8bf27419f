import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { CmfError } from '../../domain/errors.ts';
import { errorCode, fileFailure } from './file-failure.ts';

/** A lock that was not released after this time may be broken: its work takes milliseconds. */
const STALE_MS = 10_000;
const PATIENCE_MS = 60_000;

/**
 * Runs `work` while this process holds a lock file, made exclusively and removed afterwards.
 *
 * A lock whose process is gone (same host, same pid namespace) or that is older than 10 seconds is broken. A process that
 * slept through that goes on unknowing, so `work` must do no harm when two run at once, only now and then too much.
 *
 * @param path of the lock file; its folder is made when missing
 * @throws CmfError `conflict` after a minute of waiting, `environment`
 */
export async function withLock<Result>(path: string, work: () => Result): Promise<Result> {
  const owner = `${process.pid} ${processSpace()} ${randomBytes(8).toString('hex')}\n`;
  const deadlineMs = performance.now() + PATIENCE_MS;
  while (!tryTake(path, owner)) {
    if (performance.now() > deadlineMs) throw stillHeld(path);
    breakIfStale(path);
    await setTimeout(4 + Math.random() * 16);
  }
  try {
    return work();
  } finally {
    if (readOwner(path) === owner) rmSync(path, { force: true });
  }
}

function tryTake(path: string, owner: string): boolean {
  try {
    writeFileSync(path, owner, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (errorCode(error) !== 'ENOENT') throw fileFailure(error, path);
  }
  try {
    mkdirSync(dirname(path), { recursive: true });
    return false;
  } catch (error) {
    throw fileFailure(error, dirname(path));
  }
}

/** Whoever breaks a lock holds a second one, so that two who saw the same stale lock do not also remove a fresh one. */
function breakIfStale(path: string): void {
  if (!isStale(path)) return;
  const breaker = `${path}.break`;
  if (!tryTake(breaker, `${process.pid}\n`)) {
    if (ageMs(breaker) > STALE_MS) rmSync(breaker, { force: true });
    return;
  }
  try {
    if (isStale(path)) rmSync(path, { force: true });
  } finally {
    rmSync(breaker, { force: true });
  }
}

function isStale(path: string): boolean {
  const [pid = '', space = ''] = (readOwner(path) ?? '').trimEnd().split(' ');
  const isGone = /^[0-9]+$/.test(pid) && space === processSpace() && !isAlive(Number(pid));
  return isGone || ageMs(path) > STALE_MS;
}

/** Where process ids mean the same thing: this host, and on Linux this pid namespace. */
function processSpace(): string {
  return `${encodeURIComponent(hostname())}/${pidNamespace()}`;
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '-';
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

function readOwner(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** By the file system's own clock: on a shared one it is not this machine's. */
function ageMs(path: string): number {
  const modifiedMs = modifiedAt(path);
  if (modifiedMs === undefined) return 0;
  const probe = `${path}.${randomBytes(6).toString('hex')}.now`;
  try {
    writeFileSync(probe, '', { flag: 'wx' });
    return (modifiedAt(probe) ?? modifiedMs) - modifiedMs;
  } catch (error) {
    throw fileFailure(error, probe);
  } finally {
    rmSync(probe, { force: true });
  }
}

function modifiedAt(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

function stillHeld(path: string): CmfError {
  const [pid = 'unknown'] = (readOwner(path) ?? '').split(' ');
  return new CmfError('conflict', {
    message: `the lock ${path} is held by others (now process ${pid}) and did not come free in ${PATIENCE_MS / 1000} s`,
    hint: `if no git cmf is running, remove it: rm ${path}`,
  });
}
