/**
 * A disk in memory that forgets what was not made durable, as a real one may when the power goes.
 *
 * - Bytes appended since the last sync of their file survive a crash as a prefix of any length, or not at all.
 * - Creations, renames and removals since the last sync of their directory survive each for itself, in any order.
 *
 * Every operation is counted; `crashAt` makes the machine die at one of them.
 */
import { dirname } from 'node:path';
import { CmfError } from '../../src/domain/errors.ts';
import type { AppendFile, Disk, FileStat } from '../../src/ports/disk.ts';

/** Thrown at the moment of the crash, and by everything after it until `restart`. */
export class PowerCut extends Error {}

type Inode = { readonly number: bigint; bytes: Buffer; durable: Buffer; modifiedMs: number };
type NameOperation = { readonly directory: string; readonly apply: (names: Map<string, Inode>) => void };

export type SimulatedDisk = Disk & {
  /** How many operations there were since the last restart. */
  readonly operations: () => number;
  /** The machine dies at that operation (counted from the restart). */
  readonly crashAt: (operation: number) => void;
  /** True from the crash to the restart. */
  readonly isDown: () => boolean;
  /** Goes on with all that was written: only the process died. */
  readonly revive: () => void;
  /** Another disk with the same files, made durable. `sameInodes` false: each file is a new one, as `cp -r` makes them. */
  readonly copy: (sameInodes: boolean) => SimulatedDisk;
  /** Back to what survived; `choose` decides each case, 0 ≤ choose() < 1. */
  readonly restart: (choose: () => number) => void;
};

type Files = { readonly names: ReadonlyMap<string, Inode>; readonly directories: ReadonlySet<string> };

const NO_FILES: Files = { names: new Map(), directories: new Set() };

export function simulatedDisk(nowMs: () => number, start: Files = NO_FILES): SimulatedDisk {
  let names = new Map(start.names);
  let durableNames = new Map(names);
  let pending: NameOperation[] = [];
  const directories = new Set(start.directories);
  let nextInode = 1n + [...names.values()].reduce((max, { number }) => (number > max ? number : max), 0n);
  let operations = 0;
  let deadline = Number.POSITIVE_INFINITY;

  const step = () => {
    if (operations >= deadline) throw new PowerCut();
    operations++;
  };
  const change = (path: string, apply: NameOperation['apply']) => {
    apply(names);
    pending.push({ directory: dirname(path), apply });
  };
  const createInode = (path: string): Inode => {
    const inode = { number: nextInode++, bytes: Buffer.alloc(0), durable: Buffer.alloc(0), modifiedMs: nowMs() };
    change(path, (map) => void map.set(path, inode));
    return inode;
  };
  const write = (inode: Inode, bytes: string | Uint8Array) => {
    inode.bytes = Buffer.concat([inode.bytes, Buffer.from(bytes as Uint8Array)]);
    inode.modifiedMs = nowMs();
  };
  const sync = (inode: Inode) => {
    inode.durable = inode.bytes;
  };

  const disk: SimulatedDisk = {
    makeDirectory: (path) => {
      step();
      for (let one = path; !directories.has(one) && one !== '/'; one = dirname(one)) directories.add(one);
    },
    list: (path) => {
      const below = [...names.keys(), ...directories].filter((name) => name.startsWith(`${path}/`));
      return [...new Set(below.map((name) => name.slice(path.length + 1).split('/')[0] ?? ''))];
    },
    read: (path) => names.get(path)?.bytes,
    stat: (path): FileStat | undefined => {
      const inode = names.get(path);
      if (directories.has(path)) return { sizeBytes: 0, inode: 0n, bornMs: 0, modifiedMs: 0, isDirectory: true };
      if (inode === undefined) return undefined;
      const { number, bytes, modifiedMs } = inode;
      return { sizeBytes: bytes.length, inode: number, bornMs: 0, modifiedMs, isDirectory: false };
    },
    openAppend: (path, { create }): AppendFile => {
      step();
      const found = names.get(path);
      if (create === (found !== undefined)) throw new CmfError('environment', { message: `${path}: exists or not` });
      if (!directories.has(dirname(path))) throw new CmfError('environment', { message: `${path}: no such directory` });
      const inode = found ?? createInode(path);
      return {
        inode: inode.number,
        append: (bytes) => {
          step();
          write(inode, bytes);
        },
        sync: () => {
          step();
          sync(inode);
        },
        close: () => undefined,
      };
    },
    replace: (path, bytes) => {
      step();
      const temporary = `${path}.tmp`;
      const inode = createInode(temporary);
      write(inode, bytes);
      step();
      sync(inode);
      disk.rename(temporary, path);
      disk.syncDirectory(dirname(path));
    },
    writeHint: (path, bytes) => {
      step();
      const temporary = `${path}.tmp`;
      write(createInode(temporary), bytes);
      disk.rename(temporary, path);
    },
    createExclusive: (path, bytes, { durable = true } = {}) => {
      step();
      if (names.has(path)) return false;
      const inode = createInode(path);
      write(inode, bytes);
      if (!durable) return true;
      sync(inode);
      disk.syncDirectory(dirname(path));
      return true;
    },
    rename: (from, to) => {
      step();
      const inode = names.get(from);
      if (inode === undefined) return false;
      change(to, (map) => {
        map.delete(from);
        map.set(to, inode);
      });
      return true;
    },
    link: (from, to) => {
      step();
      const inode = names.get(from);
      if (inode !== undefined) change(to, (map) => void map.set(to, inode));
      return inode !== undefined;
    },
    remove: (path) => {
      step();
      if (names.has(path)) change(path, (map) => void map.delete(path));
    },
    syncDirectory: (path) => {
      step();
      for (const { directory, apply } of pending) if (directory === path) apply(durableNames);
      pending = pending.filter(({ directory }) => directory !== path);
    },
    operations: () => operations,
    crashAt: (operation) => {
      deadline = operation;
    },
    isDown: () => operations >= deadline,
    revive: () => {
      operations = 0;
      deadline = Number.POSITIVE_INFINITY;
    },
    copy: (sameInodes) => {
      const copied = new Map<string, Inode>();
      for (const [path, { number, bytes, modifiedMs }] of names) {
        copied.set(path, { number: sameInodes ? number : number + nextInode, bytes, durable: bytes, modifiedMs });
      }
      return simulatedDisk(nowMs, { names: copied, directories });
    },
    restart: (choose) => {
      const survivors = pending.filter(() => choose() < 0.5).map((operation) => ({ operation, order: choose() }));
      for (const { operation } of survivors.sort((a, b) => a.order - b.order)) operation.apply(durableNames);
      pending = [];
      for (const inode of new Set([...names.values(), ...durableNames.values()])) {
        const kept = inode.durable.length + Math.floor(choose() * (inode.bytes.length - inode.durable.length + 1));
        inode.bytes = inode.bytes.subarray(0, choose() < 0.5 ? inode.durable.length : kept);
        inode.durable = inode.bytes;
      }
      names = new Map(durableNames);
      durableNames = new Map(names);
      operations = 0;
      deadline = Number.POSITIVE_INFINITY;
    },
  };
  return disk;
}
