/**
 * Logs of a writer that this clone was before and whose key is gone: nobody can sign its records any more. They are durable
 * and shown here, and would never leave this clone. Adopting records them anew, as this clone's own.
 */
import { hlcMs } from '../domain/clock.ts';
import { type Entry, type EntryDraft, verifyEntry } from '../domain/entry.ts';
import { CmfError } from '../domain/errors.ts';
import type { WriterId } from '../domain/ids.ts';
import { type Clone, stateDirectory, walDirectory } from './clone.ts';
import { recordNow } from './executions.ts';
import { findIdentity } from './keyring.ts';
import { findWals, sealWal, type WalFile } from './wal.ts';

/** The logs that hold records of another writer than this clone. */
export function orphanedLogs(clone: Clone): WalFile[] {
  return findWals(clone.disk, walDirectory(clone)).filter((file) => orphansIn(clone, file).length > 0);
}

/**
 * Records anew what the logs hold, at the times at which it was recorded first, and moves them to `cmf/adopted/`. Killed in
 * between, some is recorded twice, which says the same twice.
 * @returns how many records
 */
export function adoptLogs(clone: Clone, files: readonly WalFile[]): number {
  const { disk } = clone;
  const folder = `${stateDirectory(clone)}/adopted`;
  const orphans = files.flatMap((file) => orphansIn(clone, file)).sort((a, b) => (a.hlc < b.hlc ? -1 : 1));
  const withdrawn = new Set(orphans.flatMap(({ operation }) => (operation.kind === 'retract' ? operation.ids : [])));
  const drafts = orphans.filter(({ id }) => !withdrawn.has(id)).flatMap(draftOf);
  recordNow(clone, drafts);
  disk.makeDirectory(folder);
  for (const { path, name } of files) disk.rename(sealWal(disk, path), `${folder}/${name}.jsonl`);
  disk.syncDirectory(folder);
  return drafts.length;
}

/** What cannot be said again (kinds of a newer version, a retraction by another writer) stays in the file. */
function draftOf({ bucket, subject, operation, over, atMs, hlc }: Entry): EntryDraft[] {
  if (operation.kind === 'unknown' || operation.kind === 'retract') return [];
  const draft = { bucket, operation, over, atMs: atMs ?? hlcMs(hlc) };
  return [subject === undefined ? draft : { ...draft, subject }];
}

function orphansIn(clone: Clone, { lines }: WalFile): Entry[] {
  const entries = lines.flatMap(entriesIn);
  const strangers = new Set(entries.map(({ writer }) => writer).filter((writer) => !isSigner(clone, writer)));
  return entries.filter(({ writer }) => strangers.has(writer));
}

/** True for a writer that this clone is, or was and has the key of. */
function isSigner(clone: Clone, writer: WriterId): boolean {
  return writer === clone.writer || findIdentity(clone.disk, stateDirectory(clone), writer) !== undefined;
}

function entriesIn(line: string): Entry[] {
  try {
    return [verifyEntry(line)];
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    return [];
  }
}
