import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

type Saved =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: 'folder' }
  | { readonly kind: 'link'; readonly target: string };

/** A folder as it was at one moment, to go back to. */
export type SavedFolder = {
  /** Puts everything back. What is as it was is not touched: a file keeps its inode, which tells a clone from its copy. */
  readonly restore: () => void;
};

/** Remembers a folder with all that lies in it. Nothing may write to it meanwhile. */
export function saveFolder(folder: string): SavedFolder {
  const saved = new Map(listFolder(folder).map((name) => [name, look(join(folder, name))]));
  return { restore: () => restore(folder, saved) };
}

/** Folders come before what lies in them. */
function listFolder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

function look(path: string): Saved {
  const stat = lstatSync(path);
  if (stat.isDirectory()) return { kind: 'folder' };
  if (stat.isSymbolicLink()) return { kind: 'link', target: readlinkSync(path) };
  return { kind: 'file', bytes: readFileSync(path), mode: stat.mode & 0o7777 };
}

function restore(folder: string, saved: ReadonlyMap<string, Saved>): void {
  for (const name of listFolder(folder).reverse()) {
    const path = join(folder, name);
    if (saved.get(name)?.kind !== look(path).kind) rmSync(path, { recursive: true, force: true });
  }
  const present = new Set(listFolder(folder));
  for (const [name, one] of saved) {
    const path = join(folder, name);
    if (!present.has(name) || !isAsBefore(path, one)) put(path, one);
  }
}

function isAsBefore(path: string, saved: Saved): boolean {
  if (saved.kind === 'folder') return true;
  if (saved.kind === 'link') return readlinkSync(path) === saved.target;
  const stat = lstatSync(path);
  if (stat.size !== saved.bytes.length || (stat.mode & 0o7777) !== saved.mode) return false;
  return readFileSync(path).equals(saved.bytes);
}

function put(path: string, saved: Saved): void {
  mkdirSync(dirname(path), { recursive: true });
  if (saved.kind === 'folder') mkdirSync(path, { recursive: true });
  else if (saved.kind === 'link') {
    rmSync(path, { force: true });
    symlinkSync(saved.target, path);
  } else {
    chmodIfThere(path);
    writeFileSync(path, saved.bytes);
    chmodSync(path, saved.mode);
  }
}

/** git makes its objects read-only. */
function chmodIfThere(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) chmodSync(path, 0o600);
}
