/**
 * Group commit for programs that record often: all that is recorded within one turn of the event loop becomes durable with
 * one sync.
 */
import type { EntryDraft } from '../domain/entry.ts';
import type { Clone } from './clone.ts';
import { flush } from './flush.ts';
import { openRecorder } from './recorder.ts';

export type GroupRecorder = {
  /**
   * Resolves when the records are durable. What cannot be prepared or sealed rejects and takes nobody else down; a disk
   * that fails rejects the whole group.
   */
  record(prepare: () => readonly EntryDraft[]): Promise<void>;
  /** Makes everything durable and moves it from the log into the journal in git. */
  flush(): Promise<void>;
};

/**
 * From this many entries on, the log is moved into the journal without being asked. Ten times what a stream of JSON lines
 * waits for: each flush makes a commit, and 10,000 points took a fifth longer to record with a flush every 1,000.
 */
const FLUSH_ENTRIES = 10_000;

export function openGroupRecorder(clone: Clone): GroupRecorder {
  const recorder = openRecorder(clone);
  /** All that is recorded within one turn waits for this one promise: a promise for each would cost more than the record. */
  let group: Promise<void> | undefined;
  let flushing: Promise<unknown> = Promise.resolve();
  const flushLog = (wait: boolean) => flush(clone, { wait, known: recorder.rotate() });
  const commit = () => {
    group = undefined;
    recorder.commit();
    // Nobody waits for this flush, and nobody need know if it fails: the log is durable, and the next flush begins with it.
    if (recorder.pending >= FLUSH_ENTRIES) flushing = flushLog(false).catch(() => undefined);
  };
  return {
    record: (prepare) => {
      group ??= clone.effects.sleep(0).then(commit);
      try {
        recorder.stage(prepare());
      } catch (error) {
        // Not before the others are durable: a rejection that nobody handles ends the process.
        const refuse = () => {
          throw error;
        };
        return group.then(refuse, refuse);
      }
      return group;
    },
    flush: async () => {
      await group;
      await flushing;
      await flushLog(true);
    },
  };
}
