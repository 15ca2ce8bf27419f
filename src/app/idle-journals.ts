/**
 * Journals that nobody has written to for long. Once a day a server looks for them:
 *
 *     <common git dir>/cmf/folded.json     {"lookedMs": <time of the last look>}; a hint
 */
import { isJsonObject } from '../domain/canonical-json.ts';
import { REFS } from '../domain/ids.ts';
import type { Ref } from '../ports/git.ts';
import { type Context, stateDirectory } from './clone.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** What `cmf.foldAfterDays` is when it is not set. */
const FOLD_AFTER_DAYS = 90;

/**
 * The journals whose last commit is older than `cmf.foldAfterDays` (0: never). The time is the writer's own: a wrong one
 * folds too early or too late, and both do no harm.
 * @param isForced looks although it was done today
 */
export async function idleJournals(context: Context, isForced: boolean): Promise<Ref[]> {
  const { repository, effects } = context;
  const nowMs = effects.nowMs();
  const sinceMs = nowMs - lastLookMs(context);
  if (!isForced && sinceMs >= 0 && sinceMs < DAY_MS) return [];
  const days = daysOf(await repository.worktree.config('cmf.foldAfterDays'));
  const idle: Ref[] = [];
  for (const ref of days === 0 ? [] : await repository.refs.list([REFS.journal])) {
    const info = await repository.objects.info(ref.oid);
    if (info?.type !== 'commit') continue;
    const timeMs = (await repository.objects.timeOf(ref.oid)) * 1000;
    if (timeMs < nowMs - days * DAY_MS) idle.push(ref);
  }
  context.disk.writeHint(pathOf(context), JSON.stringify({ lookedMs: nowMs }));
  return idle;
}

function daysOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,5}$/.test(text) ? Number(text) : FOLD_AFTER_DAYS;
}

function lastLookMs(context: Context): number {
  const bytes = context.disk.read(pathOf(context));
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes ?? new Uint8Array()).toString('utf8'));
    return isJsonObject(json) && typeof json['lookedMs'] === 'number' ? json['lookedMs'] : 0;
  } catch {
    return 0;
  }
}

function pathOf(context: Context): string {
  return `${stateDirectory(context)}/folded.json`;
}
