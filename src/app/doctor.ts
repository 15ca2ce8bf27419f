/** What is wrong with the set-up, and what helps: the programs, this clone's own folder, the remote, a server's hooks. */
import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import { remoteWithoutCredentials } from '../domain/without-credentials.ts';
import type { GitServer } from '../ports/git-server.ts';
import type { Machine } from '../ports/machine.ts';
import { type Context, isInitialised } from './clone.ts';
import { examineClientHooks } from './doctor-client-hooks.ts';
import { examineClone } from './doctor-clone.ts';
import { examineLeftBehind } from './doctor-locks.ts';
import { examineMachine } from './doctor-machine.ts';
import { examineServer } from './doctor-server.ts';
import { examineStrandedHooks } from './doctor-stranded-hooks.ts';
import { type Finding, fine, notice, wrong } from './finding.ts';
import { chooseRemote } from './remote.ts';

export type DoctorOptions = {
  /** Mend what can be mended without losing anything. */
  readonly fix: boolean;
  /** Ask the remote too. */
  readonly remote: boolean;
};

/** What is asked besides the repository. */
export type DoctorDoors = { readonly machine: Machine; readonly server: GitServer };

/** A finding, and what was done about it. */
export type Examined = Omit<Finding, 'fix'> & {
  readonly isFixable: boolean;
  /** What was mended; undefined when nothing was. */
  readonly fixed: string | undefined;
  /** Why it could not be mended, though that was asked for. */
  readonly notFixed: string | undefined;
};

/** Looks at everything; throws for nothing that it finds. */
export async function examine(
  context: Context,
  { machine, server }: DoctorDoors,
  options: DoctorOptions,
): Promise<Examined[]> {
  const isBare = context.repository.layout.worktree === undefined;
  const findings: Finding[] = [
    ...(await examineMachine(machine)),
    // Mended first: no other mend can move a ref that is locked.
    ...(await examineLeftBehind(context, machine)),
    ...(isInitialised(context) || !isBare ? await examineClone(context, machine) : []),
    ...(isInitialised(context) ? await examineClientHooks(context, server, machine) : []),
    ...(isBare ? await examineServer(context, server, machine) : []),
    ...(isBare || isInitialised(context) ? await examineStrandedHooks(context, server) : []),
    ...(options.remote ? await examineRemote(context) : []),
  ];
  const examined: Examined[] = [];
  for (const finding of findings) examined.push(await mended(finding, options.fix));
  return examined;
}

/** Mends a finding if asked to. What keeps one from being mended keeps no other from it, and is told beside it. */
async function mended({ fix, ...finding }: Finding, isAsked: boolean): Promise<Examined> {
  const isFixable = fix !== undefined;
  if (!isAsked || !isFixable) return { ...finding, isFixable, fixed: undefined, notFixed: undefined };
  try {
    return { ...finding, isFixable, fixed: await fix(), notFixed: undefined };
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    const help = error.hint === undefined ? {} : { help: error.hint };
    return { ...finding, ...help, level: 'wrong', isFixable, fixed: undefined, notFixed: error.message };
  }
}

async function examineRemote(context: Context): Promise<Finding[]> {
  try {
    const remote = await chooseRemote(context, []);
    const name = remoteWithoutCredentials(remote);
    const refs = await context.repository.transport.listRemote(remote, [REFS.all]);
    const merges = refs.some(({ name }) => name === REFS.mergedAll);
    return [
      fine(`${name} answers and holds ${refs.length} refs of git cmf`),
      merges || refs.length === 0
        ? fine(merges ? `${name} merges what it receives` : `nothing was pushed to ${name} yet`)
        : notice(`${name} runs no merge; clones fetch all journals and merge by themselves`),
    ];
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    return [wrong(error.message, error.hint ?? 'git ls-remote')];
  }
}
