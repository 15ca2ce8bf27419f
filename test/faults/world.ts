/** A central repository with hooks, and clones that record: what crashes happen in. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Context, openClone } from '../../src/app/clone.ts';
import { pull } from '../../src/app/pull.ts';
import { push } from '../../src/app/push.ts';
import { readState } from '../../src/app/read-state.ts';
import { openContext } from '../../src/compose.ts';
import type { JournalState } from '../../src/domain/join.ts';
import { viewOf } from '../../src/domain/view.ts';
import { entriesDigest, viewDigest } from '../../src/domain/view-digest.ts';
import { mergeAt } from '../helpers/hosts.ts';
import { type Finished, runSealed, sealedEnv } from '../helpers/sealed-git.ts';
import { cmfEnv, makeCentral, makeSite, ROOT, settle } from '../helpers/sites.ts';
import { CAN_LOOK, MARK, untilQuiet } from './marked-processes.ts';

export type World = {
  readonly central: string;
  readonly a: string;
  readonly b: string;
  /** The clones that take part when all are to agree. */
  readonly sites: readonly string[];
  /** False: nobody merges there until somebody asks for it. */
  readonly hasHooks: boolean;
};

const SILENT = { warn: () => undefined, note: () => undefined, progress: () => undefined };

/** Makes a world in which nothing was recorded yet. */
export async function makeWorld(hasHooks: boolean): Promise<World> {
  const central = await makeCentral({ hooks: hasHooks });
  const [a, b] = [await makeSite(central), await makeSite(central)];
  return { central, a, b, sites: [b, a], hasHooks };
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
export async function knownAt(folder: string): Promise<Known> {
  return within(folder, newMark(), async (context) => knownOf(await wholeState(context)));
}

function knownOf({ entries }: JournalState): Known {
  return new Map([...entries.values()].map((entry) => [entry.was?.id ?? entry.id, entry.kind]));
}

async function wholeState(context: Context): Promise<JournalState> {
  const { state, partial } = await readState(context);
  if (partial.length === 0) return state;
  throw new Error(`${context.repository.layout.gitDir} is partial: ${partial.join('; ')}`);
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
export async function agree({ central, sites, hasHooks }: World): Promise<Known> {
  const mark = newMark();
  for (const site of sites) await within(site, mark, (context) => push(openClone(context), 'origin'));
  await untilQuiet(mark);
  if (!hasHooks) await mergeAt(central);
  else if (!CAN_LOOK) await settle(central);
  const merged = await within(central, mark, wholeState);
  const digest = digestOf(merged);
  for (const site of sites) {
    const state = await within(site, mark, async (context) => {
      await pull(context, 'origin');
      return wholeState(context);
    });
    if (digestOf(state) !== digest) throw new Error(`digests differ: ${digest}, and ${digestOf(state)} in ${site}`);
  }
  return knownOf(merged);
}

/** What `git cmf digest` prints. */
function digestOf(state: JournalState): string {
  return `${entriesDigest(state)} ${viewDigest(viewOf(state))}`;
}

/** Fails when something of `before` is not in `after`. */
export function requireAll(before: Known, after: Known, where: string): void {
  const lost = [...before].filter(([id]) => !after.has(id));
  if (lost.length === 0) return;
  throw new Error(`${lost.length} records are lost ${where}: ${lost.map(([id, kind]) => `${kind} ${id}`).join(', ')}`);
}
