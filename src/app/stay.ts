/**
 * A process that stays when its merge is done, and checks what is pushed: a push then does not wait for a program to start.
 * Only where `cmf.stayMinutes` says so; whatever it does not answer, the hook finds out by itself.
 */
import type { Answer, Desk, Question } from '../ports/desk.ts';
import { type Context, stateDirectory } from './clone.ts';
import { withLock } from './lock.ts';

/** The folder of desks, below git's own. */
export function deskDirectory(context: Pick<Context, 'repository'>): string {
  return `${stateDirectory(context)}/desk`;
}

export type StayOptions = {
  readonly answer: (question: Question) => Promise<Answer>;
  /** False when this program is no longer the one that is installed. */
  readonly isCurrent: () => boolean;
};

/** The file that says that somebody is there (see src/adapters/desk/folder-desk.ts). */
const OPEN = 'open';
const MINUTE_MS = 60_000;
const LOOK_MS = 500;

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
    desk.open({
      mayTake: options.isCurrent,
      answer: async (question) => {
        asked++;
        try {
          return await options.answer(question);
        } finally {
          asked--;
          lastMs = effects.nowMs();
        }
      },
    });
    try {
      const isWaiting = (): boolean => effects.nowMs() - lastMs < minutes * MINUTE_MS && options.isCurrent();
      while (asked > 0 || (desk.isOpen() && isWaiting())) await effects.sleep(LOOK_MS);
    } finally {
      desk.close();
    }
  });
}

/** Sends away whoever stays, of every user. */
export function sendAway({ disk, repository }: Context): void {
  const directory = deskDirectory({ repository });
  for (const owner of disk.list(directory)) disk.remove(`${directory}/${owner}/${OPEN}`);
}
