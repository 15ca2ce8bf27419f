import { isJsonObject } from '../domain/canonical-json.ts';
import { type Context, stateDirectory } from './clone.ts';
import { type Finding, notice, wrong } from './finding.ts';

/** What the last merge could not do, as it left word in `merge.json`. */
export function examineLastMerge({ disk, repository }: Context): Finding[] {
  const last = parse(disk.read(`${stateDirectory({ repository })}/merge.json`));
  const { error, report, notes } = last;
  const skipped =
    isJsonObject(report) && Array.isArray(report['skipped']) ? report['skipped'].filter(isJsonObject) : [];
  return [
    ...(typeof error === 'string' ? [wrong(`the last merge failed: ${error}`, 'git cmf server merge')] : []),
    ...skipped.map(({ ref, writer, reason }) => {
      const part = typeof writer === 'string' ? `${ref} (writer ${writer})` : `${ref}`;
      return wrong(`the last merge left out ${part}: ${reason}`, 'git cmf fsck');
    }),
    ...(isJsonObject(notes) ? [notice(`the last notes failed: ${notes['error']}`, 'git cmf server merge')] : []),
  ];
}

function parse(bytes: Uint8Array | undefined): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
    return isJsonObject(json) ? json : {};
  } catch {
    // A hint that a crash cut short is no hint.
    return {};
  }
}
