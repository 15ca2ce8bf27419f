/**
 * Which commits replaced which: `git commit --amend` and `git rebase` give a commit a new id, and what ran on the old one
 * is looked for under the new one. What was recorded of an execution never changes; only notes follow.
 *
 * Commits are named `<object format>:<hex>`. One may be replaced by several (rebased onto two branches), and several by one
 * (a squash); the records of two sites may even form a circle.
 */
import type { EntryDraft } from './entry.ts';
import { isCommitId } from './ids.ts';

/** By the replaced commit: what replaced it, sorted. */
export type CodeRewrites = ReadonlyMap<string, readonly string[]>;

/** Pairs in one entry: its line stays below the limit also with the longer ids of SHA-256. */
const PAIRS_MAX = 300;
/** Commits that one commit is followed to, nearest first. */
const FOLLOWED_MAX = 10_000;

/**
 * A commit and all that replaced it, directly or by way of others, nearest first. At most FOLLOWED_MAX, so that no journal
 * can make this endless work.
 */
export function followRewrites(rewrites: CodeRewrites, commit: string): ReadonlySet<string> {
  const reached = new Set([commit]);
  for (const one of reached) {
    for (const next of rewrites.get(one) ?? []) {
      if (reached.size >= FOLLOWED_MAX) return reached;
      reached.add(next);
    }
  }
  return reached;
}

/**
 * What git tells a post-rewrite hook, `<old id> <new id>` on each line, as records. Other lines, and commits that replace
 * themselves, say nothing.
 */
export function prepareRewrites(text: string): EntryDraft[] {
  const pairs = text.split('\n').flatMap((line): [string, string][] => {
    const [from, to] = line.split(' ', 2).map((hex) => `${hex.length === 64 ? 'sha256' : 'sha1'}:${hex}`);
    return isCommitId(from) && isCommitId(to) && from !== to ? [[from, to]] : [];
  });
  const drafts: EntryDraft[] = [];
  for (let start = 0; start < pairs.length; start += PAIRS_MAX) {
    const commits = Object.fromEntries(pairs.slice(start, start + PAIRS_MAX));
    drafts.push({ bucket: '_', operation: { kind: 'code.rewritten', commits } });
  }
  return drafts;
}
