/**
 * Group commit for programs that record often: all that is recorded within one turn of the event loop becomes durable with
 * one sync.
 */
import type { Entry, EntryDraft } from '../domain/entry.ts';
import type { Clone } from './clone.ts';
import { flush } from './flush.ts';
import { openRecorder } from './recorder.ts';

export type GroupRecorder = {
  /** Resolves when the records are durable; rejects, with nothing recorded, when one of these drafts cannot be sealed. */
  record(drafts: readonly EntryDraft[]): Promise<Entry[]>;
  /** Makes everything durable and moves it from the log into the journal in git. */
  flush(): Promise<void>;
};

type Waiting = {
  readonly drafts: readonly EntryDraft[];
  readonly resolve: (entries: Entry[]) => void;
  readonly reject: (error: unknown) => void;
};

/** From this many entries on, the log is moved into the journal without being asked. */
const FLUSH_ENTRIES = 10_000;

export function openGroupRecorder(clone: Clone): GroupRecorder {
  const recorder = openRecorder(clone);
  let waiting: Waiting[] = [];
  let scheduled: Promise<void> | undefined;
  const commit = async () => {
    scheduled = undefined;
    const group = waiting;
    waiting = [];
    try {
      const entries = recorder.record(group.flatMap(({ drafts }) => drafts));
      let from = 0;
      for (const { drafts, resolve } of group) {
        resolve(entries.slice(from, from + drafts.length));
        from += drafts.length;
      }
    } catch {
      // One bad draft must not take the others down: each is tried alone, so the error reaches its own author.
      for (const one of group) commitAlone(one);
    }
    if (recorder.pending >= FLUSH_ENTRIES) await flushLog(false);
  };
  const commitAlone = ({ drafts, resolve, reject }: Waiting) => {
    try {
      resolve(recorder.record(drafts));
    } catch (error) {
      reject(error);
    }
  };
  const flushLog = async (wait: boolean) => {
    await flush(clone, { wait, known: recorder.rotate() });
  };
  return {
    record: (drafts) =>
      new Promise((resolve, reject) => {
        waiting.push({ drafts, resolve, reject });
        scheduled ??= clone.effects.sleep(0).then(commit);
      }),
    flush: async () => {
      await scheduled;
      await flushLog(true);
    },
  };
}
