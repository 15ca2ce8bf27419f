/** Taking back what was recorded by mistake: from what a user typed to the entries that are withdrawn. */
import { CmfError } from '../domain/errors.ts';
import type { Bucket, EntryId, UseId } from '../domain/ids.ts';
import { useId } from '../domain/operation.ts';
import { type Resolution, resolve, type Statement } from '../domain/resolve.ts';
import type { Clone } from './clone.ts';
import { flushIfMany, retract } from './executions.ts';
import { forgetMade } from './made.ts';
import { readState } from './read-state.ts';
import type { LoggedRecord } from './records.ts';

/** Fewer digits of an id than this name nothing. */
const PREFIX_LENGTH_MIN = 6;
/** Ids in one entry; an entry has a longest line. */
const IDS_MAX = 500;

/**
 * Withdraws entries of this writer, or of one that it continues. Final: a retraction cannot be taken back.
 * @param names ids of entries or of uses, or unique beginnings of them
 * @returns what was withdrawn now; what had been withdrawn before is left out
 * @throws CmfError `usage`, `not-found`, `ambiguous`; `refused` for what somebody else recorded. Nothing is withdrawn then.
 */
export async function retractRecords(clone: Clone, names: readonly string[]): Promise<LoggedRecord[]> {
  const resolution = resolve((await readState(clone)).state);
  const found = new Map<EntryId, Statement>();
  for (const name of names) {
    for (const statement of findStatements(resolution, name, clone)) found.set(statement.id, statement);
  }
  const standing = [...found.values()].filter(({ retracted }) => !retracted);
  for (const [bucket, ids] of groupByBucket(standing)) {
    for (let start = 0; start < ids.length; start += IDS_MAX) retract(clone, bucket, ids.slice(start, start + IDS_MAX));
  }
  forgetMade(clone, new Set(standing.flatMap((statement) => useOf(statement) ?? [])));
  await flushIfMany(clone);
  return standing.map((statement) => ({ ...statement, retracted: true }));
}

function findStatements(resolution: Resolution, name: string, clone: Clone): Statement[] {
  const prefix = name.toLowerCase();
  if (!/^[0-9a-f]+$/.test(prefix) || prefix.length > 64 || prefix.length < PREFIX_LENGTH_MIN) {
    throw new CmfError('usage', {
      message: `'${name}' names no record: give at least ${PREFIX_LENGTH_MIN} of the hex digits that git cmf log shows`,
      hint: 'git cmf log',
    });
  }
  const matches = groupsWith(resolution, prefix);
  const [only, another] = [...matches.values()];
  if (only === undefined) {
    throw new CmfError('not-found', { message: `no record here has the id ${name}`, hint: 'git cmf log' });
  }
  if (another !== undefined) {
    const list = [...matches.keys()].map((id) => `  ${id}`).join('\n');
    throw new CmfError('ambiguous', {
      message: `'${name}' begins ${matches.size} ids:\n${list}`,
      hint: 'type more of it',
    });
  }
  return withdrawable(only, resolution, name, clone);
}

/** What the ids with this beginning mean: an entry means itself, a use all entries that made it. */
function groupsWith(resolution: Resolution, prefix: string): Map<string, Statement[]> {
  const groups = new Map<string, Statement[]>();
  for (const statement of resolution.statements.values()) {
    if (statement.id.startsWith(prefix)) groups.set(statement.id, [statement]);
    const use = useOf(statement);
    if (use?.startsWith(prefix)) groups.set(use, [...(groups.get(use) ?? []), statement]);
  }
  return groups;
}

function useOf({ entry }: Statement): UseId | undefined {
  const { subject, operation } = entry;
  return subject?.kind === 'execution' && operation.kind === 'use' ? useId(subject.id, operation) : undefined;
}

function withdrawable(group: readonly Statement[], resolution: Resolution, name: string, clone: Clone): Statement[] {
  const lineage = resolution.lineageOf(clone.writer);
  const own = group.filter(({ entry }) => lineage.has(entry.writer) || (entry.was && lineage.has(entry.was.writer)));
  const [first] = group;
  if (own.length === 0 && first !== undefined) {
    throw new CmfError('refused', {
      message: `${name} was recorded by writer ${first.entry.writer}; only its writer can take it back`,
      hint: 'run git cmf retract in the clone that recorded it (git cmf status shows who a clone is)',
    });
  }
  if (own.some(({ entry }) => entry.operation.kind === 'retract')) {
    throw new CmfError('refused', {
      message: `${name} is a retraction, and a retraction is final`,
      hint: 'record again what was taken back',
    });
  }
  return own;
}

function groupByBucket(statements: readonly Statement[]): Map<Bucket, EntryId[]> {
  const groups = new Map<Bucket, EntryId[]>();
  for (const { id, entry } of statements) {
    groups.set(entry.bucket, [...(groups.get(entry.bucket) ?? []), id]);
  }
  return groups;
}
