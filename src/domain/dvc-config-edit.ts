/**
 * Changes one part of a DVC configuration and leaves every other byte alone. What is new is spelled as DVC spells it.
 */
import { isSectionOf, type SectionName, sectionTitle } from './dvc-config.ts';
import { type ConfigSection, parseConfigText, type Span } from './dvc-config-text.ts';
import { quoteConfigName, quoteConfigValue } from './dvc-config-value.ts';
import { CmfError } from './errors.ts';

/** One change. */
export type ConfigEdit =
  | { readonly kind: 'set'; readonly section: SectionName; readonly key: string; readonly value: string }
  | { readonly kind: 'unset'; readonly section: SectionName; readonly key: string }
  | { readonly kind: 'drop'; readonly section: SectionName };

/** What DVC puts before a key. */
const INDENT = '    ';

/**
 * The text with all changes made, one after the other.
 * @param text undefined: there is no such file yet
 * @throws CmfError `damaged` where DVC could not read the text; `refused` for a value that it has no spelling for
 */
export function editConfig(text: string | undefined, edits: readonly ConfigEdit[], path: string): string {
  return edits.reduce((sofar, edit) => apply(sofar, edit, path), text ?? '');
}

function apply(text: string, edit: ConfigEdit, path: string): string {
  const sections = parseConfigText(text, path).filter((one) => isSectionOf(one, edit.section));
  switch (edit.kind) {
    case 'set':
      return set(text, sections.at(-1), edit);
    case 'unset':
      return sections.reduceRight((sofar, section) => unset(sofar, section, edit.key), text);
    case 'drop':
      return sections.reduceRight((sofar, { lines }) => without(sofar, lines), text);
  }
}

type SetEdit = Extract<ConfigEdit, { kind: 'set' }>;

/** The last section of that name and its last such key count: so does DVC read what is there twice in other cases. */
function set(text: string, section: ConfigSection | undefined, edit: SetEdit): string {
  const value = spell(edit);
  if (section === undefined) return append(text, edit, value);
  const present = section.entries.findLast(({ key }) => key.toLowerCase() === edit.key);
  if (present !== undefined) return replaced(text, present.valueSpan, value);
  const last = section.entries.at(-1);
  const [, at] = last?.lines ?? section.header;
  const line = `${last?.indent ?? `${section.indent}${INDENT}`}${edit.key} = ${value}`;
  const newline = newlineOf(text);
  const head = text.slice(0, at);
  return `${endsLine(head) ? head : `${head}${newline}`}${line}${newline}${text.slice(at)}`;
}

function append(text: string, { section, key }: SetEdit, value: string): string {
  const title = quoteConfigName(sectionTitle(section));
  if (title === undefined) {
    throw new CmfError('refused', { message: `DVC has no spelling for the name ${sectionTitle(section)}` });
  }
  const newline = newlineOf(text);
  const head = text === '' || endsLine(text) ? text : `${text}${newline}`;
  return `${head}[${title}]${newline}${INDENT}${key} = ${value}${newline}`;
}

/** A section that is left with nothing goes, too; one with a comment stays. */
function unset(text: string, section: ConfigSection, key: string): string {
  const gone = section.entries.filter((entry) => entry.key.toLowerCase() === key);
  const isEmpty = gone.length === section.entries.length && section.lines[1] === (gone.at(-1)?.lines[1] ?? -1);
  const isBare = isEmpty && gone.length === 1 && gone[0]?.lines[0] === section.header[1];
  if (isBare) return without(text, section.lines);
  return gone.reduceRight((sofar, { lines }) => without(sofar, lines), text);
}

/** @throws CmfError `refused` */
function spell({ key, value }: SetEdit): string {
  const quoted = /[\x00-\x1f\x7f\x85\u2028\u2029]/.test(value) ? undefined : quoteConfigValue(value);
  const isInterpolated = /%\([^)]*\)s/.test(value);
  if (quoted !== undefined && !isInterpolated) return quoted;
  throw new CmfError('refused', {
    message: `DVC's configuration has no spelling for this value of ${key}: ${
      isInterpolated
        ? 'it would take %(…)s for the name of another key'
        : 'it has control characters or all kinds of quotes'
    }`,
  });
}

function replaced(text: string, [start, end]: Span, by: string): string {
  const before = text.slice(0, start);
  return `${before}${before.endsWith('=') ? ' ' : ''}${by}${text.slice(end)}`;
}

function without(text: string, [start, end]: Span): string {
  return text.slice(0, start) + text.slice(end);
}

function endsLine(text: string): boolean {
  return /[\r\n]$/.test(text);
}

function newlineOf(text: string): string {
  return /\r\n|\r|\n/.exec(text)?.[0] ?? '\n';
}
