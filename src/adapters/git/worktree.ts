import type { GitWorktree, HeadState, IndexedFile, Oid } from '../../ports/git.ts';
import { gitFailed } from './git-failure.ts';
import { toOid } from './object-id.ts';
import { type GitContext, runGit } from './run-git.ts';

/** The fewest questions that `git status` can answer: no untracked files, no renames, no comparison with upstream. */
const STATUS = [
  'status',
  '--porcelain=v2',
  '--branch',
  '-z',
  '--untracked-files=no',
  '--ignore-submodules=dirty',
  '--no-ahead-behind',
  '--no-renames',
];

/** Reads the user's side of the repository, and never takes a lock there. */
export class SpawnedGitWorktree implements GitWorktree {
  private readonly context: GitContext;

  constructor(context: GitContext) {
    this.context = context;
  }

  async head(): Promise<HeadState> {
    if (this.context.worktree === undefined) return this.bareHead();
    const output = await runGit(this.context, STATUS);
    if (output.exitCode !== 0) throw gitFailed('read the state of the work tree', output);
    return parseStatus(output.stdout.toString());
  }

  async isTracked(path: string): Promise<boolean> {
    if (this.context.worktree === undefined) return false;
    const output = await runGit(this.context, ['--literal-pathspecs', 'ls-files', '-z', '--', path]);
    return output.exitCode === 0 && output.stdout.length > 0;
  }

  async indexed(gitDir: string, endings: readonly string[]): Promise<readonly IndexedFile[]> {
    // Only the index is asked for, so whatever place the setting `core.worktree` names does not matter.
    const place = { ...this.context, gitDir, worktree: undefined, cwd: gitDir };
    const patterns = endings.map((ending) => `:(top)*${ending}`);
    const output = await runGit(place, ['ls-files', '--stage', '-z', '--', ...patterns]);
    if (output.exitCode !== 0) throw gitFailed(`read the index of ${gitDir}`, output, 'damaged');
    return output.stdout.toString('latin1').split('\0').slice(0, -1).map(parseStaged);
  }

  async isIgnored(path: string): Promise<boolean> {
    if (this.context.worktree === undefined) return false;
    const output = await runGit(this.context, ['check-ignore', '--stdin', '-z'], { input: `${path}\0` });
    return output.exitCode === 0;
  }

  async config(key: string): Promise<string | undefined> {
    const output = await runGit(this.context, ['config', '-z', '--get', key], { mode: 'plain' });
    if (output.exitCode === 1) return undefined;
    if (output.exitCode !== 0) throw gitFailed(`read the setting ${key}`, output);
    return output.stdout.toString().replace(/\0$/, '');
  }

  async configs(prefix: string): Promise<Map<string, string>> {
    const pattern = `^${prefix.replace(/[.^$*+?()[\]{}|\\]/g, '\\$&')}`;
    const output = await runGit(this.context, ['config', '-z', '--get-regexp', pattern], { mode: 'plain' });
    if (output.exitCode > 1) throw gitFailed(`read the settings ${prefix}`, output);
    const values = new Map<string, string>();
    for (const record of output.stdout.toString().split('\0')) {
      const at = record.indexOf('\n');
      if (record !== '') values.set(at < 0 ? record : record.slice(0, at), at < 0 ? 'true' : record.slice(at + 1));
    }
    return values;
  }

  async configAll(key: string): Promise<string[]> {
    const output = await runGit(this.context, ['config', '-z', '--get-all', key], { mode: 'plain' });
    if (output.exitCode > 1) throw gitFailed(`read the setting ${key}`, output);
    return output.stdout.toString().split('\0').slice(0, -1);
  }

  async setConfig(key: string, value: string): Promise<void> {
    const output = await runGit(this.context, ['config', '--local', key, value]);
    if (output.exitCode !== 0) throw gitFailed(`set ${key}`, output);
  }

  private async bareHead(): Promise<HeadState> {
    const [commit, branch] = await Promise.all([
      runGit(this.context, ['rev-parse', '--verify', '--quiet', 'HEAD^{commit}']),
      runGit(this.context, ['symbolic-ref', '--quiet', '--short', 'HEAD']),
    ]);
    return {
      commit: commit.exitCode === 0 ? toOid(commit.stdout.toString().trim()) : undefined,
      branch: branch.exitCode === 0 ? branch.stdout.toString().trim() : undefined,
      dirty: false,
    };
  }
}

/** A record of `ls-files --stage -z`: `<mode> <object> <stage>`, a tab, the path. */
function parseStaged(record: string): IndexedFile {
  const tab = record.indexOf('\t');
  const [mode = '', oid = ''] = record.slice(0, tab).split(' ');
  return { mode, oid: toOid(oid), path: record.slice(tab + 1) };
}

/** Records of `status --porcelain=v2 -z`: `# branch.oid …`, `# branch.head …`, and one for each file that differs. */
function parseStatus(text: string): HeadState {
  let commit: Oid | undefined;
  let branch: string | undefined;
  let dirty = false;
  for (const record of text.split('\0')) {
    if (record.startsWith('# branch.oid ')) commit = record.endsWith('(initial)') ? undefined : toOid(record.slice(13));
    else if (record.startsWith('# branch.head '))
      branch = record === '# branch.head (detached)' ? undefined : record.slice(14);
    else if (record !== '' && !record.startsWith('# ')) dirty = true;
  }
  return { commit, branch, dirty };
}
