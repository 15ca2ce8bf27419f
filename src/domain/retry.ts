/** How often, and after which pauses, something is tried again that failed for a reason that may pass. */
export type RetryPolicy = {
  /** All tries, with the first one. */
  readonly triesMax: number;
  readonly firstPauseMs: number;
  readonly pauseMaxMs: number;
};

/** A server that was started again or a line that was cut: about half a minute in all. */
export const PATIENT: RetryPolicy = { triesMax: 6, firstPauseMs: 500, pauseMaxMs: 15_000 };

/**
 * The pause before the next try; undefined when there is none. Pauses double and are spread over their upper half, so that
 * those who failed together do not come back together.
 * @param failed how many tries have failed, 1 or more
 * @param chance from 0 up to 1
 */
export function pauseMs(policy: RetryPolicy, failed: number, chance: number): number | undefined {
  if (failed >= policy.triesMax) return undefined;
  const whole = Math.min(policy.pauseMaxMs, policy.firstPauseMs * 2 ** (failed - 1));
  return Math.round(whole / 2 + (whole / 2) * chance);
}
