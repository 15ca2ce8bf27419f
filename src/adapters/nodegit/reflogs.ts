import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Oid } from '../../ports/git.ts';
import { commitOf } from './history.ts';
import type { Nodegit, Repository } from './nodegit-api.ts';

/** The commits that reflogs remember. libgit2 reads the log of a ref only where it knows the ref; git keeps them as files. */
export async function reflogCommits(nodegit: Nodegit, repository: Repository, commonDir: string): Promise<Oid[]> {
  const found = new Set<string>();
  for (const text of logsOf(commonDir)) {
    for (const [, before = '', after = ''] of text.matchAll(/^([0-9a-f]{40}) ([0-9a-f]{40}) /gm)) {
      found.add(before).add(after);
    }
  }
  const commits = new Set<Oid>();
  for (const oid of found) {
    const commit = await commitOf(nodegit, repository, oid);
    if (commit !== undefined) commits.add(commit);
  }
  return [...commits];
}

/** The texts of all logs: those that work trees share, and those of each linked one. */
function* logsOf(commonDir: string): Generator<string> {
  const own = namesIn(join(commonDir, 'worktrees')).map((name) => join(commonDir, 'worktrees', name, 'logs'));
  const waiting = [join(commonDir, 'logs'), ...own];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const folder = path;
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory()) waiting.push(...namesIn(path).map((name) => join(folder, name)));
    else if (stats?.isFile()) yield readFileSync(path, 'latin1');
  }
}

function namesIn(folder: string): readonly string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
