import type { HookOutcome } from '../../../app/hook-files.ts';
import type { WorkerReport } from '../../../app/merge-worker.ts';
import type { ServerReport } from '../../../app/server.ts';
import { visible } from '../../../domain/visible.ts';
import { counted } from './counted.ts';

/** Each hook and setting, and what happened to it. */
export function renderServer({ hooksDirectory, hooks, settings, refs }: ServerReport): string {
  const lines = [
    ...hooks.map((hook) => renderHook(hooksDirectory, hook)),
    ...settings.map((setting) => `${hooks.some(({ status }) => status === 'removed') ? 'removed' : 'set'} ${setting}`),
    ...refs.map((ref) => `removed ${ref}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** Where a hook lies and what happened to it, without a line feed. */
export function renderHook(directory: string, hook: HookOutcome): string {
  return `${visible(`${directory}/${hook.file}`)}: ${hookText(hook)}`;
}

function hookText({ name, status, hasPrevious }: HookOutcome): string {
  switch (status) {
    case 'removed':
      return hasPrevious ? 'removed; the hook that was there before is back' : 'removed';
    case 'not-ours':
      return hasPrevious
        ? `not of git cmf, left alone; what was there before git cmf lies in ${name}.before-cmf`
        : 'not of git cmf, left alone';
    default:
      return hasPrevious ? `${status}; the hook that was there before runs too` : status;
  }
}

/** What a merge did. */
export function renderMerge(outcome: WorkerReport): string {
  if (outcome.kind !== 'merged') return 'Another merge is running and will see everything.\n';
  const { report, folded } = outcome;
  const lines = [
    report.changed.length === 0
      ? `Nothing new in ${counted(report.writers, 'writer')}.`
      : `Merged ${counted(report.writers, 'writer')}; ${counted(report.changed.length, 'ref')} moved.`,
    ...(folded.length === 0 ? [] : [`Folded ${counted(folded.length, 'inbox', 'inboxes')} into the archive.`]),
    ...report.skipped.map(({ ref, reason }) => `left out: ${visible(ref)}: ${visible(reason)}`),
  ];
  return `${lines.join('\n')}\n`;
}
