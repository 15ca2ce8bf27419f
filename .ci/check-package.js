/**
 * Checks what users install: packs the package, looks at its files, installs it into an empty folder without install
 * scripts, and starts it there through git.
 *
 * Usage: node .ci/check-package.js
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NEEDED = ['package.json', 'README.md', 'LICENSE', 'bin/git-cmf', 'dist/git-cmf.js', 'dist/library.js'];
const ALLOWED =
  /^(?:package\.json|README\.md|LICENSE|bin\/git-cmf|hooks\/[\w-]+|docs\/git-cmf\.1|dist\/.+\.(?:js|d\.ts|txt))$/;
const UNPACKED_BYTES_MAX = 3_000_000;

const CHECKS = {
  'packs what its entries name, and nothing else': checkFiles,
  'installs without install scripts': checkInstall,
  'starts as `git cmf -h`': checkStart,
  'can be imported as a library': checkImport,
};

const folder = mkdtempSync(join(tmpdir(), 'cmf-package-'));
let failedCount = 0;
try {
  for (const [name, check] of Object.entries(CHECKS)) runCheck(name, check);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.stdout.write(`\n${Object.keys(CHECKS).length - failedCount} passed, ${failedCount} failed\n`);
process.exitCode = failedCount === 0 ? 0 : 1;

function runCheck(name, check) {
  try {
    check();
    process.stdout.write(`ok   ${name}\n`);
  } catch (error) {
    failedCount++;
    process.stdout.write(`FAIL ${name}\n     ${error.message.trim().replaceAll('\n', '\n     ')}\n`);
  }
}

function checkFiles() {
  // npm prints what the build says before its own JSON.
  const stdout = run('npm', ['pack', '--json', '--pack-destination', folder], ROOT);
  const [pack] = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]$/m))));
  const paths = pack.files.map((file) => file.path);
  const missing = [...NEEDED, ...namedByManifest()].filter((path) => !paths.includes(path));
  const extra = paths.filter((path) => !ALLOWED.test(path));
  if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}`);
  if (extra.length > 0) throw new Error(`not meant for users: ${extra.join(', ')}`);
  if (pack.unpackedSize > UNPACKED_BYTES_MAX) throw new Error(`${pack.unpackedSize} bytes, over ${UNPACKED_BYTES_MAX}`);
}

/** Files that package.json promises: a wrong name there is noticed by users only. */
function namedByManifest() {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const entries = Object.values(manifest.exports).flatMap((entry) =>
    typeof entry === 'string' ? entry : Object.values(entry),
  );
  return [...Object.values(manifest.bin), ...(manifest.man ?? []), ...entries].map((path) => path.replace('./', ''));
}

function checkInstall() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), '{"private": true, "type": "module"}\n');
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', `./git-cmf-${version}.tgz`], folder);
  if (!existsSync(join(folder, 'node_modules/.bin/git-cmf'))) throw new Error('no git-cmf in node_modules/.bin');
}

function checkStart() {
  const path = [join(folder, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const stdout = run('git', ['cmf', '-h'], folder, { PATH: path });
  if (!stdout.includes('git cmf')) throw new Error(`unexpected help: ${stdout.slice(0, 200)}`);
}

function checkImport() {
  const names = run(
    process.execPath,
    ['-e', "import('git-cmf').then((all) => console.log(Object.keys(all).join()))"],
    folder,
  );
  if (names.trim() === '') throw new Error('the library exports nothing');
}

function run(command, words, cwd, env = {}) {
  const result = spawnSync(command, words, { cwd, encoding: 'utf8', env: { ...process.env, ...env } });
  if (result.error !== undefined) throw result.error;
  if (result.status === 0) return result.stdout;
  throw new Error(`${command} ${words.join(' ')} ended with ${result.status}\n${result.stderr}${result.stdout}`);
}
