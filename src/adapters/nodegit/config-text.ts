import { CmfError } from '../../domain/errors.ts';

/** One variable. The key as git shows it: section and name in lower case, a subsection as it was written. */
export type Setting = { readonly key: string; readonly value: string };

const HEADER = /^\s*\[([\w.-]+)(?:[ \t]+"((?:[^"\\\n]|\\.)*)")?\]/;
const NAME = /^\s*([A-Za-z][A-Za-z0-9-]*)[ \t]*/;
/** Pieces in quotes, escapes (also of the end of a line), and the rest; then a comment. */
const VALUE = /^=[ \t]*((?:"(?:[^"\\\n]|\\[ntb"\\\n])*"|\\[ntb"\\\n]|[^"\\\n#;])*)(?:[#;][^\n]*)?(?=\n|$)/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', '"': '"', '\\': '\\' };

/**
 * Reads the text of one configuration file (git-config(1), "Syntax"), without following its includes. A variable without
 * a value is `true`. Throws `environment`, as git refuses such a file as a whole.
 */
export function parseConfig(text: string, file: string): Setting[] {
  const settings: Setting[] = [];
  const whole = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  let section: string | undefined;
  for (let rest = skipBlank(whole); rest !== ''; rest = skipBlank(rest)) {
    const header = HEADER.exec(rest);
    if (header !== null) {
      section = sectionOf(header);
      rest = rest.slice(header[0].length);
      continue;
    }
    const name = NAME.exec(rest);
    if (name === null || section === undefined) throw badLine(whole, rest, file);
    const { value, length } = readValue(rest.slice(name[0].length)) ?? { value: undefined, length: 0 };
    if (value === undefined) throw badLine(whole, rest, file);
    settings.push({ key: `${section}.${name[1]?.toLowerCase()}`, value });
    rest = rest.slice(name[0].length + length);
  }
  return settings;
}

function skipBlank(text: string): string {
  return text.replace(/^(?:\s|[#;][^\n]*)+/, '');
}

function sectionOf([, name = '', subsection]: RegExpExecArray): string {
  if (subsection === undefined) return name.toLowerCase();
  return `${name.toLowerCase()}.${subsection.replace(/\\(.)/g, '$1')}`;
}

/** The value up to the end of its line, and how long its text is; undefined if it is malformed. */
function readValue(text: string): { readonly value: string; readonly length: number } | undefined {
  if (!text.startsWith('=')) return /^(?:[#;\n]|$)/.test(text) ? { value: 'true', length: 0 } : undefined;
  const match = VALUE.exec(text);
  if (match === null) return undefined;
  const raw = (match[1] ?? '').replace(/[ \t\r\v\f]+$/, '');
  const value = raw.replace(/\\(\n|.)|"/g, (_all, escaped: string | undefined) => ESCAPES[escaped ?? ''] ?? '');
  return { value, length: match[0].length };
}

function badLine(text: string, rest: string, file: string): CmfError {
  const line = text.slice(0, text.length - rest.length).split('\n').length;
  return new CmfError('environment', { message: `bad line ${line} of the git configuration ${file}` });
}
