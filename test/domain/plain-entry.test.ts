import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, verifyClosely, verifyEntry } from '../../src/domain/entry.ts';
import { readPlainEntry } from '../../src/domain/plain-entry.ts';
import { errorOf } from '../helpers/error-of.ts';
import { histories } from '../helpers/laws/random-history.ts';
import { jsonTexts, spoilt } from '../helpers/laws/spoilt-text.ts';

const it = suite('plain-entry');

const UUID = '01900000-0000-7000-8000-000000000000';
const HEX = (digit: string, length: number) => digit.repeat(length);

/** A line that is plain, with parts replaced. */
function lineOf(parts: Readonly<Record<string, string>> = {}): string {
  const members = {
    at: '',
    bucket: `"bucket":"${HEX('a', 64)}",`,
    hlc: `"hlc":"${HEX('0', 16)}",`,
    kind: '"kind":"set",',
    nonce: `"nonce":"${HEX('1', 16)}",`,
    on: `"on":{"execution":"${UUID}"},`,
    op: '"op":{"values":{"title":1}},',
    writer: `"writer":"${HEX('c', 32)}"`,
    ...parts,
  };
  return `{${Object.values(members).join('')}}`;
}

function outcome(read: () => Entry): Entry | string {
  try {
    return read();
  } catch {
    return errorOf(read);
  }
}

/** Lines of random histories: of all kinds, about all subjects, some sealed again. */
const said = histories({ maxSteps: 6 }).map(({ entries }) => entries.map(({ line }) => line).at(-1) ?? lineOf());
const withPayload = jsonTexts().map((op) => lineOf({ op: `"op":${op},` }));
const withTime = fc.oneof(fc.integer(), fc.double(), fc.maxSafeInteger()).map((at) => lineOf({ at: `"at":${at},` }));
const lines = fc.oneof(said, spoilt(said), spoilt(fc.constant(lineOf())), withPayload, spoilt(withPayload), withTime);

it('is never of another opinion than a look at each member', () => {
  const seen = { plain: 0, slow: 0, refused: 0 };
  fc.assert(
    fc.property(lines, (line) => {
      const slow = outcome(() => verifyClosely(line));
      const isPlain = readPlainEntry(line) !== undefined;
      assert.ok(!isPlain || typeof slow !== 'string', line);
      // A key named constructor confuses the comparison of the assertions.
      assert.ok(
        isDeepStrictEqual(
          outcome(() => verifyEntry(line)),
          slow,
        ),
        line,
      );
      seen[isPlain ? 'plain' : typeof slow === 'string' ? 'refused' : 'slow']++;
    }),
    { numRuns: 5_000 },
  );
  for (const [kind, count] of Object.entries(seen)) assert.ok(count > 100, `${kind}: ${count}`);
});

it('reads what nearly all entries are', () => {
  const kinds = ['metric', 'use', 'set', 'attempt.start', 'x.y-z', `a${HEX('b', 63)}`];
  for (const kind of kinds) assert.is(readPlainEntry(lineOf({ kind: `"kind":"${kind}",` }))?.kind, kind);
  for (const at of ['0', '-5', '1767225600000', '999999999999999']) {
    assert.is(readPlainEntry(lineOf({ at: `"at":${at},` }))?.at, Number(at));
  }
  assert.is(readPlainEntry(lineOf({ bucket: '"bucket":"_",' }))?.bucket, '_');
  assert.is(readPlainEntry(lineOf({ on: `"on":{"execution":"${HEX('d', 64)}"},` }))?.execution, HEX('d', 64));
  assert.equal(readPlainEntry(lineOf({ op: '"op":{},' })), {
    at: undefined,
    bucket: HEX('a', 64),
    hlc: HEX('0', 16),
    kind: 'set',
    execution: UUID,
    op: {},
    writer: HEX('c', 32),
  });
});

it('leaves everything else to the slow way', () => {
  const others: Readonly<Record<string, string>>[] = [
    { at: '"at":-0,' },
    { at: '"at":1.5,' },
    { at: '"at":01,' },
    { at: '"at":9007199254740993,' },
    { bucket: '"bucket":"..",' },
    { bucket: `"bucket":"${HEX('A', 64)}",` },
    { hlc: `"hlc":"${HEX('0', 15)}",` },
    { hlc: `"hlc":"${HEX('0', 17)}",` },
    { kind: '"kind":"Set",' },
    { kind: `"kind":"a${HEX('b', 64)}",` },
    { kind: '"kind":"set","must":true,' },
    { nonce: '' },
    { on: '' },
    { on: `"on":{"stage":"${HEX('d', 64)}"},` },
    { on: `"on":{"execution":"${HEX('d', 63)}"},` },
    { on: `"on":{"execution":"${UUID}","x":1},` },
    { op: '"op":[],' },
    { op: '"op":{"b":1,"a":2},' },
    { op: '"op":{"a":1},"over":[],' },
    { op: '"op":{"a":1},"op":{"a":1},' },
    { op: '"op":{"a":1}},' },
    { op: '"op":{"a":{"a":1},' },
    { op: '' },
    { writer: `"writer":"${HEX('c', 33)}"` },
    { writer: `"writer":"${HEX('c', 32)}"}` },
    { writer: `"writer":"${HEX('c', 32)}"}\n` },
    { writer: `"writer":"${HEX('c', 32)}","x":1` },
  ];
  for (const parts of others) assert.is(readPlainEntry(lineOf(parts)), undefined, JSON.stringify(parts));
  for (const line of ['', ' ', `\ufeff${lineOf()}`, ` ${lineOf()}`, `${lineOf()} `, `${lineOf()}\n`, `x${lineOf()}`]) {
    assert.is(readPlainEntry(line), undefined, line);
  }
});

it.run();
