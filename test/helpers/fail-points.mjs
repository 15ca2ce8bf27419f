/**
 * Fail points without a line in the product: preloaded with `NODE_OPTIONS=--import=…`, it counts everything by which a
 * process, in any of its threads, changes a disk or starts another process, and kills its own process at one of them.
 *
 *     FAIL_POINTS_COMMAND   JSON list: only a process whose arguments begin like this is counted
 *     FAIL_POINTS_LOG       file that gets one JSON line `{"what","site"}` per point
 *     FAIL_POINTS_AT        the point to die at, counted from 1; none: only count
 *     FAIL_POINTS_WHEN      `before` or `after` the point was done
 */
import childProcess from 'node:child_process';
import fs from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';

const { FAIL_POINTS_COMMAND: command, FAIL_POINTS_LOG: log, FAIL_POINTS_AT: at, FAIL_POINTS_WHEN: when } = process.env;
const DONE_BY_PATH = [
  'rename',
  'link',
  'unlink',
  'rm',
  'rmdir',
  'mkdir',
  'mkdtemp',
  'symlink',
  'copyFile',
  'truncate',
  'chmod',
];
const DONE_BY_CONTENT = ['writeFile', 'appendFile'];
const DONE_BY_HANDLE = ['write', 'writev', 'fsync', 'fdatasync', 'ftruncate', 'fchmod', 'futimes'];
const DONE_BY_FILE_HANDLE = ['write', 'writev', 'writeFile', 'appendFile', 'sync', 'datasync', 'truncate', 'chmod'];
const STARTS = ['spawn', 'spawnSync', 'execFile', 'execFileSync'];
const { kill } = process;
/** What all threads of the process count with: whether one of them is writing a point down, and how many there were. */
const COUNTER = 'git-cmf fail points';
let counter;
let isInside = false;

if (isWanted()) {
  Error.stackTraceLimit = 40;
  for (const name of [...DONE_BY_PATH, ...DONE_BY_CONTENT]) {
    patch(fs, `${name}Sync`, (path) => `${name} ${placeOf(path)}`);
    patch(promises, name, (path) => `${name} ${placeOf(path)}`);
  }
  for (const name of DONE_BY_HANDLE) {
    patch(fs, `${name}Sync`, () => name);
    patch(fs, name, () => name);
  }
  const handle = await promises.open(new URL(import.meta.url));
  for (const name of DONE_BY_FILE_HANDLE) patch(Object.getPrototypeOf(handle), name, () => name);
  await handle.close();
  patch(fs, 'openSync', openOf);
  patch(promises, 'open', openOf);
  for (const name of STARTS)
    patch(childProcess, name, (program, args) => `start ${program} ${subcommand(args)}`.trim());
  syncBuiltinESMExports();
}

/** A thread has other arguments than its process; it counts where the thread that started it does. */
function isWanted() {
  if (command === undefined) return false;
  if (isMainThread && JSON.parse(command).every((word, i) => process.argv[i + 2] === word)) {
    setEnvironmentData(COUNTER, new Int32Array(new SharedArrayBuffer(8)));
  }
  counter = getEnvironmentData(COUNTER);
  return counter !== undefined;
}

/** @param describe names a call; undefined for one that changes nothing */
function patch(module, name, describe) {
  const original = module[name];
  const failPoint = function (...args) {
    const what = isInside ? undefined : describe(...args);
    const isDying = what !== undefined && note(what) === Number(at);
    if (isDying && when === 'before') die();
    const result = alone(() => original.apply(this, args));
    if (!isDying) return result;
    return result instanceof Promise ? result.finally(die) : die();
  };
  // How a function is made to give a promise stands in a property of it.
  module[name] = Object.defineProperties(failPoint, Object.getOwnPropertyDescriptors(original));
}

/** Writes a point down; returns its number. */
function note(what) {
  const line = `${JSON.stringify({ what, site: siteOf(new Error('site')) })}\n`;
  while (Atomics.compareExchange(counter, 0, 0, 1) !== 0) Atomics.wait(counter, 0, 1);
  alone(() => fs.appendFileSync(log, line));
  const count = Atomics.add(counter, 1, 1) + 1;
  Atomics.store(counter, 0, 0);
  Atomics.notify(counter, 0, 1);
  return count;
}

/** Node's own functions call each other through what is patched here. */
function alone(work) {
  const before = isInside;
  isInside = true;
  try {
    return work();
  } finally {
    isInside = before;
  }
}

function die() {
  kill.call(process, process.pid, 'SIGKILL');
  // A signal to oneself may arrive a moment later.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

function openOf(path, flags = 'r') {
  const reads = typeof flags === 'number' ? (flags & 3) === fs.constants.O_RDONLY : /^rs?$/.test(flags);
  return reads ? undefined : `open ${placeOf(path)}`;
}

/** A path without what differs from run to run. */
function placeOf(path) {
  const name = basename(String(path));
  if (/^\.[\w-]{12,}\.(?:cmf\.)?tmp$/.test(name)) return '.*.tmp';
  return name.replace(/^\d+$|^[0-9a-f]{2}$|[0-9a-f]{8,}[0-9a-f.-]*|(?<=^checkout-).*$/g, '*');
}

function subcommand(args) {
  const words = Array.isArray(args) ? args : [];
  for (let i = 0; i < words.length; i++) {
    if (words[i] === '-c') i++;
    else if (!words[i].startsWith('-')) return words[i];
  }
  return '';
}

/** Where in the program a call comes from: its frames, those before an `await` included. */
function siteOf({ stack = '' }) {
  const frames = stack.split('\n').flatMap((line) => /\/dist\/([\w.-]+:\d+:\d+)/.exec(line)?.[1] ?? []);
  return frames.join(' < ');
}
