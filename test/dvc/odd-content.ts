/** Files and folders of every kind that DVC takes, to be laid out in several repositories alike. */
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { dvcVectors, layVector } from '../helpers/dvc-vectors.ts';

const FILES: Readonly<Record<string, string>> = {
  'plain.txt': 'plain\n',
  'empty.bin': '',
  'crlf.txt': 'a\r\nb\r\n',
  'mixed.txt': 'a\r\nb\nc\r',
  'run.sh': '#!/bin/sh\n',
  'caf\u00e9.txt': 'composed',
  'cafe\u0301.txt': 'decomposed',
  '日本語🎉.bin': 'beyond the first plane',
  '\u202eright to left': 'a mark',
  "it's.txt": 'an apostrophe',
  '"quoted".txt': 'quotes',
  'it\'s "both": #1.txt': 'all of them',
  'two  words .txt': 'spaces',
  ' leading': 'a space first',
  '-dash.txt': 'a dash',
  '--option': 'two dashes',
  '#hash [1] !x*?.txt': 'signs of .gitignore',
  '!bang': 'another',
  '%s ${x} `y` $(z).txt': 'signs of templates',
  'a: b': 'a sign of YAML',
  '012': 'a number',
  '1_000': 'a number',
  '2024-01-01': 'a date',
  '1e5': 'a number',
  '.5': 'a number',
  'back\\slash': 'a backslash',
  null: 'a word',
  yes: 'a word',
  '~': 'a sign',
  '.hidden': 'hidden',
  'tab\there': 'a tab',
  'bell\u0007': 'a control character',
  'nested/top': '2',
  'nested/a/b/c/deep': '1',
  'nested/a/ü "q" \'x\'': '3',
  'nested/a/line\nbreak': '4',
  'nested/a\\b': 'a backslash',
  'nested/-x': '5',
  'nested/run': '#!/bin/sh\n',
  'nested/.hidden': '6',
  'nested/.gitignore': '*\n',
  'nested/same': '2',
  'nested/crlf': 'x\r\ny\r\n',
  // Sorted as whole paths, not folder by folder.
  'nested/a-b': '7',
  'nested/a.b': '8',
  'ignoring/kept.txt': 'kept',
  'ignoring/dropped.log': 'dropped',
  'ignoring/keep.log': 'kept after all',
  'ignoring/cache/x': 'dropped',
  'ignoring/sub/cache/y': 'dropped',
  'ignoring/sub/z': 'kept',
  'with space/in it/x': '9',
};

/** Names whose line in `.gitignore` does not work when DVC writes it: a data file of theirs shows up in `git status`. */
export const BADLY_IGNORED: Readonly<Record<string, string>> = {
  'trailing ': 'a space last',
  'line\nbreak': 'a line break',
};

/** Lays everything out below a folder: `stuff` with the names above, `odd` with the last two. */
export function layContent(root: string): void {
  const stuff = join(root, 'stuff');
  for (const [path, text] of Object.entries(FILES)) writeBelow(stuff, path, text);
  for (const [path, text] of Object.entries(BADLY_IGNORED)) writeBelow(join(root, 'odd'), path, text);
  for (const name of ['run.sh', 'nested/run']) chmodSync(join(stuff, name), 0o755);
  for (const name of ['emptydir', 'nested/void/void']) mkdirSync(join(stuff, name), { recursive: true });
  writeBelow(root, 'stuff/.dvcignore', '# a comment\n*.log\n!keep.log\ncache/\n');
  // A file elsewhere in the repository, one in the same folder, and a folder, of which DVC takes no notice.
  writeBelow(root, 'elsewhere/target', 'behind a link');
  symlinkSync('../../elsewhere/target', join(stuff, 'nested/linked'));
  symlinkSync('top', join(stuff, 'nested/linked-too'));
  symlinkSync('a', join(stuff, 'nested/linked-folder'));
  symlinkSync('../elsewhere/target', join(stuff, 'link.txt'));
  linkSync(join(stuff, 'plain.txt'), join(stuff, 'plain-too.txt'));
}

/** What there is to add in `stuff`. */
export function namesToAdd(): string[] {
  const names = [...Object.keys(FILES), 'emptydir', 'link.txt', 'plain-too.txt'];
  return [...new Set(names.map((path) => path.split('/')[0] ?? ''))];
}

/** Lays out the golden vectors, each in a folder of its own; returns the paths to add. */
export function layVectors(root: string): string[] {
  return dvcVectors().map((vector) => {
    const folder = join(root, 'vectors', vector.id);
    mkdirSync(folder, { recursive: true });
    layVector(vector, folder);
    return join('vectors', vector.id, vector.name);
  });
}

export function writeBelow(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}
