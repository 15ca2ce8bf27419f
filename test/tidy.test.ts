/**
 * The rules of the house, checked over the source tree; and, first, the checker itself on small examples.
 *
 * Each example is a file in memory: its path decides which rules hold.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ERROR_CODES } from '../src/domain/errors.ts';
import { blank } from './helpers/tidy/blank.ts';
import { checkErrorDocs, ERROR_PAGE } from './helpers/tidy/error-docs.ts';
import { checkFloors } from './helpers/tidy/floors.ts';
import { checkCycles, checkReach } from './helpers/tidy/graph.ts';
import { readTree } from './helpers/tidy/read-tree.ts';
import { checkSizes, findFunctions } from './helpers/tidy/sizes.ts';
import { type Finding, type SourceFile, toSourceFile } from './helpers/tidy/source-file.ts';
import { checkTestFiles } from './helpers/tidy/test-files.ts';
import { checkDynamicImports, checkWords } from './helpers/tidy/words.ts';

type Rule = (files: readonly SourceFile[]) => Finding[];
type Example = readonly [rule: Rule, path: string, text: string, expected: RegExp];

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const REFUSED: readonly Example[] = [
  [checkFloors, 'src/domain/a.ts', "import { x } from '../app/x.ts';", /imports src\/app\/x\.ts: the domain is pure/],
  [checkFloors, 'src/domain/a.ts', "import { join } from 'node:path';", /imports node:path: the domain is pure/],
  [checkFloors, 'src/domain/a.ts', "import { hash } from 'node:crypto';", /use src\/domain\/digest\.ts/],
  [checkFloors, 'src/domain/a.ts', "import { parse } from 'yaml';", /use src\/domain\/dvc-yaml\.ts/],
  [checkFloors, 'src/ports/a.ts', "import type { X } from '../app/x.ts';", /a port speaks of domain types only/],
  [checkFloors, 'src/adapters/a/x.ts', "import {\n  b,\n} from '../b/y.ts';", /adapters do not know each other/],
  [checkFloors, 'src/adapters/x.ts', '', /stands on no floor/],
  [checkFloors, 'src/adapters/a/x.ts', "import { spawn } from 'node:child_process';", /through the git port/],
  [checkFloors, 'src/app/a.ts', "import { g } from '../adapters/git/g.ts';", /a use-case asks a port/],
  [checkFloors, 'src/app/a.ts', "import { readFile } from 'node:fs/promises';", /reached through a port/],
  [checkFloors, 'src/app/a.ts', "import x from 'left-pad';", /imports the package left-pad/],
  [checkFloors, 'src/faces/cli/a.ts', "export const t = () => import('../http/x.ts');", /a face parses/],
  [checkFloors, 'src/faces/http/a.ts', "import yargs from 'yargs';", /only the command line knows yargs/],
  [
    checkFloors,
    'src/faces/cli/a.ts',
    "import { c } from '../../compose.ts';",
    /only src\/main-\*\.ts and the library do/,
  ],
  [checkWords, 'src/domain/a.ts', 'const t = Date.now();', /take the time/],
  [checkWords, 'src/domain/a.ts', 'const t = new Date();', /take the time/],
  [checkWords, 'src/domain/a.ts', 'const t = Math.random();', /random value as a parameter/],
  [checkWords, 'src/domain/a.ts', 'const t = process.env;', /acts on the world/],
  [checkWords, 'src/domain/a.ts', 'setTimeout(() => 1, 1);', /acts on the world/],
  [checkWords, 'src/domain/a.ts', 'export async function f() {}', /the domain is synchronous/],
  [checkWords, 'src/ports/a.ts', 'export const x = 1;', /a port is types only/],
  [checkWords, 'src/domain/a.ts', 'const x: any = 1;', /uses `any`/],
  [checkWords, 'src/ports/a.ts', 'type T = Map<string, any>;', /uses `any`/],
  [checkWords, 'src/domain/a.ts', '// @ts-expect-error\nconst x = 1;', /silences a checker/],
  [checkWords, 'src/app/a.ts', "const ref = 'refs/cmf/archive';", /spells a ref name/],
  [checkWords, 'src/app/a.ts', 'const ref = `refs/notes/cmf`;', /spells a ref name/],
  [checkWords, 'src/app/a.ts', "console.log('x');", /writes to the terminal/],
  [checkWords, 'src/faces/cli/a.ts', "process.stdout.write('x');", /writes to the terminal/],
  [checkWords, 'src/faces/cli/a.ts', 'process.exit(1);', /ends the process/],
  [checkWords, 'src/app/a.ts', `// ${'TO'}${'DO'}: later`, /leaves work behind/],
  [checkWords, 'docs/a.md', 'open `/home/ann/data` first', /names a folder of one machine/],
  [checkWords, 'test/a.test.ts', "it.only('x', () => 1);", /leaves tests out/],
  [checkWords, 'test/a.test.ts', "it.skip('x', () => 1);", /leaves tests out/],
  [checkWords, 'src/app/index.ts', "export * from './a.ts';", /re-exports/],
  [checkWords, 'src/app/index.ts', "export type { A } from './a.ts';", /re-exports/],
  [checkDynamicImports, 'src/app/a.ts', "const x = await import('./b.ts');", /imports inside a function/],
  [checkDynamicImports, 'src/faces/cli/commands/a.ts', "const x = import('../b.ts');", /imports inside a function/],
  [checkSizes, 'src/app/a.ts', 'const x = 1;\n'.repeat(301), /has 301 lines, more than 300/],
  [checkSizes, 'src/app/a.ts', `function f() {\n${'  x();\n'.repeat(59)}}\n`, /a function has 61 lines/],
  [checkTestFiles, 'test/laws/a.test.ts', "const it = suite('a');", /never calls it\.run\(\)/],
  [checkTestFiles, 'test/laws/a.test.ts', 'const x = 1;', /registers no suite/],
  [
    checkTestFiles,
    'test/domain/a.test.ts',
    "const it = suite('a');\nit.run();",
    /src\/domain\/a\.ts, which does not exist/,
  ],
];

const ACCEPTED: readonly (readonly [rule: Rule, path: string, text: string])[] = [
  [checkFloors, 'src/domain/a.ts', "import { b } from './b.ts';"],
  [checkFloors, 'src/domain/digest.ts', "import { createHash } from 'node:crypto';"],
  [checkFloors, 'src/domain/dvc-yaml.ts', "import { parseDocument } from 'yaml';"],
  [checkFloors, 'src/domain/a.ts', "// import { x } from '../app/x.ts';"],
  [checkFloors, 'src/adapters/git/x.ts', "import { spawn } from 'node:child_process';\nimport { y } from './y.ts';"],
  [checkFloors, 'src/app/a.ts', "import type { Git } from '../ports/git.ts';\nimport { join } from 'node:path';"],
  [checkFloors, 'src/faces/library.ts', "import { compose } from '../compose.ts';"],
  [checkFloors, 'src/main-command.ts', "import { compose } from './compose.ts';"],
  [checkWords, 'src/domain/a.ts', "// never Date.now() here\nconst text = 'Date.now() async any';"],
  [checkWords, 'src/domain/a.ts', 'const iso = new Date(atMs).toISOString();'],
  [checkWords, 'src/domain/ids.ts', "const ref = 'refs/cmf/archive';"],
  [checkWords, 'src/app/a.ts', '/** Lies below refs/cmf/journal. */\nconst x = 1;'],
  [checkWords, 'src/main-command.ts', "process.stdout.write('x');"],
  [checkWords, 'docs/a.md', 'see https://example.org/home/page and ~/work/data and /path/to/data'],
  [checkWords, 'src/app/a.ts', 'export { a };\nexport type { B };'],
  [checkDynamicImports, 'src/main.ts', "const x = await import('./faces/cli/cli.ts');"],
  [checkDynamicImports, 'src/faces/cli/command-table.ts', "const x = () => import('./commands/init.ts');"],
  [checkDynamicImports, 'src/app/a.ts', "type X = typeof import('./b.ts');"],
  [checkSizes, 'src/app/a.ts', `function f() {\n${'  x();\n'.repeat(58)}}\n`],
  [checkTestFiles, 'test/laws/a.test.ts', "const it = suite('a');\nit.run();"],
  [checkTestFiles, 'test/adapters/a/real.test.ts', "import { conform } from '../../conformance/a.ts';\nconform();"],
];

