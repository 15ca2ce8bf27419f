import { checkRefName, sortByName } from '../../domain/ref-name.ts';
import type { GitRefs, HistoryCommit, NewCommit, Oid, Ref, RefUpdate } from '../../ports/git.ts';
import { gitFailed } from './git-failure.ts';
import { gitLines } from './git-lines.ts';
import { nullOid, type ObjectFormat, toOid } from './object-id.ts';
import { type GitContext, runGit } from './run-git.ts';

/** How long git waits for another process's lock before it gives up; its own default of 100 ms is short for a busy disk. */
const LOCK_WAIT = ['core.filesRefLockTimeout=2000', 'core.packedRefsTimeout=5000'];

/** Objects are on disk before a ref names them, and the ref before we say so, whatever the user's `core.fsync` is. */
export const DURABLE = ['core.fsync=committed,reference', 'core.fsyncMethod=batch'];

/** `for-each-ref` takes its patterns on the command line, which has an end. */
const LISTED_AT_ONCE = 500;

/** Lines of `<time> <commit> <parents>…`, each followed by lines of the objects that the commit brings. */
const NEW_COMMITS = [
  ...['rev-list', '--objects', '--no-object-names', '--in-commit-order', '--topo-order', '--reverse'],
  ...['--parents', '--timestamp', '--stdin'],
];

/** Lines of `<commit> <tree> <time> <parents>…`. */
const HISTORY = ['rev-list', '--no-commit-header', '--format=%H %T %ct %P', '--stdin'];

/** Reads and moves refs; one git process for each call. */
export class SpawnedGitRefs implements GitRefs {
  private readonly context: GitContext;
  private readonly format: ObjectFormat;

  constructor(context: GitContext, format: ObjectFormat) {
    this.context = context;
    this.format = format;
  }

  async list(prefixes: readonly string[]): Promise<Ref[]> {
    for (const prefix of prefixes) checkRefName(prefix);
    const found = new Map<string, Ref>();
    for (let start = 0; start < prefixes.length; start += LISTED_AT_ONCE) {
      const some = prefixes.slice(start, start + LISTED_AT_ONCE);
      const output = await runGit(this.context, ['for-each-ref', '--format=%(objectname) %(refname)', '--', ...some]);
      if (output.exitCode !== 0) throw gitFailed('list refs', output);
      for (const ref of parseRefLines(output.stdout, ' ')) found.set(ref.name, ref);
    }
    return sortByName([...found.values()]);
  }

  async resolve(name: string): Promise<Oid | undefined> {
    return (await this.list([name])).find((ref) => ref.name === name)?.oid;
  }

  async update(updates: readonly RefUpdate[]): Promise<boolean> {
    if (updates.length === 0) return true;
    const none = nullOid(this.format);
    const input = updates.map(({ name, to, expected }) => {
      checkRefName(name);
      const command = to === undefined && expected === undefined ? 'verify' : 'update';
      const ids = command === 'verify' ? [none] : [toOid(to ?? none), toOid(expected ?? none)];
      return `${command} ${name}\0${ids.join('\0')}\0`;
    });
    const output = await runGit(this.context, ['update-ref', '--no-deref', '--stdin', '-z'], {
      input: input.join(''),
      config: [...LOCK_WAIT, ...DURABLE],
    });
    if (output.exitCode === 0) return true;
    if (await this.somebodyWasFirst(updates)) return false;
    throw gitFailed('update refs', output);
  }

  async isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean> {
    const args = ['merge-base', '--is-ancestor', toOid(ancestor), toOid(descendant)];
    const output = await runGit(this.context, args);
    if (output.exitCode > 1) throw gitFailed(`compare ${ancestor} with ${descendant}`, output, 'damaged');
    return output.exitCode === 0;
  }

  async *newCommits(tip: Oid, base: Oid | undefined): AsyncGenerator<NewCommit> {
    const input = base === undefined ? `${toOid(tip)}\n` : `${toOid(tip)}\n^${toOid(base)}\n`;
    let last: { readonly commit: Oid; readonly parents: readonly Oid[]; readonly brings: Oid[] } | undefined;
    for await (const line of gitLines(this.context, NEW_COMMITS, input, 'list a history')) {
      const words = line.split(' ');
      // A commit's line begins with its time, and so has two words at least.
      if (words.length === 1) {
        last?.brings.push(toOid(line));
        continue;
      }
      if (last !== undefined) yield last;
      const [commit = '', ...parents] = words.slice(1);
      last = { commit: toOid(commit), parents: parents.map(toOid), brings: [] };
    }
    if (last !== undefined) yield last;
  }

  async *history(tips: readonly Oid[]): AsyncGenerator<HistoryCommit> {
    if (tips.length === 0) return;
    const input = tips.map((tip) => `${toOid(tip)}\n`).join('');
    for await (const line of gitLines(this.context, HISTORY, input, 'list a history')) {
      const [commit = '', tree = '', time, ...parents] = line.split(' ').filter((word) => word !== '');
      yield { commit: toOid(commit), tree: toOid(tree), timeSeconds: Number(time), parents: parents.map(toOid) };
    }
  }

  async reflogCommits(): Promise<readonly Oid[]> {
    // Without --stdin, a repository that has no reflog is a wrong use.
    const output = await runGit(this.context, ['rev-list', '--reflog', '--no-walk', '--stdin']);
    if (output.exitCode !== 0) throw gitFailed('read the reflogs', output, 'damaged');
    return output.stdout.toString().split('\n').slice(0, -1).map(toOid);
  }

  async commitOf(revision: string): Promise<Oid | undefined> {
    const args = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    const output = await runGit(this.context, args);
    return output.exitCode === 0 ? toOid(output.stdout.toString().trim()) : undefined;
  }

  /** git's words for a lost race differ by version and by ref storage; the refs themselves do not lie. */
  private async somebodyWasFirst(updates: readonly RefUpdate[]): Promise<boolean> {
    const present = await this.list(updates.map((update) => update.name));
    const now = new Map(present.map((ref) => [ref.name, ref.oid]));
    return updates.some((update) => now.get(update.name) !== update.expected);
  }
}

/** Lines of `<id><separator><name>`. */
export function parseRefLines(stdout: Buffer, separator: string): Ref[] {
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const at = line.indexOf(separator);
      return { oid: toOid(line.slice(0, at)), name: line.slice(at + 1) };
    });
}
