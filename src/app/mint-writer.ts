/**
 * A new writer in the place of the one that a clone has. The old one's record and key stay (see keyring.ts).
 *
 * Order makes it safe against a crash: everything that the new writer needs lies in its own folder before writer.json is
 * replaced, which is the one moment at which the clone changes hands; what follows is found again by the next command.
 */
import { type Hlc, hlcAt } from '../domain/clock.ts';
import type { WriterId } from '../domain/ids.ts';
import { type PublicKey, publicKeyOf, secretKeyFrom } from '../domain/signature.ts';
import { createWriterRecord, type Predecessor } from '../domain/writer-record.ts';
import type { Disk } from '../ports/disk.ts';
import { type Clone, type Context, openClone, stateDirectory } from './clone.ts';
import { writeMark } from './clone-mark.ts';
import { attemptHint } from './hint.ts';
import { writerDirectory } from './keyring.ts';

const SECRET = { mode: 0o600 };

/**
 * Gives the clone a new writer, whose clock begins now.
 * @param predecessors the writers that it continues, given its public key
 * @returns the clone as that writer
 */
export function mintWriter(old: Clone, predecessors: (key: PublicKey) => readonly Predecessor[]): Clone {
  const { disk, effects } = old;
  const directory = stateDirectory(old);
  const secret = secretKeyFrom(effects.randomBytes(32));
  const now = hlcAt(effects.nowMs());
  const record = createWriterRecord(secret, now, predecessors(publicKeyOf(secret)));
  keepOld(old, directory);
  keep(disk, writerDirectory(directory, record.writer), { record: record.text, key: `${secret}\n`, clock: now });
  disk.syncDirectory(`${directory}/writers`);
  disk.syncDirectory(directory);
  disk.replace(`${directory}/writer.json`, record.text);
  disk.replace(`${directory}/key`, `${secret}\n`, SECRET);
  attemptHint(old, () => writeMark(disk, directory, record.writer));
  return openClone(old);
}

/** Keeps a writer that this clone does not become, with all that is needed to write as it. */
export function keepWriter(context: Context, writer: WriterId, kept: Kept): void {
  const directory = stateDirectory(context);
  keep(context.disk, writerDirectory(directory, writer), kept);
  context.disk.syncDirectory(`${directory}/writers`);
  context.disk.syncDirectory(directory);
}

/** Byte for byte as they are: whether they can be trusted is asked when they are used. */
function keepOld({ disk, writer }: Clone, directory: string): void {
  const folder = writerDirectory(directory, writer);
  const record = disk.read(`${directory}/writer.json`);
  const key = disk.read(`${directory}/key`);
  // A writer that replaced another lies there from its beginning.
  if (record === undefined || key === undefined || disk.stat(`${folder}/key`) !== undefined) return;
  keep(disk, folder, { record, key });
}

type Kept = {
  readonly record: string | Uint8Array;
  readonly key: string | Uint8Array;
  readonly clock?: Hlc;
};

/** The key comes last: where it is, all is. */
function keep(disk: Disk, folder: string, { record, key, clock }: Kept): void {
  disk.makeDirectory(folder);
  disk.replace(`${folder}/writer.json`, record);
  if (clock !== undefined) disk.replace(`${folder}/clock`, clock);
  disk.replace(`${folder}/key`, key, SECRET);
}
