/**
 * What docs/formats.md says of a journal's tree, as a slow and simple check that shares no code with the program.
 *
 * It answers with the rule that is broken, or undefined when the tree is good. Which of several broken rules it names says
 * nothing.
 */
import { createHash, createPublicKey, verify } from 'node:crypto';
import { membersOf, numberOf, readCanonical, type Value } from './canonical-text.ts';
import { type PlainNode, type PlainTree, sortKey } from './plain-tree.ts';

/** A tree and what it is judged by. */
export type Question = {
  readonly tree: PlainNode;
  readonly writer: string;
  /** A good tree of the same writer that is there already. */
  readonly base?: PlainTree;
  /** True: what the base has may be missing. */
  readonly isBaseOptional?: boolean;
  readonly purged?: ReadonlySet<string>;
  readonly acceptUntilMs?: number;
};

class Broken extends Error {}

const KIB = 1024;
const HEX_32 = /^[0-9a-f]{32}$/;
const HEX_64 = /^[0-9a-f]{64}$/;
const HEX_16 = /^[0-9a-f]{16}$/;
const ENTRY_MEMBERS = ['at', 'bucket', 'hlc', 'kind', 'must', 'nonce', 'on', 'op', 'over', 'was', 'writer'];

/** The rule that the tree breaks; undefined when it is good. */
export function brokenRule(question: Question): string | undefined {
  try {
    judge(question);
    return undefined;
  } catch (error) {
    if (error instanceof Broken) return error.message;
    throw error;
  }
}

function judge({ tree, writer, base, isBaseOptional = false, purged = new Set(), acceptUntilMs }: Question): void {
  const files = filesOf(tree, '');
  const before = base === undefined ? new Map<string, Buffer>() : filesOf(base, '');
  const gate = files.get('cmf-format-1');
  require(gate?.length === 0, 'the gate');
  const record = files.get('writer.json');
  require(record !== undefined, 'writer.json is missing');
  const { key, lineage } = checkRecord(textOf(record), writer);
  checkGrowth(before, files, isBaseOptional);
  for (const [path, bytes] of files) {
    if (path === 'cmf-format-1' || path === 'writer.json') continue;
    const isNew = before.get(path)?.equals(bytes) !== true;
    for (const { id, hlc, was } of checkSegment(path, bytes, writer, key)) {
      if (!isNew) continue;
      // Nobody speaks for the entry of a writer whom he does not continue.
      const first = was !== undefined && lineage.has(was.writer) ? was.id : id;
      require(!purged.has(id) && !purged.has(first), 'a purged entry');
      require(acceptUntilMs === undefined || msOf(hlc) <= acceptUntilMs, 'an entry of the future');
    }
  }
}

/** What the base has stays; of two records of one writer the lesser text may replace the other. */
function checkGrowth(
  before: ReadonlyMap<string, Buffer>,
  files: ReadonlyMap<string, Buffer>,
  isOptional: boolean,
): void {
  for (const [path, bytes] of before) {
    const now = files.get(path);
    if (now === undefined) require(isOptional, `${path} is gone`);
    else if (!now.equals(bytes)) {
      require(isOptional || (path === 'writer.json' && textOf(now) < textOf(bytes)), `${path} has changed`);
    }
  }
}

function require(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Broken(rule);
}

/** Every file by its path. Checks all that can be said of a tree without knowing what lies in it. */
function filesOf(node: PlainNode, path: string): Map<string, Buffer> {
  require(node.kind === 'tree', `${path} is no folder`);
  require(node.entries.length > 0, `${path} is empty`);
  const files = new Map<string, Buffer>();
  let last = '';
  for (const entry of node.entries) {
    const { mode, name, node: inside } = entry;
    require(/^[!-~]+$/.test(name) && !name.includes('/') && name !== '.' && name !== '..', `the name ${name}`);
    require(sortKey(entry) > last, `${name} is out of order`);
    last = sortKey(entry);
    const here = path === '' ? name : `${path}/${name}`;
    if (mode === '40000') for (const [one, bytes] of filesOf(inside, here)) files.set(one, bytes);
    else {
      require(mode === '100644' && inside.kind === 'blob', `${here} has mode ${mode}`);
      files.set(here, inside.bytes);
    }
  }
  return files;
}

