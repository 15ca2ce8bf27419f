/** Purging in a central repository: from the ids that an admin typed to a repository that shows them no more. */
import { createPurgeRecords, REASON_LENGTH_MAX } from '../domain/control-record.ts';
import { CmfError } from '../domain/errors.ts';
import type { EntryId } from '../domain/ids.ts';
import type { Purge } from '../domain/join.ts';
import { purgeOf } from '../domain/purge.ts';
import { type Resolution, resolve } from '../domain/resolve.ts';
import { type PublicKey, publicKeyOf } from '../domain/signature.ts';
import { openAdminKey } from './admin-key.ts';
import { dropTips } from './bundle-room.ts';
import { stateDirectory } from './clone.ts';
import { addControl } from './control.ts';
import { runMergeWorker, type WorkerReport } from './merge-worker.ts';
import { readState } from './read-state.ts';
import type { ServerContext } from './server.ts';

export type PurgeReport = {
  /** Entries that were purged now. */
  readonly purged: readonly EntryId[];
  /** Entries that had been purged before. */
  readonly before: readonly EntryId[];
  readonly key: PublicKey;
  readonly merge: WorkerReport;
};

const PREFIX_LENGTH_MIN = 6;

/**
 * Signs the purge, then carries it out: the control record comes first, so a crash afterwards is healed by the next merge.
 * @param names ids of records, or unique beginnings of them
 * @throws CmfError `usage`, `not-found`, `ambiguous`: nothing is purged then; `conflict` or `environment`: what is signed
 * will be carried out by the next merge
 */
export async function purgeEntries(
  context: ServerContext,
  names: readonly string[],
  reason: string,
): Promise<PurgeReport> {
  requireReason(reason);
  context.disk.makeDirectory(stateDirectory(context));
  // What was pushed and is not merged yet can be named too.
  await runMergeWorker(context);
  const { state } = await readState(context);
  const resolution = resolve(state);
  const purges: Purge[] = [];
  const before: EntryId[] = [];
  for (const id of new Set(names.map((name) => findId(resolution, name)))) {
    const statement = resolution.statements.get(id);
    if (statement === undefined) before.push(id);
    else purges.push(purgeOf(id, statement.entry));
  }
  const secret = await openAdminKey(context);
  const records =
    purges.length === 0 ? [] : createPurgeRecords(secret, purges, { atMs: context.effects.nowMs(), reason });
  await addControl(context, records);
  const merge = await runMergeWorker(context, { isForced: true });
  await dropTips(context);
  return { purged: purges.map(({ id }) => id), before, key: publicKeyOf(secret), merge };
}

function requireReason(reason: string): void {
  const isFit = reason.trim() !== '' && reason.length <= REASON_LENGTH_MAX && reason.isWellFormed();
  if (isFit) return;
  throw new CmfError('usage', {
    message: `a purge needs a reason of 1 to ${REASON_LENGTH_MAX} characters; every clone will show it`,
    hint: "git cmf server purge ID --reason 'a customer asked for it'",
  });
}

/** The logical id that a text begins, of a record that is here or was purged. */
function findId({ statements, purges }: Resolution, name: string): EntryId {
  const prefix = name.toLowerCase();
  if (!/^[0-9a-f]+$/.test(prefix) || prefix.length < PREFIX_LENGTH_MIN || prefix.length > 64) {
    throw new CmfError('usage', {
      message: `'${name}' names no record: give at least ${PREFIX_LENGTH_MIN} of the hex digits that git cmf log shows`,
      hint: 'git cmf log',
    });
  }
  const ids = new Set([...statements.keys(), ...purges.keys()].filter((id) => id.startsWith(prefix)));
  const [only, another] = ids;
  if (only === undefined) {
    throw new CmfError('not-found', { message: `no record here has the id ${name}`, hint: 'git cmf log' });
  }
  if (another !== undefined) {
    const list = [...ids].map((id) => `  ${id}`).join('\n');
    throw new CmfError('ambiguous', { message: `'${name}' begins ${ids.size} ids:\n${list}`, hint: 'type more of it' });
  }
  return only;
}
