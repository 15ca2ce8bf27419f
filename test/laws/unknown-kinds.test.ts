/** What a newer version says is kept to the byte, changes nothing that is known, and marks its subject if it must. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { JsonObject } from '../../src/domain/canonical-json.ts';
import { subjectKey } from '../../src/domain/operation.ts';
import { sealSegment, verifySegment } from '../../src/domain/segment.ts';
import { viewOf } from '../../src/domain/view.ts';
import { viewLines } from '../../src/domain/view-digest.ts';
import { CAST } from '../helpers/laws/cast.ts';
import { lawChecker } from '../helpers/laws/check-law.ts';
import { EXECUTIONS } from '../helpers/laws/random-draft.ts';
import { histories, RandomHistory } from '../helpers/laws/random-history.ts';
import { noon, retract, SUBJECT } from '../helpers/laws/stories.ts';

const it = suite('laws: unknown kinds');
const laws = lawChecker();
it.after(() => laws.report());

const KINDS = ['dream', 'set', 'metric', 'use', 'tag.add', 'retract', 'attempt.start', 'x-1'] as const;
type Strange = { readonly kind: string; readonly op: JsonObject };

/** A payload that no version 1 operation has, of a kind that may be known. */
const strange: fc.Arbitrary<Strange> = fc.record({
  kind: fc.constantFrom(...KINDS),
  op: fc.dictionary(fc.stringMatching(/^[a-z_$]{0,6}$/), fc.oneof(fc.integer(), fc.boolean(), fc.constant(null))),
});

function write(history: RandomHistory, { kind, op }: Strange, must: boolean) {
  const json = { bucket: '_', kind, on: { [SUBJECT.kind]: SUBJECT.id }, op, ...(must ? { must } : {}) };
  return history.write(CAST.cid, json, noon(0));
}

/** The view without its word about kinds that nobody knows. */
function known({ state }: RandomHistory): string[] {
  return [...viewLines(viewOf(state))].filter((line) => !line.startsWith('["unknown",'));
}

it('change nothing that is known', () => {
  laws.check(400, fc.tuple(histories(), fc.array(strange, { maxLength: 4 })), ([history, words]) => {
    const before = known(history);
    for (const word of words) write(history, word, false);
    assert.equal(known(history), before);
  });
});

it('are kept to the byte through sealing and reading', () => {
  laws.check(100, strange, (word) => {
    const entry = write(new RandomHistory(), word, true);
    const segment = sealSegment([entry], { number: 0, previous: null }, CAST.cid.secret);
    assert.is(verifySegment(segment.text, CAST.cid.record.key).entries[0]?.line, entry.line);
  });
});

it('mark their subject if they must be understood, until they are taken back', () => {
  laws.check(300, fc.tuple(histories({ purges: false }), strange), ([history, word]) => {
    const entry = write(history, word, true);
    const view = viewOf(history.state);
    assert.ok(view.needsNewer.includes(subjectKey(SUBJECT)));
    assert.is(view.executions.get(EXECUTIONS[0])?.needsNewer ?? true, true);
    assert.ok(view.unknownKinds.has(entry.kind));
    const others = history.said.some((one) => one.entry !== entry && one.entry.must);
    history.say(CAST.cid, retract(entry.id), noon(1));
    if (!others) assert.not.ok(viewOf(history.state).needsNewer.includes(subjectKey(SUBJECT)));
  });
});

it.run();