function textOf(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  require(Buffer.from(text, 'utf8').equals(bytes), 'not UTF-8');
  return text;
}

function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function objectOf(text: string, names: readonly string[]): ReadonlyMap<string, Value> {
  const members = membersOf(readCanonical(text));
  require(members !== undefined, 'not canonical, or no object');
  require([...members.keys()].join() === names.join(), `members ${[...members.keys()].join()}`);
  return members;
}

/** The writer's public key, raw, as base64url; and the ids of the writer and of all that it continues. */
type Identity = { readonly key: string; readonly lineage: ReadonlySet<string> };

function checkRecord(text: string, writer: string): Identity {
  require(Buffer.byteLength(text) <= 64 * KIB, 'writer.json is too long');
  const record = objectOf(text, ['created', 'format', 'key', 'predecessors', 'signature', 'writer']);
  const key = keyOf(record.get('key'));
  const hlc = record.get('created');
  require(typeof hlc === 'string' && HEX_16.test(hlc), 'created');
  require(numberOf(record.get('format')) === 1, 'format');
  require(record.get('writer') === writer && idOf(key) === writer, 'another writer');
  const signature = record.get('signature');
  require(typeof signature === 'string', 'the signature');
  // Members come in order, and a signature holds nothing that is escaped: cutting it out leaves canonical text.
  const unsigned = text.replace(`"signature":"${signature}",`, '');
  require(isSigned(key, `git-cmf writer 1\n${unsigned}\n`, signature), 'the signature of writer.json');
  const predecessors = record.get('predecessors');
  require(Array.isArray(predecessors) && predecessors.length <= 100, 'predecessors');
  const before = (predecessors as readonly Value[]).map((one) => checkPredecessor(one, writer, key));
  return { key, lineage: new Set([writer, ...before]) };
}

function checkPredecessor(value: Value, writer: string, key: string): string {
  const members = membersOf(value);
  require(members !== undefined && [...members.keys()].join() === 'key,signature,writer', 'a predecessor');
  const oldKey = keyOf(members.get('key'));
  const old = members.get('writer');
  require(old === idOf(oldKey), 'the id of a predecessor');
  const text = `git-cmf successor 1\n${old}\n${writer}\n${key}\n`;
  require(isSigned(oldKey, text, members.get('signature')), 'the signature of a predecessor');
  return old;
}

function keyOf(value: Value | undefined): string {
  require(typeof value === 'string' && Buffer.from(value, 'base64url').length === 32, 'a key of 32 bytes');
  require(Buffer.from(value, 'base64url').toString('base64url') === value, 'a key as base64url');
  return value;
}

function idOf(key: string): string {
  return sha256(Buffer.from(key, 'base64url')).slice(0, 32);
}

function isSigned(key: string, text: string, signature: Value | undefined): boolean {
  if (typeof signature !== 'string') return false;
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.length !== 64 || bytes.toString('base64url') !== signature) return false;
  try {
    const object = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: key }, format: 'jwk' });
    return verify(null, Buffer.from(text), object, bytes);
  } catch {
    return false;
  }
}

type Said = { readonly id: string; readonly hlc: string; readonly was: First | undefined };
/** Where an entry was sealed first. */
type First = { readonly id: string; readonly writer: string };

