import type { FsckReport } from '../../../app/fsck.ts';
import { visible } from '../../../domain/visible.ts';
import { counted } from './counted.ts';
import { jsonDocument } from './json-document.ts';

const WHAT_HELPS = 'git cmf pull brings back what other clones hold, git cmf doctor looks further';

/** What was checked, then each finding. */
export function renderFsck(report: FsckReport): string {
  const { writers, segments, entries, logRecords, errors, notices } = report;
  const lines = [
    `checked ${counted(entries, 'entry', 'entries')} in ${counted(segments, 'segment')} of ${counted(writers, 'writer')}, and ${counted(logRecords, 'record')} in the log`,
    ...notices.map((notice) => `notice: ${visible(notice)}`),
    ...errors.map((error) => `error: ${visible(error)}`),
    errors.length === 0 ? 'all of it is sound' : `${counted(errors.length, 'error')}; ${WHAT_HELPS}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** The same as a document of schema `git-cmf/fsck/1`. */
export function renderFsckJson(report: FsckReport): string {
  return jsonDocument('git-cmf/fsck/1', { ...report });
}
