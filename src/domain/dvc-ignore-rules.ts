import { CmfError } from './errors.ts';
import { compileWildcard, matchesWildcard, matchSequence, type Wildcard } from './wildcard.ts';

/** One pattern of a `.dvcignore`. */
export type IgnoreRule = {
  /** Folder of the file, relative to the repository's root with `/`; empty for the root itself. */
  readonly base: string;
  readonly negated: boolean;
  readonly directoryOnly: boolean;
  /** `a/**`: the folder a and what lies in it, but not a file of that name. */
  readonly contentsOnly: boolean;
  /** Parts of the pattern; `any` stands for `**`. */
  readonly parts: readonly (Wildcard | 'any')[];
};

/**
 * Reads a `.dvcignore` (reference: DVC 3's `dvc/ignore.py`): gitignore patterns, each line stripped on both sides.
 * Rules of deeper folders are to be appended to those of their parents.
 *
 * @param base the file's folder relative to the repository's root, empty for the root
 * @throws CmfError `refused` for a line that ends in a backslash: every command of DVC fails on it
 */
export function parseDvcIgnore(text: string, base: string): IgnoreRule[] {
  const rules: IgnoreRule[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/).entries()) {
    const pattern = line.trim();
    if (pattern === '' || pattern.startsWith('#')) continue;
    if (/(?:^|[^\\])(?:\\\\)*\\$/.test(pattern)) throw endsInBackslash(base, index + 1);
    const rule = parsePattern(pattern, base);
    if (rule !== undefined) rules.push(rule);
  }
  return rules;
}

function parsePattern(pattern: string, base: string): IgnoreRule | undefined {
  const negated = pattern.startsWith('!');
  const body = negated ? pattern.slice(1) : pattern;
  const directoryOnly = body.endsWith('/');
  const names = body.replace(/\/$/, '').split('/');
  if (names[0] === '') names.shift();
  else if (names.length === 1) names.unshift('**');
  const contentsOnly = names.length > 1 && names.at(-1) === '**';
  if (contentsOnly) names.pop();
  const parts: (Wildcard | 'any')[] = [];
  for (const name of names) {
    const part = name === '**' ? 'any' : compileWildcard(name);
    if (part === undefined) return undefined;
    parts.push(part);
  }
  return isNoRule(body) ? undefined : { base, negated, directoryOnly, contentsOnly, parts };
}

/** Patterns that DVC reads and that never match anything in it. */
function isNoRule(body: string): boolean {
  return body === '' || body === '/' || body === '*/' || body === '**/';
}

/**
 * True if a path is hidden from DVC: the last rule that matches it, or a folder above it, decides; once a folder is
 * ignored nothing below it comes back.
 *
 * @param path relative to the repository's root, with `/`
 */
export function isDvcIgnored(rules: readonly IgnoreRule[], path: string, isDirectory: boolean): boolean {
  if (rules.length === 0) return false;
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    if (isIgnoredItself(rules, path.slice(0, slash), true)) return true;
  }
  return isIgnoredItself(rules, path, isDirectory);
}

/** The same for a path whose folders are known not to be ignored, as in a walk. */
export function isIgnoredItself(rules: readonly IgnoreRule[], path: string, isDirectory: boolean): boolean {
  const rule = rules.findLast((candidate) => matchesRule(candidate, path, isDirectory));
  return rule !== undefined && !rule.negated;
}

function matchesRule(rule: IgnoreRule, path: string, isDirectory: boolean): boolean {
  if (rule.directoryOnly && !isDirectory) return false;
  if (rule.base !== '' && !path.startsWith(`${rule.base}/`)) return false;
  const below = rule.base === '' ? path : path.slice(rule.base.length + 1);
  // A pattern also speaks of all that lies below what it matches: that is how a negation brings back a whole folder.
  const names = below.split('/');
  if (rule.contentsOnly && !isDirectory) names.pop();
  return matchSequence(names, [...rule.parts, 'any' as const], (part) => part === 'any', matchesPart);
}

function matchesPart(part: Wildcard | 'any', name: string): boolean {
  return part !== 'any' && matchesWildcard(part, name);
}

function endsInBackslash(base: string, line: number): CmfError {
  const file = base === '' ? '.dvcignore' : `${base}/.dvcignore`;
  return new CmfError('refused', {
    message: `${file}:${line} ends in a backslash, on which every command of DVC fails`,
    hint: `remove the backslash from ${file}`,
  });
}
