import { posix } from 'node:path';
import { blank } from './blank.ts';

/** One import, re-export, dynamic import, type query or worker URL of a file. */
export type ImportLine = {
  readonly line: number;
  readonly specifier: string;
  /** Path from the root for a relative specifier, else undefined. */
  readonly target: string | undefined;
  readonly kind: 'static' | 'type' | 'dynamic' | 'url';
  readonly isReExport: boolean;
};

/** A file of the project as the rules see it; `path` is relative to the root, with slashes. */
export type SourceFile = {
  readonly path: string;
  readonly text: string;
  readonly withStrings: string;
  readonly codeOnly: string;
  readonly imports: readonly ImportLine[];
};

/** One broken rule: where, what, and what to do instead. */
export type Finding = { readonly path: string; readonly line: number; readonly message: string };

const STATIC = /(?<![\w.$])(import|export)\b(\s+type\b)?\s*(?:[\w*\s{},$]*?\bfrom\s*)?(['"])([^'"\n]+)\3/g;
const DYNAMIC = /(\btypeof\s+)?(?<![\w.$])import\s*\(\s*(['"`])([^'"`\n]+)\2/g;
const WORKER_URL = /(['"])(\.{1,2}\/[^'"\n]*-worker\.[jt]s)\1/g;

/** Reads one file into the form that the rules work on. */
export function toSourceFile(path: string, text: string): SourceFile {
  const { withStrings, codeOnly } = blank(text);
  return { path, text, withStrings, codeOnly, imports: readImports(path, withStrings) };
}

/** The line of an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** One finding per match of a global pattern. */
export function findAll(path: string, text: string, pattern: RegExp, message: string): Finding[] {
  return [...text.matchAll(pattern)].map((match) => ({ path, line: lineAt(text, match.index), message }));
}

function readImports(path: string, code: string): readonly ImportLine[] {
  const found: ImportLine[] = [];
  const add = (offset: number, specifier: string, kind: ImportLine['kind'], isReExport = false): void => {
    found.push({ line: lineAt(code, offset), specifier, target: resolve(path, specifier), kind, isReExport });
  };
  for (const match of code.matchAll(STATIC)) {
    add(match.index, match[4] ?? '', match[2] === undefined ? 'static' : 'type', match[1] === 'export');
  }
  for (const match of code.matchAll(DYNAMIC))
    add(match.index, match[3] ?? '', isTypeQuery(code, match) ? 'type' : 'dynamic');
  for (const match of code.matchAll(WORKER_URL)) add(match.index, match[2] ?? '', 'url');
  return found;
}

/** `import('./x.ts').Name` in a type position loads nothing. */
function isTypeQuery(code: string, match: RegExpMatchArray): boolean {
  const before = code.slice(Math.max(0, (match.index ?? 0) - 30), match.index);
  return match[1] !== undefined || /(?:\btype\s+[\w<>]+\s*=|:)\s*$/.test(before);
}

function resolve(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  // A worker is named by its built name; its source stands beside.
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
}
