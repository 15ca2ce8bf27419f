/** Permissions as they are for anybody who is not the administrator. */
import { chmodSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Finished, runSealed } from './sealed-git.ts';
import { type CmfOptions, cmfEnv } from './sites.ts';

/** What lets root write where the permissions say no. */
const POWERS = '-dac_override,-dac_read_search,-fowner';

/** Runs `git cmf` so that permissions count, also where the tests themselves are run by root. */
export function cmfAsOrdinaryUser(
  folder: string,
  args: readonly string[],
  options: CmfOptions = {},
): Promise<Finished> {
  const powerless = process.getuid?.() === 0 ? ['setpriv', `--bounding-set=${POWERS}`, `--inh-caps=${POWERS}`] : [];
  const [program = 'git', ...rest] = [...powerless, 'git', 'cmf', ...args];
  return runSealed(program, rest, { ...options, cwd: folder, env: cmfEnv(options.env) });
}

/** Takes away, or gives back, everybody's right to write below a folder. */
export function setWritable(folder: string, isWritable: boolean): void {
  const paths = ['', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })].map((name) => join(folder, name));
  for (const path of paths) {
    const stat = lstatSync(path);
    if (!stat.isSymbolicLink()) chmodSync(path, isWritable ? stat.mode | 0o200 : stat.mode & ~0o222);
  }
}

/** Names of all below a folder, with their sizes, to see that nothing was written. (git itself renews times.) */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${name} ${lstatSync(join(folder, name)).size}`)
    .sort();
}
