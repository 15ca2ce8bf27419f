import type { Finding, SourceFile } from './source-file.ts';

/** Folders whose tests speak of more than one source file. */
const FREE =
  /^test\/(?:laws|golden|conformance|transcripts|helpers|system|example|faults|docs)\/|^test\/(?:run|tidy|transcripts)\.test\.ts$/;

/** Finds test files that register nothing, and those that mirror no source file. */
export function checkTestFiles(files: readonly SourceFile[]): Finding[] {
  const paths = new Set(files.map(({ path }) => path));
  const tests = files.filter(({ path }) => /^test\/.*\.test\.ts$/.test(path));
  // A conformance suite registers itself, for each adapter that a test file hands to it; the runner counts its tests.
  const isConformance = (file: SourceFile): boolean =>
    file.imports.some(({ target }) => target?.startsWith('test/conformance/'));
  return tests.flatMap((file) => [
    ...checkRegistration(file, isConformance(file)),
    ...(isConformance(file) ? [] : checkMirror(file.path, paths)),
  ]);
}

function checkRegistration({ path, codeOnly }: SourceFile, isConformance: boolean): Finding[] {
  const suites = [...codeOnly.matchAll(/\bconst (\w+)\s*=\s*suite(?:<.*?>)?\(/g)].map((match) => match[1] ?? '');
  const forgotten = suites.filter((name) => !new RegExp(`\\b${name}\\.run\\(\\)`).test(codeOnly));
  const findings = forgotten.map((name) => ({
    path,
    line: 1,
    message: `never calls ${name}.run(): its tests do not run`,
  }));
  if (!isConformance && findings.length === 0 && !/\.run\(\)/.test(codeOnly)) {
    findings.push({ path, line: 1, message: 'registers no suite: end it with .run()' });
  }
  return findings;
}

function checkMirror(path: string, paths: ReadonlySet<string>): Finding[] {
  if (FREE.test(path)) return [];
  const subject = path.replace(/\.test\.ts$/, '.ts').replace(/^test\//, 'src/');
  if (paths.has(subject) || paths.has(subject.replace(/^src\//, ''))) return [];
  const message = `tests ${subject}, which does not exist: rename the test, or move it to test/laws or test/system`;
  return [{ path, line: 1, message }];
}
