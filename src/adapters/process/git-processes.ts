import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One process as /proc shows it. */
type Shown = { readonly pid: number; readonly parent: number; readonly name: string };

/**
 * Ids of git processes whose current folder is one of these or lies below; undefined without Linux's /proc. Those that
 * started this process and those that it started itself are left out: a git waits for `git cmf`, others answer it.
 */
export function gitProcessesIn(directories: readonly string[]): readonly number[] | undefined {
  const all = shownProcesses();
  if (all === undefined) return undefined;
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const ancestors = new Set<number | undefined>();
  for (let pid: number | undefined = process.pid; pid !== undefined && !ancestors.has(pid); pid = parents.get(pid)) {
    ancestors.add(pid);
  }
  return all
    .filter(({ pid, parent, name }) => /^git(?:-|$)/.test(name) && !ancestors.has(pid) && parent !== process.pid)
    .filter(({ pid }) => isInside(folderOf(pid), directories))
    .map(({ pid }) => pid);
}

function shownProcesses(): Shown[] | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? shown(Number(name)) : []));
  } catch {
    return undefined;
  }
}

function shown(pid: number): Shown[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const end = stat.lastIndexOf(')');
    // After the name in parentheses: its state, its parent.
    const [state = '', parent] = stat.slice(end + 2).split(' ');
    if (/[ZX]/.test(state)) return [];
    return [{ pid, parent: Number(parent), name: stat.slice(stat.indexOf('(') + 1, end) }];
  } catch {
    // It has ended.
    return [];
  }
}

function folderOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

function isInside(folder: string | undefined, directories: readonly string[]): boolean {
  return folder !== undefined && directories.some((one) => folder === one || folder.startsWith(`${one}/`));
}
