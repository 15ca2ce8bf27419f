/** How far hashing and copying are, for a person who watches. */
import { progressLine } from '../domain/progress-line.ts';
import type { HashProgress } from '../ports/hasher.ts';
import type { Context } from './clone.ts';

/** A line is written this often at most; work that is done sooner says nothing. */
const EVERY_MS = 200;

export type ProgressReport = {
  readonly report: (progress: HashProgress) => void;
  /** Takes the line away. */
  readonly end: () => void;
};

export function hashProgress(
  { effects, reporter }: Pick<Context, 'effects' | 'reporter'>,
  what: string,
): ProgressReport {
  const startMs = effects.nowMs();
  let lastMs = startMs;
  let isShown = false;
  return {
    report(progress) {
      const nowMs = effects.nowMs();
      if (nowMs - lastMs < EVERY_MS) return;
      lastMs = nowMs;
      isShown = true;
      reporter.progress(progressLine(what, progress, nowMs - startMs));
    },
    end() {
      if (isShown) reporter.progress('');
    },
  };
}