const checker = suite('tidy: the checker');

for (const [rule, path, text, expected] of REFUSED) {
  checker(`refuses in ${path}: ${text.slice(0, 60).trim()}`, () => {
    const found = rule([toSourceFile(path, text)]);
    assert.match(found.map(({ message }) => message).join('\n'), expected);
  });
}

for (const [rule, path, text] of ACCEPTED) {
  checker(`accepts in ${path}: ${text.slice(0, 60).trim()}`, () => {
    assert.equal(rule([toSourceFile(path, text)]), []);
  });
}

checker('names the line', () => {
  const [found] = checkWords([toSourceFile('src/domain/a.ts', '/* one\ntwo */\nconst t = Date.now();')]);
  assert.is(found?.line, 3);
});

checker('sees a cycle of type imports', () => {
  const found = checkCycles([
    toSourceFile('src/app/a.ts', "import type { B } from './b.ts';"),
    toSourceFile('src/app/b.ts', "import type { C } from './c.ts';"),
    toSourceFile('src/app/c.ts', "import { a } from './a.ts';"),
  ]);
  assert.match(found[0]?.message ?? '', /src\/app\/a\.ts → src\/app\/b\.ts → src\/app\/c\.ts → src\/app\/a\.ts/);
});

checker('takes a diamond for no cycle', () => {
  const found = checkCycles([
    toSourceFile('src/app/a.ts', "import './b.ts';\nimport './c.ts';"),
    toSourceFile('src/app/b.ts', "import './d.ts';"),
    toSourceFile('src/app/c.ts', "import './d.ts';"),
    toSourceFile('src/app/d.ts', ''),
  ]);
  assert.equal(found, []);
});

