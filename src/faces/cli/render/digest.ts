import type { DigestReport } from '../../../app/digest.ts';

/** Three lines: what is known, what it means, and whether something is missing. */
export function renderDigest(report: DigestReport): string {
  const lines = [
    `entries: ${report.entries}  (${report.count})`,
    `view:    ${report.view}  (fold ${report.foldVersion})`,
  ];
  for (const reason of report.partial) lines.push(`partial: ${reason}`);
  return `${lines.join('\n')}\n`;
}

/** The same as a document of schema `git-cmf/digest/1`. */
export function renderDigestJson(report: DigestReport): string {
  return `${JSON.stringify({ schema: 'git-cmf/digest/1', ...report })}\n`;
}
