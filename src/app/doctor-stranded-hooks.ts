/** Hooks that somebody had before git cmf, and that nothing runs any more, since ours was taken out by hand. */
import { CmfError } from '../domain/errors.ts';
import type { GitServer } from '../ports/git-server.ts';
import { CLIENT_HOOKS } from './client-hooks.ts';
import type { Context } from './clone.ts';
import { type Finding, wrong } from './finding.ts';
import { removeHooks, requireOwnHooks, type Stranded, strandedHooks } from './hook-files.ts';
import { HOOK_NAMES } from './server.ts';

/** Looks for them, whichever of our hooks they stood behind. */
export async function examineStrandedHooks(context: Context, server: GitServer): Promise<Finding[]> {
  const directory = await server.hooksDirectory();
  const names = [...HOOK_NAMES, ...CLIENT_HOOKS];
  const isOwn = isOwnFolder(context, directory);
  return strandedHooks({ context, directory, names }).map((one) => findingOf(context, directory, one, isOwn));
}

function findingOf(
  context: Context,
  directory: string,
  { name, previous, isReplaced }: Stranded,
  isOwn: boolean,
): Finding {
  const [path, before] = [`${directory}/${name}`, `${directory}/${previous}`];
  if (isReplaced) {
    const what = `${before} was the hook before git cmf, and ${path}, which took its place, is not of git cmf: only that one runs`;
    return wrong(what, `make one hook of the two, then rm ${before}`);
  }
  const what = `${before} was the hook before git cmf, and nothing runs it: the hook of git cmf that did is gone`;
  if (!isOwn) return wrong(what, `mv ${before} ${path}`);
  const fix = async () => {
    removeHooks({ context, directory, names: [name] });
    return `it is ${path} again`;
  };
  return { ...wrong(what, 'git cmf doctor --fix'), fix };
}

/** What lies in a folder that other repositories may use too is not changed in passing. */
function isOwnFolder(context: Context, directory: string): boolean {
  try {
    requireOwnHooks(context, directory, '');
    return true;
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    return false;
  }
}
