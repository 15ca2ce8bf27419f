import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EntryDraft, Said } from '../../src/domain/entry.ts';
import { type AttemptId, type ExecutionId, importedAttemptId, importedExecutionId } from '../../src/domain/ids.ts';
import { prepareEnd, prepareMetrics, prepareSet, prepareUse, type Target } from '../../src/domain/prepare.ts';
import { saidOf, unsaidOf } from '../../src/domain/unsaid.ts';

const it = suite('unsaid');

function targetOf(name: string): Target {
  const execution: ExecutionId = importedExecutionId('dvc', name);
  const attempt: AttemptId = importedAttemptId(execution);
  return { execution, attempt, bucket: '_' };
}

/** What a draft says once it is recorded, by whomever. */
function said(drafts: readonly EntryDraft[]): Said[] {
  return drafts.map(({ subject, operation }) => ({ subject, operation }) as Said);
}

const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', '__proto__', '1'), { minLength: 1, maxLength: 4 });
const drafts = fc
  .tuple(fc.constantFrom('x', 'y'), fc.constantFrom('set', 'metric', 'use', 'end'), names)
  .map(([run, kind, words]): EntryDraft => {
    const target = targetOf(run);
    const values = new Map(words.map((word) => [word, 1]));
    if (kind === 'set') return prepareSet(target, Object.fromEntries(words.map((word) => [`param.${word}`, 1])), []);
    if (kind === 'metric') return prepareMetrics(target, values, { step: null, rank: 0, atMs: 1 }, []);
    if (kind === 'end') return prepareEnd(target, { status: 'succeeded' }, []);
    const digests = [{ kind: 'md5', value: 'd3b07384d113edec49eaa6238ad5ff00' }];
    return prepareUse(target, { direction: 'input', path: words.join(), digests, seen: false, values: {} });
  });
const ALL = new Set([targetOf('x').execution, targetOf('y').execution]);

it('leaves out what was said, keeps what was not, and is empty the second time', () => {
  const law = (before: readonly EntryDraft[], wanted: readonly EntryDraft[]): void => {
    const known = saidOf(said(before), ALL);
    const fresh = wanted.flatMap((draft) => unsaidOf(draft, known) ?? []);
    const after = saidOf(said([...before, ...fresh]), ALL);
    assert.equal([...after].sort(), [...saidOf(said([...before, ...wanted]), ALL)].sort(), 'nothing is lost');
    for (const key of saidOf(said(fresh), ALL)) assert.not(known.has(key), `${key} is said again`);
    for (const draft of wanted) assert.is(unsaidOf(draft, after), undefined);
  };
  fc.assert(fc.property(fc.array(drafts, { maxLength: 4 }), fc.array(drafts, { maxLength: 4 }), law), { numRuns: 300 });
});

it('hears only of the executions that it is asked for', () => {
  const draft = prepareEnd(targetOf('x'), { status: 'succeeded' }, []);
  assert.is(saidOf(said([draft]), new Set()).size, 0);
});

it.run();
