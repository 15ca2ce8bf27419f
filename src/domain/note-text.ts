/**
 * What a git note says under a commit: the executions that ran on it, or on a commit that it replaced. Read with `git log --notes=cmf`. Derived from the
 * view alone, so every clone and server with the same entries makes the same notes.
 *
 *     git-cmf executions (format 1)
 *
 *     demo/train 0190f3a2-7c1b-7abc succeeded
 *       param  lr=0.1 seed=7
 *       metric auc=0.91
 *       input  data/x.csv blake3:0f343b0931
 *       output model.pkl blake3:b1946ac924
 *
 * Executions are sorted by pipeline, stage, start and id. Lines, lists and the number of executions are bounded; where
 * something was left out it says how much. Control characters are escaped.
 */
import { type CodeRewrites, followRewrites } from './code-rewrites.ts';
import type { Digest } from './digest.ts';
import type { Said } from './entry.ts';
import { codeOf, fieldsWith, lastValue } from './execution-facts.ts';
import type { ExecutionView } from './execution-view.ts';
import type { ExecutionId } from './ids.ts';
import type { Direction, StoredPath } from './operation.ts';
import { displayValue, type StoredValue } from './value.ts';
import type { View } from './view.ts';
import { visible } from './visible.ts';

/** First line of every note that git cmf writes; what begins otherwise is somebody else's. */
export const NOTE_MARKER = 'git-cmf executions (format 1)';

const EXECUTIONS_MAX = 200;
const ITEMS_MAX = 20;
/** In characters. */
const LINE_LENGTH_MAX = 200;
const NAME_LENGTH_MAX = 60;
const VALUE_LENGTH_MAX = 40;

/** The text of each commit's note. Commits are named as they were recorded, `<object format>:<hex>`. */
export function noteTexts(view: View): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [commit, executions] of executionsByCommit(view)) texts.set(commit, noteText(executions));
  return texts;
}

/**
 * Every commit that some note may be made for, whatever else is known: those that attempts say they ran on, and those that
 * replaced others. So `noteTexts` has no other keys, and where none of these is in a repository, it needs no view.
 */
export function namedCommits(entries: Iterable<Said>): ReadonlySet<string> {
  const named = new Set<string>();
  for (const { operation } of entries) {
    if (operation.kind === 'attempt.start') {
      const { commit } = codeOf(operation);
      if (commit !== undefined) named.add(commit);
    } else if (operation.kind === 'code.rewritten') {
      for (const to of Object.values(operation.commits)) named.add(to);
    }
  }
  return named;
}

function executionsByCommit(view: View): ReadonlyMap<string, readonly ExecutionView[]> {
  const found = new Map<string, ExecutionView[]>();
  const follow = followed(view.rewrites);
  for (const execution of view.executions.values()) {
    const ranOn = execution.attempts.flatMap((attempt) => codeOf(attempt).commit ?? []);
    for (const commit of new Set(ranOn.flatMap((one) => [...follow(one)]))) {
      const known = found.get(commit);
      if (known === undefined) found.set(commit, [execution]);
      else known.push(execution);
    }
  }
  return found;
}

/** Many executions ran on one commit: each commit is followed once. */
function followed(rewrites: CodeRewrites): (commit: string) => ReadonlySet<string> {
  const known = new Map<string, ReadonlySet<string>>();
  return (commit) => {
    const reached = known.get(commit) ?? followRewrites(rewrites, commit);
    known.set(commit, reached);
    return reached;
  };
}

function noteText(executions: readonly ExecutionView[]): string {
  const sorted = [...executions].sort(compareExecutions);
  const paragraphs = sorted.slice(0, EXECUTIONS_MAX).map(describe);
  const rest = sorted.length - paragraphs.length;
  if (rest > 0) paragraphs.push([`… and ${rest} more`]);
  const lines = paragraphs.flatMap((paragraph) => ['', ...paragraph.map((line) => cut(line, LINE_LENGTH_MAX))]);
  return `${[NOTE_MARKER, ...lines].join('\n')}\n`;
}

function compareExecutions(a: ExecutionView, b: ExecutionView): number {
  const left = [stageName(a), a.firstHlc, a.id] as const;
  const right = [stageName(b), b.firstHlc, b.id] as const;
  const place = left.findIndex((part, i) => part !== right[i]);
  return place < 0 ? 0 : (left[place] as string) < (right[place] as string) ? -1 : 1;
}

function stageName({ identity }: ExecutionView): string {
  const { pipeline = '?', stage = '?' } = identity[0]?.value ?? {};
  return `${cut(visible(pipeline), NAME_LENGTH_MAX)}/${cut(visible(stage), NAME_LENGTH_MAX)}`;
}

function describe(execution: ExecutionView): string[] {
  const params = [...fieldsWith(execution.fields, 'param')].map(([name, field]) => [name, field[0]?.value] as const);
  const metrics = [...execution.metrics.keys()].map((name) => [name, lastValue(execution, name)] as const);
  return [
    `${stageName(execution)} ${shortId(execution.id)} ${execution.status}`,
    ...pairsLine('param ', params),
    ...pairsLine('metric', metrics),
    ...useLines(execution, 'input'),
    ...useLines(execution, 'output'),
  ];
}

function pairsLine(word: string, pairs: readonly (readonly [string, StoredValue | undefined])[]): string[] {
  if (pairs.length === 0) return [];
  const shown = pairs.slice(0, ITEMS_MAX).map(([name, value]) => {
    const text = value === undefined ? '' : cut(visible(displayValue(value)), VALUE_LENGTH_MAX);
    return `${cut(visible(name), NAME_LENGTH_MAX)}=${text}`;
  });
  const rest = pairs.length - shown.length;
  return [`  ${word} ${shown.join(' ')}${rest > 0 ? ` … and ${rest} more` : ''}`];
}

function useLines(execution: ExecutionView, direction: Direction): string[] {
  const uses = execution.uses.filter(({ operation }) => operation.direction === direction);
  const lines = uses
    .slice(0, ITEMS_MAX)
    .map(({ operation }) => `  ${direction.padEnd(6)} ${shownPath(operation.path)} ${shortDigest(operation.digests)}`);
  const rest = uses.length - lines.length;
  return rest > 0 ? [...lines, `  ${direction.padEnd(6)} … and ${rest} more`] : lines;
}

function shownPath(path: StoredPath): string {
  return cut(visible(displayValue(path)), LINE_LENGTH_MAX / 2);
}

/** The first digest as recorded, its value cut to 12 characters. */
function shortDigest([digest]: readonly Digest[]): string {
  return digest === undefined ? '' : `${digest.kind}:${visible(digest.value).slice(0, 12)}`;
}

/** For an UUIDv7 its time and first random bits: the same whatever else is recorded, and unique but for rare cases. */
function shortId(id: ExecutionId): string {
  return id.slice(0, 18);
}

/** At most so many characters, the last one `…` where something is missing. */
function cut(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const characters = Array.from(text);
  return characters.length <= lengthMax ? text : `${characters.slice(0, lengthMax - 1).join('')}…`;
}
