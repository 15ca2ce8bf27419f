/**
 * The writers of random histories: few, with real keys and records, made once.
 *
 * `ann`, `bob` and `cid` stand alone; `ann2` continues ann, `ann3` continues ann2 and ann, `bob2` continues bob.
 */
import { hlcAt } from '../../../src/domain/clock.ts';
import { sha256Hex } from '../../../src/domain/digest.ts';
import type { WriterId } from '../../../src/domain/ids.ts';
import { type SecretKey, secretKeyFrom } from '../../../src/domain/signature.ts';
import { createWriterRecord, endorse, type WriterRecord } from '../../../src/domain/writer-record.ts';

/** One writer of the cast. */
export type Actor = {
  readonly name: string;
  readonly id: WriterId;
  readonly secret: SecretKey;
  readonly record: WriterRecord;
  /** The writers it continues. */
  readonly continues: readonly Actor[];
};

function actor(name: string, continues: readonly Actor[] = []): Actor {
  const secret = secretKeyFrom(Buffer.from(sha256Hex(name), 'hex'));
  const plain = createWriterRecord(secret, hlcAt(1_000_000));
  const record =
    continues.length === 0
      ? plain
      : createWriterRecord(
          secret,
          hlcAt(1_000_000),
          continues.map((one) => endorse(one.secret, plain.key)),
        );
  return { name, id: plain.writer, secret, record, continues };
}

const ann = actor('ann');
const bob = actor('bob');
const cid = actor('cid');
const ann2 = actor('ann2', [ann]);
const ann3 = actor('ann3', [ann2, ann]);
const bob2 = actor('bob2', [bob]);

/** Everybody, by name. */
export const CAST = { ann, bob, cid, ann2, ann3, bob2 } as const;
export const ACTORS: readonly Actor[] = Object.values(CAST);

/** Who continues a writer, or the writer itself where nobody does. */
export function successorsOf(writer: WriterId): readonly Actor[] {
  const successors = ACTORS.filter((one) => one.continues.some(({ id }) => id === writer));
  return successors.length > 0 ? successors : ACTORS.filter(({ id }) => id === writer);
}

/** The actor of a writer's id. */
export function actorOf(writer: WriterId): Actor {
  const found = ACTORS.find(({ id }) => id === writer);
  if (found === undefined) throw new Error(`${writer} is not of the cast`);
  return found;
}
