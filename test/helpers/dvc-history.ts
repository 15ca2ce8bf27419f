/** Histories of repositories in which DVC worked, made from texts; no DVC is needed to make them. */
import { readFileSync } from 'node:fs';
import { git } from './sealed-git.ts';

/** A commit: all its files, and the subjects of its parents. */
export type DvcCommit = {
  readonly subject: string;
  readonly timeSeconds: number;
  readonly parents: readonly string[];
  readonly files: Readonly<Record<string, string>>;
};

/**
 * What DVC 3.67.1 made in one repository: `dvc add`, `import`, `import-url` and four times `repro`, on two branches; stages
 * with params, foreach, matrix, a wdir, metrics in JSON, YAML and TOML. One path was changed by hand, to `/srv/outside.csv`.
 */
export function goldenHistory(): readonly DvcCommit[] {
  return JSON.parse(readFileSync(new URL('../golden/dvc-history.json', import.meta.url), 'utf8')) as DvcCommit[];
}

/** Commits one after the other, each with the files of the one before and these changes. */
export function chain(...changes: readonly Readonly<Record<string, string>>[]): DvcCommit[] {
  let files: Readonly<Record<string, string>> = {};
  return changes.map((change, i) => {
    files = { ...files, ...change };
    return { subject: `c${i}`, timeSeconds: 1_700_000_000 + i * 60, parents: i === 0 ? [] : [`c${i - 1}`], files };
  });
}

/** Writes commits into a repository; a branch of its own stands on each that has no child, `main` on the last one. */
export async function writeHistory(directory: string, commits: readonly DvcCommit[]): Promise<void> {
  const marks = new Map(commits.map(({ subject }, i) => [subject, i + 1]));
  const parts: string[] = [];
  for (const [i, { subject, timeSeconds, parents, files }] of commits.entries()) {
    const isLast = i === commits.length - 1;
    const hasChild = commits.some((one) => one.parents.includes(subject));
    const who = `A U Thor <author@example.invalid> ${timeSeconds} +0000`;
    parts.push(
      `commit refs/heads/${isLast ? 'main' : hasChild ? 'tmp' : subject}\nmark :${i + 1}\n`,
      `author ${who}\ncommitter ${who}\n${data(subject)}`,
      ...parents.map((parent, at) => `${at === 0 ? 'from' : 'merge'} :${marks.get(parent)}\n`),
      'deleteall\n',
      ...Object.entries(files).map(([path, text]) => `M 100644 inline ${JSON.stringify(path)}\n${data(text)}`),
      '\n',
    );
  }
  await git(['fast-import', '--quiet', '--force'], { cwd: directory, input: parts.join('') });
  await git(['update-ref', '-d', 'refs/heads/tmp'], { cwd: directory });
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
