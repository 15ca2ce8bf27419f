/**
 * The manual and the guides against the program, both ways: every command and option is in the manual, and no page names
 * one that does not exist.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { COMMANDS } from '../../src/faces/cli/command-table.ts';
import { parseArguments } from '../../src/faces/cli/parse-arguments.ts';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const MANUAL = readFileSync(join(ROOT, 'docs/git-cmf.1'), 'utf8');
const PAGES = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'), { encoding: 'utf8' }).map((name) => `docs/${name}`),
].filter((path) => path.endsWith('.md'));
/** What `git cmf` takes before a command. */
const TOP_LEVEL = new Set(['-h', '--help', '--version', 'help', 'version']);

/** Options of a command, `--long` and `-s`, as its own help lists them. */
async function optionsOf(name: string): Promise<Set<string>> {
  const entry = COMMANDS.find((one) => one.name === name);
  if (entry === undefined) throw new Error(`no command ${name}`);
  const { command } = await entry.load();
  const help = await parseArguments(name, command, ['-h']);
  if (help.kind !== 'help') throw new Error(`${name} -h printed no help`);
  const list = help.text.slice(help.text.lastIndexOf('\nOptions:\n'));
  const heads = [...list.matchAll(/^ {2,6}(-.*?)(?: {2,}|$)/gm)].map((match) => match[1] ?? '');
  return new Set(heads.flatMap(optionsIn));
}

function optionsIn(text: string): string[] {
  return [...text.matchAll(/(?<![\w-])(--[a-z][a-z-]*|-[a-zA-Z])(?![\w-])/g)].map((match) => match[1] ?? '');
}

/** Roff to text: requests and font changes go, escapes become characters. */
function plain(roff: string): string {
  return roff
    .replace(/^\.\\".*$/gm, '')
    .replace(/^\.(?:SS|SH|TP|PP|EX|EE|RS|RE|SY|YS)\b *"?(.*?)"?$/gm, '$1')
    .replace(/^\.(?:BR|RB|BI|IR|RI|IB|B|I)\b (.*)$/gm, '$1')
    .replace(/\\f[BIPR]/g, '')
    .replaceAll('\\&', '')
    .replaceAll('\\-', '-')
    .replaceAll('"', '');
}

/** The section of each command: its heading begins with the name. */
function manualSections(): Map<string, string> {
  const sections = MANUAL.slice(MANUAL.indexOf('\n.SH COMMANDS'), MANUAL.indexOf('\n.SH "EXIT STATUS"')).split(
    '\n.SS ',
  );
  return new Map(
    sections.slice(1).map((text) => [/^"?([a-z\\-]+?) \\-/.exec(text)?.[1]?.replaceAll('\\', '') ?? text, plain(text)]),
  );
}

const it = suite('docs: the manual and the program');

it('has a section for each command, in the order of help, and no other', () => {
  assert.equal(
    [...manualSections().keys()],
    COMMANDS.map(({ name }) => name),
  );
});

it('says of each command what help says', () => {
  for (const { name, summary } of COMMANDS) {
    const [heading] = (manualSections().get(name) ?? '').split('\n');
    assert.is(heading, `${name} - ${summary}`);
  }
});

for (const { name } of COMMANDS) {
  it(`explains exactly the options of ${name}`, async () => {
    const inManual = new Set(optionsIn(manualSections().get(name) ?? ''));
    const inProgram = await optionsOf(name);
    for (const option of ['-h', '--help']) inProgram.delete(option);
    assert.equal([...inManual].sort(), [...inProgram].sort());
  });
}

it('gives the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };
  assert.match(MANUAL, `"git-cmf ${version}"`);
});

/** `git cmf …` in code: indented or fenced lines, and `code` in a sentence; up to where a shell would end the command. */
function commandLines(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^(?: {4}|\$ )(.*)$/gm)].map((match) => match[1] ?? '');
  const inline = [...markdown.matchAll(/`([^`]+)`/g)].map((match) => (match[1] ?? '').replace(/\s+/g, ' '));
  return [...blocks, ...inline].flatMap((code) =>
    [...code.matchAll(/\bgit cmf(?: ([^|;&)#]*))?/g)].map((match) => (match[1] ?? '').trim()),
  );
}

for (const path of PAGES) {
  it(`${path} names only commands and options that exist`, async () => {
    const wrong: string[] = [];
    for (const line of commandLines(readFileSync(join(ROOT, path), 'utf8'))) {
      const name = line.split(/[\s,…]/)[0] ?? '';
      if (name === '' || /^[A-Z]+$/.test(name) || TOP_LEVEL.has(name)) continue;
      if (!COMMANDS.some((command) => command.name === name)) {
        wrong.push(`git cmf ${line}: there is no command '${name}'`);
        continue;
      }
      const known = await optionsOf(name);
      const typed = optionsIn((line.split(/ -- /)[0] ?? '').replace(/'[^']*'|"[^"]*"/g, ''));
      const unknown = typed.filter((option) => !known.has(option));
      for (const option of unknown) wrong.push(`git cmf ${line}: there is no option ${option}`);
    }
    assert.equal(wrong, []);
  });
}

it('README names every guide', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const guides = PAGES.filter((path) => path.startsWith('docs/guide-'));
  assert.equal(
    guides.filter((path) => !readme.includes(`(${path})`)),
    [],
  );
});

it.run();
