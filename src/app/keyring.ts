/**
 * Every writer that a clone has been since it was copied, or since one of its writers could not go on:
 *
 *     <common git dir>/cmf/writers/<writer>/writer.json     who it was
 *     <common git dir>/cmf/writers/<writer>/key             its secret key, mode 0600
 *     <common git dir>/cmf/writers/<writer>/clock           high-water of its clock, where it was made to replace another
 *
 * What a former writer left in the logs is still signed with its own key. A new writer lies here before it becomes the
 * clone's own, so no crash parts it from its key. Nothing here is ever removed.
 */
import { CmfError } from '../domain/errors.ts';
import { isWriterId, type WriterId } from '../domain/ids.ts';
import { publicKeyOf, type SecretKey } from '../domain/signature.ts';
import { verifyWriterRecord, type WriterRecord } from '../domain/writer-record.ts';
import type { Disk } from '../ports/disk.ts';

/** One writer with what it signs with. */
export type Identity = {
  readonly writer: WriterId;
  readonly identity: WriterRecord;
  readonly secret: SecretKey;
};

/** The folder of one writer. @param directory the clone's own folder */
export function writerDirectory(directory: string, writer: WriterId): string {
  return `${directory}/writers/${writer}`;
}

/** The key of a writer, current or former, that fits its record; undefined when it is not here. */
export function findSecret(disk: Disk, directory: string, record: WriterRecord): SecretKey | undefined {
  const folders = [directory, writerDirectory(directory, record.writer)];
  return folders.map((folder) => readSecret(disk, folder)).find((secret) => isSecretOf(secret, record));
}

/** The text of a key file; empty when there is none. */
export function readSecret(disk: Disk, folder: string): SecretKey {
  return textOf(disk, `${folder}/key`).trim() as SecretKey;
}

/** A writer that this clone was or is, with its key; undefined when it never was that, or the key cannot be trusted. */
export function findIdentity(disk: Disk, directory: string, writer: WriterId): Identity | undefined {
  for (const folder of [writerDirectory(directory, writer), directory]) {
    const identity = recordIn(disk, folder);
    const secret = identity?.writer === writer ? findSecret(disk, directory, identity) : undefined;
    if (identity !== undefined && secret !== undefined) return { writer, identity, secret };
  }
  return undefined;
}

/** The writers of which something is kept here, in no order. */
export function keptWriters(disk: Disk, directory: string): WriterId[] {
  return disk.list(`${directory}/writers`).filter(isWriterId);
}

function recordIn(disk: Disk, folder: string): WriterRecord | undefined {
  try {
    return verifyWriterRecord(textOf(disk, `${folder}/writer.json`));
  } catch (error) {
    if (error instanceof CmfError) return undefined;
    throw error;
  }
}

function isSecretOf(secret: SecretKey, record: WriterRecord): boolean {
  try {
    return publicKeyOf(secret) === record.key;
  } catch {
    return false;
  }
}

function textOf(disk: Disk, path: string): string {
  return Buffer.from(disk.read(path) ?? new Uint8Array()).toString('utf8');
}
