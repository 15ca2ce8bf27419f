/** Lets the disk write while more is read and hashed: the sync at the end then has little left to wait for. */
export interface SyncBehind {
  wrote(amount: number): void;
}

/**
 * @param enough how much is written before the disk is asked to begin
 * @param begin asks it; whether that could be done, the sync at the end says
 */
export function syncBehind(enough: number, begin: () => Promise<unknown>): SyncBehind {
  let waiting = 0;
  let isAtWork = false;
  return {
    wrote(amount) {
      waiting += amount;
      if (isAtWork || waiting < enough) return;
      waiting = 0;
      isAtWork = true;
      void begin()
        .catch(() => undefined)
        .finally(() => {
          isAtWork = false;
        });
    },
  };
}
