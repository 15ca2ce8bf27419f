/** Lets the disk write while more is read and hashed: the sync at the end then has little left to wait for. */
export interface SyncBehind {
  wrote(amount: number): void;
  /**
   * Waits for what was asked.
   * @returns false when the disk could not do it once. The system tells a failed write only to who asks first, so another sync
   * of the whole proves nothing then.
   */
  settled(): Promise<boolean>;
}

/**
 * @param enough how much is written before the disk is asked to begin
 * @param begin asks it; false where it could not
 */
export function syncBehind(enough: number, begin: () => Promise<boolean>): SyncBehind {
  let waiting = 0;
  let isAtWork = false;
  let isSound = true;
  let last = Promise.resolve();
  const ask = async (): Promise<void> => {
    const isDone = await begin().catch(() => false);
    isSound &&= isDone;
    isAtWork = false;
  };
  return {
    wrote(amount) {
      waiting += amount;
      if (isAtWork || waiting < enough) return;
      waiting = 0;
      isAtWork = true;
      last = ask();
    },
    async settled() {
      await last;
      return isSound;
    },
  };
}
