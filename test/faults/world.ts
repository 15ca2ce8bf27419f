/** A central repository with hooks, and clones that record: what crashes happen in. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Context, openClone } from '../../src/app/clone.ts';
import { digestOf } from '../../src/app/digest.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { readState } from '../../src/app/read-state.ts';
import { openContext } from '../../src/compose.ts';
import { mergeAt } from '../helpers/hosts.ts';
import { type Finished, runSealed, sealedEnv } from '../helpers/sealed-git.ts';
import { cmfEnv, makeCentral, makeSite, ROOT, settle } from '../helpers/sites.ts';
import { CAN_LOOK, MARK, untilQuiet } from './marked-processes.ts';

export type World = {
  readonly central: string;
  readonly a: string;
  readonly b: string;
  /** False: nobody merges there until somebody asks for it. */
  readonly hasHooks: boolean;
};

const SILENT = { warn: () => undefined, note: () => undefined, progress: () => undefined };

/** Makes a world in which nothing was recorded yet. */
export async function makeWorld(hasHooks: boolean): Promise<World> {
  const central = await makeCentral({ hooks: hasHooks });
  return { central, a: await makeSite(central), b: await makeSite(central), hasHooks };
}

/** How to start the program. */
export type ProgramOptions = {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** 0 unless given. */
  readonly expectExit?: number | 'any';
  /** By which its processes can be found; one of its own unless given. */
  readonly mark?: string;
};

/** Runs the program, without git before it, and waits for all that it leaves running: a merge worker, a git. */
export async function program(
  folder: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<Finished> {
  const { mark = newMark() } = options;
  const env = cmfEnv({ ...options.env, [MARK]: mark });
  const words = [join(ROOT, 'bin/git-cmf'), ...args];
  const finished = await runSealed(process.execPath, words, { ...options, cwd: folder, env });
  await untilQuiet(mark);
  return finished;
}

/** A mark that no process carries yet. */
export function newMark(): string {
  return randomBytes(8).toString('hex');
}

/** What a repository knows: the kind of each entry, by its logical id. */
export type Known = ReadonlyMap<string, string>;

/** Reads what is known in a repository, as its reading commands would. Fails where something is damaged. */
export function knownAt(folder: string): Promise<Known> {
  return within(folder, newMark(), async (context) => {
    const { state, partial } = await readState(context);
    if (partial.length > 0) throw new Error(`${folder} is partial: ${partial.join('; ')}`);
    return new Map([...state.entries.values()].map((entry) => [entry.was?.id ?? entry.id, entry.kind]));
  });
}

function digestIn(folder: string): Promise<string> {
  return within(folder, newMark(), async (context) => {
    const { entries, view, partial } = await digestOf(context, undefined);
    if (partial.length > 0) throw new Error(`${folder} is partial: ${partial.join('; ')}`);
    return `${entries} ${view}`;
  });
}

/** Works on a repository in this process; what git starts for it carries the mark. */
async function within<Result>(
  folder: string,
  mark: string,
  work: (context: Context) => Promise<Result>,
): Promise<Result> {
  const { stdin, stdout, stderr } = process;
  const host = { stdin, stdout, stderr, env: sealedEnv(cmfEnv({ [MARK]: mark })) };
  const context = await openContext(folder, host, SILENT);
  try {
    return await work(context);
  } finally {
    await context.repository.close();
  }
}

/**
 * Everybody pushes and pulls; then all must know the same. Returns what they know. Done in this process, since it is done
 * after every kill; that commands work is for the caller to show.
 */
export async function agree({ central, a, b, hasHooks }: World): Promise<Known> {
  const mark = newMark();
  for (const site of [b, a]) await within(site, mark, (context) => push(openClone(context), 'origin'));
  await untilQuiet(mark);
  if (!hasHooks) await mergeAt(central);
  else if (!CAN_LOOK) await settle(central);
  for (const site of [a, b]) await within(site, mark, (context) => pull(context, 'origin'));
  const [first, ...others] = await Promise.all([central, a, b].map(digestIn));
  for (const digest of others) if (digest !== first) throw new Error(`digests differ: ${first}, ${others.join(', ')}`);
  return knownAt(central);
}

/** Fails when something of `before` is not in `after`. */
export function requireAll(before: Known, after: Known, where: string): void {
  const lost = [...before].filter(([id]) => !after.has(id));
  if (lost.length === 0) return;
  throw new Error(`${lost.length} records are lost ${where}: ${lost.map(([id, kind]) => `${kind} ${id}`).join(', ')}`);
}
