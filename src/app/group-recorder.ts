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
   * Resolves when the records are durable. Drafts that cannot be sealed reject at once and take nobody else down; a disk
   * that fails rejects the whole group.
   */
  record(drafts: readonly EntryDraft[]): Promise<void>;
  /** Makes everything durable and moves it from the log into the journal in git. */
  flush(): Promise<void>;
};

/** From this many entries on, the log is moved into the journal without being asked. */
const FLUSH_ENTRIES = 10_000;

export function openGroupRecorder(clone: Clone): GroupRecorder {
  const recorder = openRecorder(clone);
  let group: Promise<void> | undefined;
  const commit = () => {
    group = undefined;
    recorder.commit();
  };
  const flushLog = async (wait: boolean) => {
    await flush(clone, { wait, known: recorder.rotate() });
  };
  return {
    record: async (drafts) => {
      recorder.stage(drafts);
      group ??= clone.effects.sleep(0).then(commit);
      await group;
      if (recorder.pending >= FLUSH_ENTRIES) await flushLog(false);
    },
    flush: async () => {
      await group;
      await flushLog(true);
    },
  };
}
