import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseDigest } from '../../../../src/domain/digest.ts';
import { displayValue } from '../../../../src/domain/value.ts';
import { conflictMembers } from '../../../../src/faces/cli/render/field-members.ts';
import {
  commitText,
  fieldText,
  pairsText,
  pathText,
  shortDigest,
  timeText,
} from '../../../../src/faces/cli/render/field-text.ts';
import { digestOf, history } from '../../../helpers/history.ts';

const it = suite('field-text');

/** The fields of an execution of which each of the values was set by a writer who saw no other. */
function conflict(...values: readonly unknown[]) {
  const story = history();
  const run = story.writer('w0').start('p', 's');
  for (const [i, value] of values.entries()) story.writer(`w${i}`).about(run).param('lr', value);
  const [execution] = story.view().executions.values();
  return { fields: execution?.fields ?? new Map(), writerOf: (i: number) => story.writer(`w${i}`).id.slice(0, 4) };
}

it('shows one value as it is', () => {
  assert.is(pairsText(conflict(0.1).fields), 'param.lr=0.1');
  assert.is(fieldText([], displayValue), '');
});

it('shows what it conflicts with, and by whom', () => {
  const { fields, writerOf } = conflict(0.2, 0.1);
  assert.is(pairsText(fields), `param.lr=0.1 (conflict: 0.2 by writer ${writerOf(0)}…)`);
});

it('shows no conflict where all say the same', () => {
  const { fields } = conflict(0.1, 0.1);
  assert.is(pairsText(fields), 'param.lr=0.1');
  assert.equal(conflictMembers(fields), []);
  assert.is(conflictMembers(conflict(0.1, 0.2).fields).length, 1);
});

it('shows three conflicting values at most', () => {
  assert.match(
    pairsText(conflict(1, 2, 3, 4, 5, 6).fields),
    /param\.lr=6 \(conflict: 5 by .*, 4 by .*, 3 by .* and 2 more\)/,
  );
});

it('shortens digests, commits and times', () => {
  assert.is(shortDigest(parseDigest(digestOf('md5', 'x'))), digestOf('md5', 'x').slice(0, 16));
  assert.is(commitText(`sha1:${'ab'.repeat(20)}`, true), 'abababa*');
  assert.is(commitText(`sha256:${'ab'.repeat(32)}`, undefined), 'abababa');
  assert.is(commitText(undefined, true), '');
  assert.is(timeText('2026-01-31T08:15:59.123Z'), '2026-01-31 08:15');
  assert.is(timeText(null), '');
});

it('shows paths that are not text by their bytes', () => {
  assert.is(pathText('a/b'), 'a/b');
  assert.is(pathText({ $bytes: 'gA==' }), '{"$bytes":"gA=="}');
});

it.run();
