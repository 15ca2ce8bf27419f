/**
 * Entries as nearly all of them are: about an execution, sealed once, replacing nothing.
 *
 *     {"at"?:<ms>,"bucket":…,"hlc":…,"kind":…,"nonce":…,"on":{"execution":…},"op":{…},"writer":…}
 *
 * Of such a line everything but the payload has one fixed form, so two patterns say in one look what entry.ts else checks
 * member by member. A line that does not fit is not wrong: it is read the slow way, which says what is wrong with it.
 */
import type { JsonObject } from './canonical-json.ts';
import type { Hlc } from './clock.ts';
import type { Bucket, ExecutionId, WriterId } from './ids.ts';
import { isPlainJson } from './plain-json.ts';
import { sharedPiece } from './shared-text.ts';

/** What a plain line says. Its texts do not keep the line alive. */
export type PlainEntry = {
  readonly at: number | undefined;
  readonly bucket: Bucket;
  readonly hlc: Hlc;
  readonly kind: string;
  readonly execution: ExecutionId;
  readonly op: JsonObject;
  readonly writer: WriterId;
};

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
/** Times have at most 15 digits, so they are exact and have one spelling. */
const HEAD = new RegExp(
  [
    '\\{(?:"at":(0|-?[1-9][0-9]{0,14}),)?',
    '"bucket":"([0-9a-f]{64}|_)",',
    '"hlc":("[0-9a-f]{16}"),',
    '"kind":"([a-z][a-z0-9.-]{0,63})",',
    '"nonce":"[0-9a-f]{16}",',
    `"on":\\{"execution":"(${UUID}|[0-9a-f]{64})"\\},`,
    '"op":(?=\\{)',
  ].join(''),
  'y',
);
const TAIL = /,"writer":"([0-9a-f]{32})"\}$/y;
const TAIL_LENGTH = ',"writer":""}'.length + 32;

/** What a line says if it is plain and canonical; undefined says nothing. */
export function readPlainEntry(line: string): PlainEntry | undefined {
  HEAD.lastIndex = 0;
  const head = HEAD.exec(line);
  if (head === null) return undefined;
  const opStart = HEAD.lastIndex;
  const opEnd = line.length - TAIL_LENGTH;
  TAIL.lastIndex = Math.max(opStart, opEnd);
  const tail = TAIL.exec(line);
  if (tail === null) return undefined;
  const op = line.slice(opStart, opEnd);
  if (!isPlainJson(op)) return undefined;
  const [, at, bucket, hlc, kind, execution] = head as unknown as readonly [string, string?, ...Texts];
  return {
    at: at === undefined ? undefined : Number(at),
    bucket: sharedPiece(bucket) as Bucket,
    hlc: JSON.parse(hlc) as Hlc,
    kind: sharedPiece(kind),
    execution: sharedPiece(execution) as ExecutionId,
    op: JSON.parse(op) as JsonObject,
    writer: sharedPiece(tail[1] as string) as WriterId,
  };
}

/** What the pattern's groups hold: they all take part in every match. */
type Texts = readonly [bucket: string, hlc: string, kind: string, execution: string];
