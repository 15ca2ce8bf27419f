import { statSync } from 'node:fs';
import { CmfError } from '../../domain/errors.ts';
import { cannot } from './cannot.ts';
import type { Located } from './locate.ts';
import type { Environment, FoundSetting } from './settings.ts';

/** What stands in a repository that libgit2 0.28 would read past, and so read or write wrongly. */
const UNREADABLE: readonly (readonly [key: RegExp, what: string])[] = [
  [/^extensions\./, 'open a repository with extensions'],
  [/^remote\..*\.(?:promisor|partialclonefilter)$/s, 'open a partial clone'],
];

/**
 * Refuses a repository that this way of reaching git must not open: libgit2 0.28 knows format 0 only, does not ask who the
 * owner is, and gives new files the rights of the process whatever `core.sharedRepository` says.
 *
 * @param userIds whom git would trust: the user of the process
 */
export function checkRepository(located: Located, settings: readonly FoundSetting[], userIds: readonly number[]): void {
  checkOwner(located, settings, userIds);
  const values = new Map(settings.map(({ key, value }) => [key, value]));
  const version = values.get('core.repositoryformatversion') ?? '0';
  if (version !== '0')
    throw cannot(`open ${located.gitDir}: it has repository format ${version}; libgit2 0.28 knows 0`);
  for (const [key, what] of UNREADABLE) {
    const found = settings.find((setting) => key.test(setting.key));
    if (found !== undefined) throw cannot(`${what} (${found.key})`);
  }
  const shared = values.get('core.sharedrepository') ?? 'false';
  if (!/^(?:umask|false|no|off|0)$/i.test(shared)) throw cannot('write to a repository with core.sharedRepository');
}

/** Refuses variables that name another place than the one that was found. */
export function checkEnvironment(env: Environment): void {
  const names = ['GIT_WORK_TREE', 'GIT_COMMON_DIR', 'GIT_OBJECT_DIRECTORY', 'GIT_NAMESPACE'];
  const found = names.find((name) => (env[name] ?? '') !== '');
  if (found !== undefined) throw cannot(`obey ${found}`);
}

/** git's rule (`safe.directory`): another user's repository could make us run or read what that user chose. */
function checkOwner(
  { gitDir, commonDir, link }: Located,
  settings: readonly FoundSetting[],
  userIds: readonly number[],
): void {
  const paths = link === undefined ? [gitDir, commonDir] : [gitDir, commonDir, link];
  const foreign = paths.find((path) => !userIds.includes(statSync(path).uid));
  if (foreign === undefined) return;
  const safe = settings
    .filter(({ key, scope }) => key === 'safe.directory' && scope === 'user')
    .map(({ value }) => value);
  const worktree = gitDir.replace(/\/\.git$/, '');
  const trusted = safe.slice(safe.lastIndexOf('') + 1);
  if (trusted.some((path) => path === '*' || path === gitDir || path === worktree)) return;
  throw new CmfError('no-repository', {
    message: `detected dubious ownership: ${foreign} belongs to another user`,
    hint: `git config --global --add safe.directory ${worktree}`,
  });
}

/** `safe.bareRepository=explicit`: a bare repository counts only where GIT_DIR names it. */
export function checkBare(isBare: boolean, settings: readonly FoundSetting[], env: Environment): void {
  const rule = settings.findLast(({ key, scope }) => key === 'safe.barerepository' && scope === 'user')?.value;
  if (!isBare || rule !== 'explicit' || env['GIT_DIR'] !== undefined) return;
  throw new CmfError('no-repository', {
    message: 'this is a bare repository, and safe.bareRepository is explicit',
    hint: 'GIT_DIR=. git cmf …',
  });
}

/** Whom git trusts: the user of the process, and for root also who called sudo. */
export function trustedUserIds(env: Environment): number[] {
  const own = process.geteuid?.() ?? -1;
  const caller = Number(env['SUDO_UID'] ?? Number.NaN);
  return own === 0 && Number.isInteger(caller) ? [own, caller] : [own];
}
