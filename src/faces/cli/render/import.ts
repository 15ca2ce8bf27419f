/** What an import found and added. */
import type { DvcImportReport, ImportCounts } from '../../../app/import-dvc.ts';
import { counted } from './counted.ts';
import { jsonDocument } from './json-document.ts';

const COMMIT_LENGTH = 7;

/** Why something was not imported. */
export function leftOutText({ path, commit, message }: DvcImportReport['leftOut'][number]): string {
  const where = message.startsWith(path) ? '' : `${path}: `;
  return `left out: ${where}${message} (commit ${commit.slice(0, COMMIT_LENGTH)})`;
}

/** Two lines for a person. */
export function renderImport(report: DvcImportReport, isDryRun: boolean): string {
  const { commits, files, found, added } = report;
  const read = `Read ${counted(files, 'file')} of DVC in ${counted(commits, 'commit')}: ${countsText(found)}.\n`;
  if (added.entries === 0) return `${read}Nothing that is not known here.\n`;
  return `${read}${isDryRun ? 'Would add' : 'Added'} ${countsText(added)}.\n`;
}

function countsText({ executions, uses, artifacts, params, metrics }: ImportCounts): string {
  return [
    counted(executions, 'execution'),
    `${counted(uses, 'use')} of ${counted(artifacts, 'artifact')}`,
    counted(params, 'parameter'),
    counted(metrics, 'metric'),
  ].join(', ');
}

/** The document `git-cmf/import/1`. */
export function renderImportJson(report: DvcImportReport, isDryRun: boolean): string {
  const { pipeline, commits, files, found, added, leftOut } = report;
  return jsonDocument('git-cmf/import/1', {
    pipeline,
    dryRun: isDryRun,
    commits,
    files,
    found,
    added,
    leftOut: leftOut.map(({ path, commit, message }) => ({ path, commit, message })),
  });
}
