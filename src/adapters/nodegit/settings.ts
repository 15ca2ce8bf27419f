import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { cannot } from './cannot.ts';
import { parseConfig, type Setting } from './config-text.ts';

/** An environment as node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a setting was found: what stands in a repository may not vouch for that repository. */
export type FoundSetting = Setting & { readonly scope: 'user' | 'repository' };

/** git's own limit for includes within includes. */
const INCLUDE_DEPTH = 10;

const TRUE = /^(?:true|yes|on|[1-9]\d*)$/i;

/** True for what git reads as a true boolean. */
export function isTrue(value: string | undefined): boolean {
  return value !== undefined && TRUE.test(value);
}

/** The configuration files outside of a repository, in the order in which git reads them. */
export function userConfigFiles(env: Environment): string[] {
  const home = env['HOME'] ?? '';
  const xdg = env['XDG_CONFIG_HOME'] || (home === '' ? '' : join(home, '.config'));
  const system = isTrue(env['GIT_CONFIG_NOSYSTEM']) ? [] : [env['GIT_CONFIG_SYSTEM'] ?? '/etc/gitconfig'];
  const global = env['GIT_CONFIG_GLOBAL'];
  if (global !== undefined) return [...system, global];
  return [
    ...system,
    ...(xdg === '' ? [] : [join(xdg, 'git', 'config')]),
    ...(home === '' ? [] : [join(home, '.gitconfig')]),
  ];
}

/**
 * All settings that git would see, the last one of a key winning. libgit2 can look a key up, but nodegit 0.27 cannot list
 * keys, so the files are read here. Throws `environment` for what is not understood: a setting must not go unseen.
 */
export function readSettings(env: Environment, commonDir: string | undefined): FoundSetting[] {
  if (env['GIT_CONFIG_PARAMETERS'] || env['GIT_CONFIG_COUNT']) throw cannot('read settings given with `git -c`');
  const user = userConfigFiles(env).flatMap((file) => readFile(file, env, 0));
  const own = commonDir === undefined ? [] : readFile(join(commonDir, 'config'), env, 0);
  return [
    ...user.map((setting) => ({ ...setting, scope: 'user' }) as const),
    ...own.map((setting) => ({ ...setting, scope: 'repository' }) as const),
  ];
}

function readFile(file: string, env: Environment, depth: number): Setting[] {
  if (!existsSync(file)) return [];
  if (depth > INCLUDE_DEPTH) throw cannot(`follow more than ${INCLUDE_DEPTH} includes, the last one in ${file}`);
  return parseConfig(readFileSync(file, 'utf8'), file).flatMap((setting) => {
    if (setting.key === 'include.path')
      return [setting, ...readFile(included(setting.value, file, env), env, depth + 1)];
    if (setting.key.startsWith('includeif.')) throw cannot(`read conditional includes (${setting.key} in ${file})`);
    return [setting];
  });
}

function included(path: string, from: string, env: Environment): string {
  if (path.startsWith('~/')) return join(env['HOME'] ?? '', path.slice(2));
  if (path.startsWith('~')) throw cannot(`find the home of another user for the include ${path}`);
  return isAbsolute(path) ? path : join(dirname(from), path);
}
