/** Blocks of a longer text: labelled facts, and titled parts set in by two spaces. */
import { visible } from '../../../domain/visible.ts';
import type { Style } from './style.ts';

/** A label and what it says; a fact that says nothing is left out. */
export type Fact = readonly [label: string, text: string, paint?: (text: string) => string];

/** One line a fact, the texts below each other. */
export function factLines(facts: readonly Fact[], style: Style): string {
  const told = facts
    .filter(([, text]) => text !== '')
    .map((fact) => [visible(fact[0]), visible(fact[1]), fact[2]] as const);
  const width = Math.max(0, ...told.map(([label]) => label.length));
  return told
    .map(([label, text, paint = (same: string) => same]) => `${style.faint(label.padEnd(width))}  ${paint(text)}\n`)
    .join('');
}

/** A titled part; nothing when its body is empty. */
export function section(title: string, body: string, style: Style): string {
  if (body === '') return '';
  const lines = body.split('\n').map((line) => (line === '' ? line : `  ${line}`));
  return `\n${style.strong(title)}\n${lines.join('\n')}`;
}

/** The place inside a part: two columns narrower. */
export function inner<Place extends { readonly columns?: number | undefined }>(place: Place): Place {
  return place.columns === undefined ? place : { ...place, columns: Math.max(1, place.columns - 2) };
}
