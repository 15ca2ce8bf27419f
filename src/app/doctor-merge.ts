import { isJsonObject } from '../domain/canonical-json.ts';
import { REFS } from '../domain/ids.ts';
import { type Context, stateDirectory } from './clone.ts';
import { type Finding, fine, notice, wrong } from './finding.ts';
import { isWanted, runMergeWorker } from './merge-worker.ts';

const HELP_MERGE = 'git cmf server merge';

/** Does a merge have to be made, and what could the last one not do, as it left word in `merge.json`? */
export async function examineMerge(context: Context): Promise<Finding[]> {
  const { disk, repository } = context;
  const { error, report, notes } = parse(disk.read(`${stateDirectory({ repository })}/merge.json`));
  const skipped =
    isJsonObject(report) && Array.isArray(report['skipped']) ? report['skipped'].filter(isJsonObject) : [];
  return [
    await examineWaiting(context, error),
    ...skipped.map(({ ref, writer, reason }) => {
      const part = typeof writer === 'string' ? `${ref} (writer ${writer})` : `${ref}`;
      return wrong(`the last merge left out ${part}: ${reason}`, 'git cmf fsck');
    }),
    ...(isJsonObject(notes) ? [notice(`the last notes failed: ${notes['error']}`, HELP_MERGE)] : []),
  ];
}

async function examineWaiting(context: Context, error: unknown): Promise<Finding> {
  const fix = async () => {
    await runMergeWorker(context, { isForced: true });
    return 'merged';
  };
  if (typeof error === 'string') return { ...wrong(`the last merge failed: ${error}`, HELP_MERGE), fix };
  if (isWanted(context)) return { ...notice('a push is waiting to be merged', HELP_MERGE), fix };
  const { refs } = context.repository;
  const journals = await refs.list([REFS.journal, REFS.inbox, REFS.archive]);
  if (journals.length === 0 || (await refs.resolve(REFS.mergedAll)) !== undefined)
    return fine('nothing waits to be merged');
  return { ...wrong('there are journals and nothing was ever merged', HELP_MERGE), fix };
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
