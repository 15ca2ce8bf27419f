import type { Finding, SourceFile } from './source-file.ts';

/** Finds import cycles, counting type imports: where there is a cycle, no floor is below another. */
export function checkCycles(files: readonly SourceFile[]): Finding[] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file)]));
  const done = new Set<string>();
  const findings: Finding[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const cycle = [...trail.slice(start), path].join(' → ');
      findings.push({
        path,
        line: 1,
        message: `is in an import cycle: ${cycle}; move what both need into a third file`,
      });
      return;
    }
    if (done.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const file of files) visit(file.path, []);
  return findings;
}

/** Finds files under src that no entry reaches. Without src/main.ts there is no program to be dead in. */
export function checkReach(files: readonly SourceFile[]): Finding[] {
  const targets = new Map(files.map((file) => [file.path, targetsOf(file)]));
  if (!targets.has('src/main.ts')) return [];
  const reached = new Set<string>();
  const waiting = ['src/main.ts', 'src/faces/library.ts'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (reached.has(path)) continue;
    reached.add(path);
    waiting.push(...(targets.get(path) ?? []));
  }
  const message = 'is reached from no entry (src/main.ts, src/faces/library.ts): use it or delete it';
  return files
    .filter(({ path }) => path.startsWith('src/') && !reached.has(path))
    .map(({ path }) => ({ path, line: 1, message }));
}

function targetsOf(file: SourceFile): readonly string[] {
  return file.imports.flatMap(({ target }) => (target === undefined ? [] : [target]));
}
