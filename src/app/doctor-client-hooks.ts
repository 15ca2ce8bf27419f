import type { GitServer } from '../ports/git-server.ts';
import type { Machine } from '../ports/machine.ts';
import { CLIENT_HOOKS } from './client-hooks.ts';
import type { Context } from './clone.ts';
import { type Finding, fine, wrong } from './finding.ts';
import { findHook } from './hook-files.ts';

/** A clone's own hooks: nothing to say where they were not asked for. */
export async function examineClientHooks(context: Context, server: GitServer, machine: Machine): Promise<Finding[]> {
  const folder = await server.hooksDirectory();
  return CLIENT_HOOKS.flatMap((name) => {
    const file = findHook(context, folder, name);
    if (file === undefined) return [];
    const path = `${folder}/${file}`;
    if (machine.isExecutable(path)) return [fine(`the hook ${name} is installed`)];
    return [wrong(`${path} cannot be executed`, 'git cmf init --hooks')];
  });
}