checker('sees a file that nothing reaches, and reaches late imports and workers', () => {
  const found = checkReach([
    toSourceFile('src/main.ts', "import('./a.ts');"),
    toSourceFile('src/a.ts', "new Worker(new URL('./b-worker.js', import.meta.url));"),
    toSourceFile('src/b-worker.ts', ''),
    toSourceFile('src/c.ts', "import './a.ts';"),
  ]);
  assert.equal(
    found.map(({ path }) => path),
    ['src/c.ts'],
  );
});

checker('measures functions by the indentation of their closing brace', () => {
  const text = [
    'export function a(',
    '  x: number,',
    '): void {',
    '  if (x) {',
    '    y();',
    '  }',
    '}',
    'const b = () => {',
    '};',
    'class C {',
    '  private d(): void {',
    '  }',
    '}',
  ].join('\n');
  assert.equal(
    findFunctions(text).map(({ startLine, endLine }) => [startLine, endLine]),
    [
      [1, 7],
      [8, 9],
      [11, 12],
    ],
  );
});

checker('reads templates, regular expressions and divisions', () => {
  const { codeOnly } = blank('const a = `x ${f({ b: `any` })} any`; const r = /[/"]any/; const q = a / b / any;');
  assert.is(codeOnly.match(/any/g)?.length, 1);
  assert.match(codeOnly, /f\(\{ b: {7}\}\)/);
});

checker('compares error codes and their page both ways', () => {
  const found = checkErrorDocs(['usage', 'refused'], '# Errors\n\n## usage\n\n## gone\n');
  assert.equal(found.map(({ message }) => message.split(':')[0]).sort(), [
    'explains "gone", which is no code of src/domain/errors.ts',
    'lacks a section "## refused"',
  ]);
});

checker.run();

const house = suite('tidy: the house');
const RULES: readonly (readonly [name: string, rule: Rule])[] = [
  ['each floor imports only from floors below, and doors have one place', checkFloors],
  ['no import cycle', checkCycles],
  ['each source file is reached from an entry', checkReach],
  ['no forbidden word', checkWords],
  ['late imports only where they are meant', checkDynamicImports],
  ['files and functions below the hard stop', checkSizes],
  ['each test file runs and mirrors a source file', checkTestFiles],
];

house('is read as a whole', () => {
  const paths = readTree(ROOT).map(({ path }) => path);
  for (const path of ['src/domain/errors.ts', 'test/tidy.test.ts', '.ci/build.js', 'bin/git-cmf', 'README.md']) {
    assert.ok(paths.includes(path), `${path} is not read`);
  }
});

for (const [name, rule] of RULES) {
  house(name, () => assertNone(rule(readTree(ROOT))));
}

house('each error code has a section, and each section a code', () => {
  assertNone(checkErrorDocs(Object.keys(ERROR_CODES), readFileSync(join(ROOT, ERROR_PAGE), 'utf8')));
});

house.run();

function assertNone(findings: readonly Finding[]): void {
  const lines = findings.map(({ path, line, message }) => `${path}:${line}: ${message}`);
  process.stdout.write(lines.map((line) => `\n${line}`).join(''));
  assert.is(lines.length, 0, `${lines.length} broken, see above`);
}
