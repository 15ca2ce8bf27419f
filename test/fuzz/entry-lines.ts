/** Lines that are entries, nearly entries, and no entries at all. */
import type { Random } from './random.ts';
import { type FuzzWriter, sha256, sorted } from './writers.ts';

type Members = Record<string, unknown>;

const T0 = Date.UTC(2024, 0, 31, 23, 59, 59, 990);
const EXECUTION = '01900000-0000-7000-8000-000000000000';

/** A clock reading, 16 hex digits; some of them in the next month. */
export function hlcAfter(random: Random): string {
  return (T0 + random.below(20)).toString(16).padStart(12, '0') + random.hex(1).padStart(4, '0');
}

/** The members of a good entry. */
export function goodMembers(random: Random, writer: FuzzWriter, bucket: string): Members {
  const members: Members = {
    bucket,
    hlc: hlcAfter(random),
    kind: random.pick(['set', 'set', 'retract', 'metric', 'future.kind-2']),
    nonce: random.hex(16),
    on: { execution: EXECUTION },
    op: { values: { title: random.pick(['x', 'ü', '\u{1F600}', 'line\nbreak', '\u2028', '\u0000\u007f', '']) } },
    writer: writer.id,
  };
  if (random.oneIn(4)) members['at'] = random.pick([0, -1, T0, Number.MAX_SAFE_INTEGER]);
  if (random.oneIn(4)) members['over'] = [random.hex(64), random.hex(64)].sort();
  if (random.oneIn(6)) members['was'] = { id: random.hex(64), writer: random.oneIn(2) ? writer.id : random.hex(32) };
  if (random.oneIn(6)) members['must'] = true;
  return members;
}

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  1e21,
  2 ** 53,
  '',
  'x',
  '_',
  '\ud800',
  '\udc00x',
  [],
  [[]],
  {},
  { a: 1 },
  'a'.repeat(64),
  'A'.repeat(64),
  '0'.repeat(16),
  '0'.repeat(32),
];

/** What may be done to the members of an entry before it is written down. */
const MEMBER_CHANGES: readonly ((members: Members, random: Random) => void)[] = [
  (members, random) => delete members[random.pick(Object.keys(members))],
  (members, random) => {
    members[random.pick([...Object.keys(members), 'at', 'over', 'was', 'must', 'on', 'op'])] = random.pick(ODD_VALUES);
  },
  (members, random) => {
    members[random.pick(['__proto', 'constructor', 'toString', 'extra', 'Writer', '', '$num'])] = 1;
  },
  (members) =>
    Object.defineProperty(members, '__proto__', {
      value: { hlc: 1 },
      writable: true,
      enumerable: true,
      configurable: true,
    }),
  (members, random) => {
    const ids = [random.hex(64), random.hex(64), random.hex(64)];
    members['over'] = random.pick([ids.sort(), ids.sort().reverse(), [ids[0], ids[0]], [ids[0]], [ids[0], 1]]);
  },
  (members, random) => {
    const was = { id: random.hex(64), writer: random.hex(32) };
    members['was'] = random.pick<unknown>([
      was,
      { ...was, more: 1 },
      { id: was.id },
      { ...was, id: was.writer },
      [was],
    ]);
  },
  (members, random) => {
    const depth = random.pick([3, 60, 61, 62, 63, 64, 65, 200]);
    let value: unknown = random.pick<unknown>([1, {}, []]);
    for (let i = 0; i < depth; i++) value = random.oneIn(2) ? [value] : { a: value };
    members['op'] = { value };
  },
  (members, random) => {
    members['kind'] = random.pick(['a', 'A', '1a', 'a'.repeat(64), 'a'.repeat(65), 'a b', 'ä', 'a.b-c.9', '-a', '']);
  },
  (members, random) => {
    members['hlc'] = random.pick([
      '0'.repeat(16),
      'f'.repeat(16),
      '0'.repeat(15),
      `${'0'.repeat(15)}A`,
      ' 0'.repeat(8),
    ]);
  },
  (members, random) => {
    members['at'] = random.pick([2 ** 53 - 1, 2 ** 53, -(2 ** 53 - 1), 1.5, 1e300, -0]);
  },
  (members, random) => {
    members['op'] = random.pick<unknown>([
      { values: { title: { $num: 'x' } } },
      { '': 0 },
      { ids: 'x' },
      { a: '\udfff' },
    ]);
  },
  (members, random) => {
    members['on'] = random.pick(ODD_VALUES);
  },
];

/** A line from changed members, sorted as canonical text is. */
export function oddMembersLine(random: Random, writer: FuzzWriter, bucket: string): string {
  const members = goodMembers(random, writer, bucket);
  for (let times = 1 + random.below(2); times > 0; times--) random.pick(MEMBER_CHANGES)(members, random);
  return sorted(members);
}

/** What may be done to a line that was good. */
const TEXT_CHANGES: readonly ((line: string, random: Random) => string)[] = [
  (line, random) => splice(line, random.below(line.length), 1, String.fromCharCode(random.below(256))),
  (line, random) => splice(line, random.below(line.length), 1, ''),
  (line, random) =>
    splice(line, random.below(line.length), 0, random.pick([' ', '\t', '\r', '"', '\\', '{', '[', ',', '\ufeff'])),
  (line, random) => line.slice(0, random.below(line.length)),
  (line, random) => line + random.pick([' ', '\r', '{}', ',', '\u0000']),
  (line) => line.replace('"bucket"', '"bucket":"_","bucket"'),
  (line) => line.replace(/^\{("bucket":"[^"]*"),("hlc":"[^"]*")/, '{$2,$1'),
  (line, random) => line.replace('"kind"', random.pick(['"\\u006bind"', '"k\\u0069nd"', '"kind" '])),
  (line, random) => line.replace('"op":{', `"op":{"n":${random.pick(NUMBERS)},`),
  (line, random) => line.replace('"op":{', `"op":{"a":"${random.pick(SPELLINGS)}",`),
  (line, random) => line.replace('"title":"', `"title":"${'x'.repeat(64 * 1024 - line.length + random.below(3) - 1)}`),
  (line) => line.replace('"on":{', `"on":${'['.repeat(100)}{`),
  (_, random) => random.pick(['', '{}', '[]', 'null', '"x"', '1', '{"purged":1}', `{"purged":"${'A'.repeat(64)}"}`]),
];

const NUMBERS = [
  '1',
  '1.0',
  '1e0',
  '01',
  '-0',
  '0',
  '1e21',
  '1e+21',
  '1E+21',
  '9007199254740993',
  '1e999',
  '-1.5',
  '.5',
];
const SPELLINGS = [
  '\\/',
  '\\u00e9',
  'é',
  '\\u001F',
  '\\u001f',
  '\\n',
  '\\u000a',
  '\\b',
  '\\u0008',
  '\\ud83d\\ude00',
  '😀',
];

/** A line that was good and then was changed as text. */
export function oddTextLine(random: Random, writer: FuzzWriter, bucket: string): string {
  return random
    .pick(TEXT_CHANGES)(sorted(goodMembers(random, writer, bucket)), random)
    .replaceAll('\n', ' ');
}

function splice(text: string, at: number, count: number, put: string): string {
  return text.slice(0, at) + put + text.slice(at + count);
}

/** A line that a purge left. */
export function purgedLine(line: string): string {
  return sorted({ purged: sha256(line) });
}
