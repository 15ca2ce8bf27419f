import { CmfError } from '../../domain/errors.ts';
import { cannot } from './cannot.ts';
import type { Environment, FoundSetting } from './settings.ts';

export type Direction = 'fetch' | 'push';

/** Where a remote is: another repository on this machine, or one behind a web server. */
export type RemotePlace =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'web'; readonly url: string };

/** Names of the configured remotes, sorted, as `git remote` prints them. */
export function remoteNames(settings: readonly FoundSetting[]): string[] {
  const names = settings.map(({ key }) => /^remote\.(.+)\.[^.]*$/s.exec(key)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))].sort();
}

/**
 * The URL that git would use for a remote (`remote.<name>.url`, `pushurl`, `url.<base>.insteadOf`, `pushInsteadOf`);
 * undefined if no remote has that name.
 */
export function configuredUrl(
  settings: readonly FoundSetting[],
  remote: string,
  direction: Direction,
): string | undefined {
  const values = (key: string): string[] => settings.filter((setting) => setting.key === key).map(({ value }) => value);
  const [urls, pushUrls] = [values(`remote.${remote}.url`), values(`remote.${remote}.pushurl`)];
  const chosen = direction === 'push' && pushUrls.length > 0 ? pushUrls : urls;
  if (direction === 'push' && chosen.length > 1) throw cannot(`push to the ${chosen.length} URLs of ${remote} at once`);
  const [url] = chosen;
  return url === undefined ? undefined : rewritten(settings, url, direction === 'push' && pushUrls.length === 0);
}

/** Where a remote, given by name or URL, is. Rejects ways of transport that are not built in, or that git forbids here. */
export function placeOf(
  settings: readonly FoundSetting[],
  env: Environment,
  remote: string,
  direction: Direction,
): RemotePlace {
  const url = configuredUrl(settings, remote, direction) ?? rewritten(settings, remote, direction === 'push');
  const odd = settings.find(
    ({ key }) => key.startsWith(`remote.${remote}.`) && /\.(?:vcs|proxy|uploadpack|receivepack)$/.test(key),
  );
  if (odd !== undefined) throw cannot(`obey ${odd.key}`);
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url)?.[1]?.toLowerCase();
  const isShort = scheme === undefined && /^[^/]*:/.test(url);
  const transport = scheme ?? (isShort ? 'ssh' : 'file');
  if (transport !== 'file' && transport !== 'http' && transport !== 'https')
    throw cannot(`reach a remote through ${transport}`);
  checkAllowed(settings, env, transport);
  if (transport === 'file') return { kind: 'local', path: scheme === undefined ? url : fileIn(url) };
  checkWebSettings(settings, env);
  return { kind: 'web', url };
}

function rewritten(settings: readonly FoundSetting[], url: string, isPush: boolean): string {
  const longest = (name: string): { readonly base: string; readonly prefix: string } | undefined =>
    settings
      .map(({ key, value }) => ({ base: new RegExp(`^url\\.(.+)\\.${name}$`, 's').exec(key)?.[1], prefix: value }))
      .filter(
        (rule): rule is { base: string; prefix: string } => rule.base !== undefined && url.startsWith(rule.prefix),
      )
      .sort((a, b) => b.prefix.length - a.prefix.length)[0];
  const rule = (isPush ? longest('pushinsteadof') : undefined) ?? longest('insteadof');
  return rule === undefined ? url : rule.base + url.slice(rule.prefix.length);
}

/** `protocol.<name>.allow` and GIT_ALLOW_PROTOCOL of git(1). */
function checkAllowed(settings: readonly FoundSetting[], env: Environment, transport: string): void {
  const value = (key: string): string | undefined => settings.findLast((setting) => setting.key === key)?.value;
  const listed = env['GIT_ALLOW_PROTOCOL'];
  const rule = value(`protocol.${transport}.allow`) ?? value('protocol.allow') ?? 'always';
  const isAllowed = rule === 'always' || (rule === 'user' && env['GIT_PROTOCOL_FROM_USER'] !== '0');
  if (listed === undefined ? isAllowed : listed.split(':').includes(transport)) return;
  throw new CmfError('no-remote', {
    message: `transport '${transport}' is not allowed here`,
    hint: 'git help config (protocol.allow)',
  });
}

/** libgit2 knows none of git's settings for HTTP; to leave out a certificate, a header or a proxy would be wrong. */
function checkWebSettings(settings: readonly FoundSetting[], env: Environment): void {
  const setting = settings.find(({ key }) => key.startsWith('http.'));
  if (setting !== undefined) throw cannot(`obey ${setting.key}`);
  const variable = Object.keys(env).find((name) =>
    /^(?:GIT_(?:SSL|HTTP|CURL|PROXY)_\w+|(?:https?|all)_proxy)$/i.test(name),
  );
  if (variable !== undefined) throw cannot(`obey ${variable}`);
}

function fileIn(url: string): string {
  try {
    return decodeURIComponent(url.slice('file://'.length));
  } catch {
    return url.slice('file://'.length);
  }
}
