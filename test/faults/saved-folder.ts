import {
  chmodSync,
  linkSync,
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
import { makeTempDirectory } from '../helpers/sealed-git.ts';

type SavedFile = {
  readonly kind: 'file';
  readonly bytes: Buffer;
  readonly mode: number;
  readonly inode: number;
  /** Another name of the same file, which keeps its inode when the first goes. */
  readonly link: string;
};
type Saved = SavedFile | { readonly kind: 'folder' } | { readonly kind: 'link'; readonly target: string };

/** A folder as it was at one moment, to go back to. */
export type SavedFolder = {
  /** Puts everything back. Every file gets the inode that it had, which tells a clone from its copy. */
  readonly restore: () => void;
};

/** Remembers a folder with all that lies in it. Nothing may write to it meanwhile. */
export function saveFolder(folder: string): SavedFolder {
  const links = makeTempDirectory('links');
  const saved = new Map(listFolder(folder).map((name, i) => [name, save(join(folder, name), join(links, String(i)))]));
  return { restore: () => restore(folder, saved) };
}

/** Folders come before what lies in them. */
function listFolder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

function save(path: string, link: string): Saved {
  const kind = kindOf(path);
  if (kind === 'folder') return { kind };
  if (kind === 'link') return { kind, target: readlinkSync(path) };
  linkSync(path, link);
  const { ino: inode, mode } = lstatSync(path);
  return { kind, bytes: readFileSync(path), mode: mode & 0o7777, inode, link };
}

function kindOf(path: string): Saved['kind'] {
  const stat = lstatSync(path);
  if (stat.isDirectory()) return 'folder';
  return stat.isSymbolicLink() ? 'link' : 'file';
}

function restore(folder: string, saved: ReadonlyMap<string, Saved>): void {
  for (const name of listFolder(folder).reverse()) {
    const path = join(folder, name);
    if (saved.get(name)?.kind !== kindOf(path)) rmSync(path, { recursive: true, force: true });
  }
  for (const [name, one] of saved) put(join(folder, name), one);
}

function put(path: string, saved: Saved): void {
  if (saved.kind === 'folder') mkdirSync(path, { recursive: true });
  if (saved.kind === 'file') putFile(path, saved);
  if (saved.kind === 'link') {
    rmSync(path, { force: true });
    symlinkSync(saved.target, path);
  }
}

function putFile(path: string, { bytes, mode, inode, link }: SavedFile): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.ino !== inode) {
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    linkSync(link, path);
  }
  const stat = lstatSync(path);
  if (stat.size !== bytes.length || !readFileSync(path).equals(bytes)) {
    // git makes its objects read-only.
    chmodSync(path, 0o600);
    writeFileSync(path, bytes);
  }
  chmodSync(path, mode);
}
