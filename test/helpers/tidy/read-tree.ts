import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SourceFile, toSourceFile } from './source-file.ts';

const FOLDERS = ['src', 'test', 'bench', '.ci', 'bin', 'hooks', 'docs', 'examples'];
const TEXT_FILE = /\.(?:ts|js|sh|md|json|py|yaml|yml|1)$|^(?:bin|hooks|\.ci)\/[^.]+$/;
/** Fixtures break the rules on purpose; golden files are data. */
const LEFT_OUT = /(?:^|\/)node_modules\/|^test\/(?:fixtures|golden)\//;

/** Reads every text file that the project's rules speak of. */
export function readTree(root: string): readonly SourceFile[] {
  return [...listFolder(root, '', false), ...FOLDERS.flatMap((folder) => listFolder(root, folder, true))]
    .filter((path) => !LEFT_OUT.test(path) && (TEXT_FILE.test(path) || /^[^/]+\.md$/.test(path)))
    .sort()
    .map((path) => toSourceFile(path, readFileSync(join(root, path), 'utf8')));
}

function listFolder(root: string, folder: string, isDeep: boolean): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return isDeep && entry.name !== 'node_modules' ? listFolder(root, path, true) : [];
    return entry.isFile() ? [path] : [];
  });
}
