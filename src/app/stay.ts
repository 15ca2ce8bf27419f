/**
 * A process that stays when its merge is done, and checks what is pushed: a push then does not wait for a program to start.
 * Only where `cmf.stayMinutes` says so; whatever it does not answer, the hook finds out by itself.
 */
import { CmfError } from '../domain/errors.ts';
import type { Answer, Desk, Question } from '../ports/desk.ts';
import { type Context, stateDirectory } from './clone.ts';
import { withLock } from './lock.ts';

/** The folder of desks, below git's own. */
export function deskDirectory(context: Pick<Context, 'repository'>): string {
  return `${stateDirectory(context)}/desk`;
}

export type StayOptions = {
  /** Rejects when it could not find out. */
  readonly answer: (question: Question) => Promise<Answer>;
  /** False when this program is no longer the one that is installed. */
  readonly isCurrent: () => boolean;
};

const MINUTE_MS = 60_000;
const LOOK_MS = 500;
/** Checks at the same time: more of them share the processors and the memory of one process. */
const AT_ONCE = 4;

/** How long to stay after the last push; 0 unless it is a number. */
export async function stayMinutes({ repository }: Context): Promise<number> {
  const minutes = Number(await repository.worktree.config('cmf.stayMinutes'));
  return Number.isFinite(minutes) && minutes > 0 ? minutes : 0;
}

/** Stays at a desk, unless somebody is there, until nobody has asked for so long. */
export async function stay(context: Context, desk: Desk, minutes: number, options: StayOptions): Promise<void> {
  const { disk, effects } = context;
  disk.makeDirectory(deskDirectory(context));
  await withLock(context, `desk-${desk.owner}`, false, async () => {
    let lastMs = effects.nowMs();
    let asked = 0;
    let isSound = true;
    const inTurn = openTurns(AT_ONCE);
    const answer = async (question: Question): Promise<Answer | undefined> => {
      asked++;
      try {
        return await inTurn(() => options.answer(question));
      } catch {
        // Who cannot check is of no use here; a process that starts anew may be.
        isSound = false;
        return undefined;
      } finally {
        asked--;
        lastMs = effects.nowMs();
      }
    };
    const isFit = (): boolean => isSound && options.isCurrent();
    desk.open({ mayTake: isFit, answer });
    try {
      const isWaiting = (): boolean => effects.nowMs() - lastMs < minutes * MINUTE_MS && isFit();
      while (asked > 0 || (desk.isOpen() && isWaiting())) await effects.sleep(LOOK_MS);
    } finally {
      desk.close();
    }
  });
}

/** Lets so many work at once; the others wait. */
function openTurns(atOnce: number) {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free--;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free++;
      else next();
    }
  };
}

/** Sends away whoever stays, of every user, so that what has changed holds for who comes next. */
export function sendAway({ disk, repository }: Context): void {
  const directory = deskDirectory({ repository });
  for (const name of disk.list(directory)) {
    try {
      if (name.endsWith('.open')) disk.remove(`${directory}/${name}`);
    } catch (error) {
      // Where that is not allowed, it goes when nobody asks any more.
      if (!(error instanceof CmfError)) throw error;
    }
  }
}
