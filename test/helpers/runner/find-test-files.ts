import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** A word on the runner's command line that selects nothing. */
export class NoTestFile extends Error {}

/**
 * Turns the runner's words into test files, relative to the root and sorted.
 *
 * A word is a file (any name, so fixtures can be run too), a folder, or a part of a path; no word means all. A word
 * that selects nothing is an error, never an empty success.
 */
export function findTestFiles(root: string, words: readonly string[]): readonly string[] {
  const all = listTestFiles(join(root, 'test')).map((path) => relative(root, path));
  if (words.length === 0) return all;
  const chosen = new Set(words.flatMap((word) => selectByWord(root, all, word)));
  return [...chosen].sort();
}

function selectByWord(root: string, all: readonly string[], word: string): readonly string[] {
  const path = relative(root, join(root, word));
  if (existsSync(join(root, word)) && statSync(join(root, word)).isFile()) return [path];
  const found = all.filter((file) => file.includes(path));
  if (found.length === 0) throw new NoTestFile(`no test file matches "${word}": test files are test/**/*.test.ts`);
  return found;
}

function listTestFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(folder, name))
    .sort();
}
