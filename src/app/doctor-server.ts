import { REFS } from '../domain/ids.ts';
import type { GitServer } from '../ports/git-server.ts';
import type { Machine } from '../ports/machine.ts';
import type { Context } from './clone.ts';
import { HIDE_REFS } from './control.ts';
import { examineMerge } from './doctor-merge.ts';
import { type Finding, fine, notice, wrong } from './finding.ts';
import { findHook, pathInHook } from './hook-files.ts';
import { HIDDEN_REFS, HOOK_NAMES } from './server.ts';

/** A bare repository: is it a central one, and do its hooks work? */
export async function examineServer(context: Context, server: GitServer, machine: Machine): Promise<Finding[]> {
  const { gitDir } = context.repository.layout;
  const help = `git cmf server install ${gitDir}`;
  const folder = await server.hooksDirectory();
  const files = HOOK_NAMES.map((name) => [name, findHook(context, folder, name)] as const);
  if (files.every(([, file]) => file === undefined)) {
    const none = 'the hooks of git cmf are not installed here';
    if ((await context.repository.refs.resolve(REFS.mergedAll)) === undefined)
      return [notice(`${none}, so nothing is merged in this repository`, help)];
    return [wrong(`${none}, and ${REFS.mergedAll} hides what was pushed since they went`, help)];
  }
  return [
    ...files.flatMap(([name, file]) => {
      if (file === undefined) return [wrong(`the hook ${name} is not the one of git cmf`, help)];
      const path = `${folder}/${file}`;
      return examineHook({ name, path, text: textOf(context, path), help }, machine);
    }),
    await examineHidden(server, help),
    ...(await examineMerge(context)),
  ];
}

type Hook = { readonly name: string; readonly path: string; readonly text: string; readonly help: string };

function examineHook({ name, path, text, help }: Hook, machine: Machine): Finding[] {
  if (!machine.isExecutable(path)) return [wrong(`${path} cannot be executed`, `chmod +x ${path}`)];
  const [node, program] = [pathInHook(text, 'node'), pathInHook(text, 'program')];
  if (node === undefined || !machine.isExecutable(node)) {
    return [wrong(`${path} starts ${node ?? 'nothing'}, which is not there (any more)`, help)];
  }
  if (program === undefined || !machine.isReadable(program)) {
    return [wrong(`${path} runs ${program ?? 'nothing'}, which is not there (any more)`, help)];
  }
  return [fine(`the hook ${name} is installed`)];
}

async function examineHidden(server: GitServer, help: string): Promise<Finding> {
  const present = new Set(await server.settings(HIDE_REFS));
  const missing = HIDDEN_REFS.filter((ref) => !present.has(ref));
  if (missing.length === 0) return fine(`clients cannot write ${HIDDEN_REFS.join(', ')}`);
  return wrong(`${HIDE_REFS} lacks ${missing.join(', ')}: clients could write what the server merges`, help);
}

function textOf({ disk }: Context, path: string): string {
  return Buffer.from(disk.read(path) ?? new Uint8Array()).toString('utf8');
}
