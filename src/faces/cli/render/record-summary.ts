import type { Entry } from '../../../domain/entry.ts';
import type { AttemptFacts, Operation } from '../../../domain/operation.ts';
import { displayValue, type StoredValue } from '../../../domain/value.ts';
import { commitText, pathText, shortDigest } from './field-text.ts';

const ID_LENGTH = 8;
const PAIRS_SHOWN = 3;

/** What a record says, in a few words: the kind, and the rest. May hold any character; the caller makes it visible. */
export function summaryOf({ operation }: Pick<Entry, 'operation'>): readonly [kind: string, text: string] {
  switch (operation.kind) {
    case 'execution':
      return ['execution', `${operation.pipeline}/${operation.stage}`];
    case 'attempt.start':
      return ['start', codeText(operation.facts)];
    case 'attempt.end':
      return ['end', endText(operation)];
    case 'set':
      return ['set', pairs(Object.entries(operation.values))];
    case 'metric':
      return ['metric', metricText(operation)];
    case 'use':
      return [
        operation.direction,
        `${pathText(operation.path)}  ${operation.digests.slice(0, 1).map(shortDigest).join('')}`,
      ];
    case 'tag.add':
      return ['tag', operation.tags.join(' ')];
    case 'tag.remove':
      return ['untag', Object.keys(operation.tags).join(' ')];
    case 'code.rewritten':
      return ['rewritten', rewrittenText(operation.commits)];
    case 'retract':
      return ['retract', operation.ids.map((id) => id.slice(0, ID_LENGTH)).join(' ')];
    case 'unknown':
      return [operation.name, '(not known to this version)'];
  }
}

function endText({ status, inferred, exitCode }: Operation & { kind: 'attempt.end' }): string {
  const code = exitCode === undefined ? '' : `, exit status ${exitCode}`;
  return `${status}${inferred ? ', inferred' : ''}${code}`;
}

function rewrittenText(commits: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(commits).map(([from, to]) => `${commitText(from, false)} → ${commitText(to, false)}`);
  const rest = pairs.length - PAIRS_SHOWN;
  return rest > 0 ? `${pairs.slice(0, PAIRS_SHOWN).join(' ')} and ${rest} more` : pairs.join(' ');
}

function codeText({ code }: AttemptFacts): string {
  const { commit, dirty, branch } = code ?? {};
  const text = commitText(typeof commit === 'string' ? commit : undefined, dirty);
  return typeof branch === 'string' ? `${text} (${branch})`.trimStart() : text;
}

function metricText({ series, rank }: Operation & { kind: 'metric' }): string {
  const texts = Object.entries(series).map(([name, { steps, values }]) => {
    const last = values.length - 1;
    const step = steps[last] ?? null;
    const more = values.length > 1 ? ` (${values.length} values)` : '';
    return `${name}=${displayValue(values[last] ?? null)}${step === null ? '' : `@${step}`}${more}`;
  });
  return `${texts.join(' ')}${rank === 0 ? '' : ` rank ${rank}`}`;
}

function pairs(values: readonly (readonly [string, StoredValue])[]): string {
  return values.map(([name, value]) => `${name}=${displayValue(value)}`).join(' ');
}
