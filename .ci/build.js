/**
 * Bundles the program and the library into dist/, so that one command reads a few files, not hundreds.
 *
 * Usage: node .ci/build.js [--no-types]
 *
 * Pure JavaScript packages are bundled into chunks that load only when needed; packages with native or WASM parts stay
 * outside. Several builds may run at once, and a program may start meanwhile: a chunk's name contains the hash of its
 * content, the entries that name it follow by rename, and only then stale chunks go.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OUT = join(ROOT, 'dist');
/** Its time is the start of the build: .ci/setup compares the sources with it. */
const STAMP = 'git-cmf.js';
const ENTRIES = { 'git-cmf': 'src/main.ts', library: 'src/faces/library.ts' };
/** A push waits for it, and a dozen chunks cost more than what they hold: one file, which shares nothing. */
const HOOK = { name: 'hook', source: 'src/main-hook.ts' };
/** A thread is started by its file: it lies beside the program's. */
const WORKERS = ['hash-worker', 'stat-worker', 'checkout-worker'].map((name) => ({
  name,
  source: `src/adapters/files/${name}.ts`,
}));
const VERSION = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
const EXTERNAL = ['blake3', '@napi-rs/blake-hash'];

process.chdir(ROOT);
const startedAt = new Date();
// esbuild has printed what is wrong, in words; its exception adds nothing.
const [program, ...alone] = await Promise.all([
  bundle({ entryPoints: ENTRIES, splitting: true, plugins: [besideProgram(HOOK)] }),
  ...[HOOK, ...WORKERS].map(({ name, source }) => bundle({ entryPoints: { [name]: source } })),
]).catch(() => process.exit(1));
writeOutputs(
  [program, ...alone].flatMap(({ outputFiles }) => outputFiles),
  thirdPartyNotice(program.metafile),
);
if (!process.argv.includes('--no-types')) emitTypes();
utimesSync(join(OUT, STAMP), startedAt, startedAt);

/** Leaves an import of a source file to the bundle that is made of it alone. */
function besideProgram({ name, source }) {
  return {
    name: 'beside-program',
    setup: ({ onResolve }) => {
      const filter = new RegExp(`^\\./${basename(source).replace('.', '\\.')}$`);
      onResolve({ filter }, () => ({ path: `./${name}.js`, external: true }));
    },
  };
}

function bundle(options) {
  return build({
    ...options,
    outdir: OUT,
    write: false,
    metafile: true,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // One flat folder, so that a relative URL in the code means the same in an entry and in a chunk.
    chunkNames: '[name]-[hash]',
    external: EXTERNAL,
    define: { GIT_CMF_VERSION: JSON.stringify(VERSION) },
    alias: {
      // The ES module build of the same package; its node build is CommonJS, which loads as one piece.
      yaml: join(ROOT, 'node_modules/yaml/browser/index.js'),
      // yargs lays out its help with it. It compiles a pattern of all emoji while it loads, half of what yargs costs at
      // start; our help has characters of one column only.
      'string-width': join(ROOT, '.ci/column-count.js'),
    },
    // Bundled CommonJS packages call require() for node's own modules.
    banner: {
      js: "import { createRequire as $createRequire } from 'node:module';const require=$createRequire(import.meta.url);",
    },
    minifyWhitespace: true,
    minifySyntax: true,
    // Names stay and lines end, so a stack trace can be read: node prints the whole line that threw.
    minifyIdentifiers: false,
    lineLimit: 200,
    legalComments: 'none',
    logLevel: 'warning',
  });
}

function writeOutputs(files, notice) {
  mkdirSync(OUT, { recursive: true });
  const entries = [...Object.keys(ENTRIES), ...[HOOK, ...WORKERS].map(({ name }) => name)];
  const isEntry = (file) => entries.includes(basename(file.path, '.js'));
  for (const file of [...files].sort((a, b) => isEntry(a) - isEntry(b))) replaceFile(file.path, file.contents);
  replaceFile(join(OUT, 'THIRD-PARTY-LICENSES.txt'), notice);
  const current = new Set(files.map((file) => basename(file.path)));
  for (const name of readdirSync(OUT)) {
    if (name.endsWith('.js') && !current.has(name)) rmSync(join(OUT, name), { force: true });
  }
}

function replaceFile(path, content) {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, content);
  renameSync(temporary, path);
}

/** The licences of what is inside the bundle ask to travel with it. */
function thirdPartyNotice(metafile) {
  const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
  const folders = new Set(
    inputs.map((path) => /^(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean),
  );
  const names = new Map();
  for (const folder of [...folders].sort()) {
    const text = readLicence(folder);
    names.set(text, [...(names.get(text) ?? []), folder.slice('node_modules/'.length)]);
  }
  return [...names].map(([text, of]) => `${of.join('\n')}\n\n${text}\n`).join(`${'-'.repeat(80)}\n`);
}

function readLicence(folder) {
  const found = licenceIn(folder) ?? licenceIn(relativeOf(folder));
  if (found === undefined) throw new Error(`build: ${folder} ships no licence file; do not bundle it`);
  return readFileSync(found, 'utf8').trim();
}

function licenceIn(folder) {
  const name = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  return name === undefined ? undefined : join(folder, name);
}

/** Some packages of the AWS SDK come without the licence that they name; it is that of all of them. */
function relativeOf(folder) {
  const { license, repository } = manifestOf(folder);
  const relative = 'node_modules/@aws-sdk/client-s3';
  const other = manifestOf(relative);
  return license === other.license && repository?.url === other.repository?.url ? relative : folder;
}

function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

function emitTypes() {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  rmSync(join(OUT, 'types'), { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [tsc, '-p', '.ci/tsconfig.types.json'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('build: the type declarations could not be written');
}