function checkSegment(path: string, bytes: Buffer, writer: string, key: string): Said[] {
  const [, bucket = '', month, fanout, hlc = '', hash = ''] =
    /^seg\/([^/]+)\/([^/]+)\/([^/]+)\/([0-9a-f]{16})-([0-9a-f]{64})\.jsonl$/.exec(path) ?? [];
  require(bucket === '_' || HEX_64.test(bucket), `the path ${path}`);
  require(month === monthOf(hlc) && fanout === hash.slice(0, 2) && hash === sha256(bytes), `the path ${path}`);
  require(bytes.length <= KIB * KIB, 'a segment is too long');
  const lines = textOf(bytes).split('\n');
  require(lines.pop() === '' && lines.length >= 3, 'the lines of a segment');
  const head = lines[0] ?? '';
  const header = objectOf(head, ['bucket', 'count', 'format', 'number', 'previous', 'writer']);
  const entries = lines.slice(1, -1);
  require(numberOf(header.get('count')) === entries.length && entries.length <= 1000, 'the count');
  require(numberOf(header.get('format')) === 1, 'format');
  const number = numberOf(header.get('number'));
  require(number !== undefined && Number.isSafeInteger(number) && number >= 0, 'the number');
  const previous = header.get('previous');
  require(previous === null || (typeof previous === 'string' && HEX_64.test(previous)), 'previous');
  require(header.get('writer') === writer && header.get('bucket') === bucket, 'writer or bucket');
  const said = entries.map((line) => checkLine(line, writer, bucket));
  const foot = objectOf(lines[lines.length - 1] ?? '', ['signature']);
  const text = `git-cmf segment 1\n${head}\n${said.map(({ id }) => id).join('\n')}\n`;
  require(isSigned(key, text, foot.get('signature')), 'the signature of a segment');
  require(said[0]?.hlc === undefined || said[0].hlc === hlc, 'the time in the name');
  return said.flatMap(({ id, hlc: time, was }) => (time === undefined ? [] : [{ id, hlc: time, was }]));
}

/** `hlc` is undefined for a line that a purge took out. */
function checkLine(line: string, writer: string, bucket: string): Omit<Said, 'hlc'> & { hlc: string | undefined } {
  const members = membersOf(readCanonical(line));
  require(members !== undefined, 'an entry is not canonical');
  if ([...members.keys()].join() === 'purged') {
    const id = members.get('purged');
    require(typeof id === 'string' && HEX_64.test(id), 'a purged line');
    return { id, hlc: undefined, was: undefined };
  }
  require(Buffer.byteLength(line) <= 64 * KIB, 'an entry is too long');
  for (const name of members.keys()) require(ENTRY_MEMBERS.includes(name), `member ${name}`);
  require(members.get('writer') === writer && members.get('bucket') === bucket, 'an entry of another');
  const [hlc, nonce, kind] = ['hlc', 'nonce', 'kind'].map((name) => members.get(name));
  require(typeof hlc === 'string' && HEX_16.test(hlc) && typeof nonce === 'string' && HEX_16.test(nonce), 'hlc, nonce');
  require(typeof kind === 'string' && /^[a-z][a-z0-9.-]{0,63}$/.test(kind), 'kind');
  require(membersOf(members.get('op')) !== undefined, 'op');
  require(!members.has('must') || members.get('must') === true, 'must');
  require(!members.has('at') || Number.isSafeInteger(numberOf(members.get('at'))), 'at');
  if (members.has('over')) checkOver(members.get('over'));
  return { id: sha256(line), hlc, was: members.has('was') ? firstOf(members.get('was')) : undefined };
}

function checkOver(over: Value | undefined): void {
  require(Array.isArray(over) && over.length > 0, 'over');
  (over as readonly Value[]).forEach((id, i) => {
    require(typeof id === 'string' && HEX_64.test(id), 'over');
    require(i === 0 || id > (over[i - 1] as string), 'over is no sorted set');
  });
}

function firstOf(was: Value | undefined): First {
  const members = membersOf(was);
  require(members !== undefined && [...members.keys()].join() === 'id,writer', 'was');
  const [id, by] = [members.get('id'), members.get('writer')];
  require(typeof id === 'string' && HEX_64.test(id) && typeof by === 'string' && HEX_32.test(by), 'was');
  return { id, writer: by };
}

function msOf(hlc: string): number {
  return Number.parseInt(hlc.slice(0, 12), 16);
}

function monthOf(hlc: string): string {
  const date = new Date(msOf(hlc));
  return `${String(date.getUTCFullYear()).padStart(4, '0')}-${String(date.getUTCMonth() + 1).padStart(2, '0')}`;
}
