import { readdirSync } from 'node:fs';
import { type IgnoreRule, isIgnoredItself } from '../../domain/dvc-ignore-rules.ts';
import { compareUtf8 } from '../../domain/utf8-order.ts';
import { readRules } from './dvc-place.ts';
import { errorCode, fileFailure } from './file-failure.ts';

/** `*.dvc` and `dvc.lock` files below a folder. */
export function findDvcFiles(root: string, folder: string): readonly string[] {
  return findFiles(root, folder, (name) => /^(?:.+\.dvc|dvc\.lock)$/s.test(name));
}

/**
 * Finds files below a folder by their names. The data that a pointer stands for, which may be a million files, is not walked
 * through.
 */
export function findFiles(root: string, folder: string, isWanted: (name: string) => boolean): readonly string[] {
  const above = folder === '' ? [] : ['', ...folder.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))];
  const found: string[] = [];
  const waiting = [{ folder, rules: [...new Set(above)].flatMap((one) => readRules(root, one)) }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const entries = readFolder(`${root}/${next.folder}`);
    const names = new Set(entries.map(({ name }) => name));
    const rules = names.has('.dvcignore') ? [...next.rules, ...readRules(root, next.folder)] : next.rules;
    for (const entry of entries) {
      const path = next.folder === '' ? entry.name : `${next.folder}/${entry.name}`;
      if (isHidden(rules, path, entry.isDirectory())) continue;
      if (entry.isFile() && isWanted(entry.name)) found.push(path);
      if (entry.isDirectory() && mayHold(entry.name, names)) waiting.push({ folder: path, rules });
    }
  }
  return found.sort(compareUtf8);
}

function mayHold(name: string, siblings: ReadonlySet<string>): boolean {
  return name !== '.git' && name !== '.dvc' && !siblings.has(`${name}.dvc`);
}

function isHidden(rules: readonly IgnoreRule[], path: string, isFolder: boolean): boolean {
  return rules.length > 0 && isIgnoredItself(rules, path, isFolder);
}

function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    // No folder, or not any more: there is nothing below it.
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw fileFailure(error, path);
  }
}
