/** Random things to say about a very small world: two executions, three attempts, a handful of names. */
import { sha256Hex } from '../../../src/domain/digest.ts';
import type { EntryDraft } from '../../../src/domain/entry.ts';
import {
  type AttemptId,
  type ExecutionId,
  type PipelineId,
  pipelineId,
  stageId,
  type UseId,
} from '../../../src/domain/ids.ts';
import { type Operation, type Subject, type UseOperation, useId } from '../../../src/domain/operation.ts';
import type { StoredValue } from '../../../src/domain/value.ts';
import type { Dice } from './dice.ts';

export const EXECUTIONS = ['01900000-0000-7000-8000-000000000001', '01900000-0000-7000-8000-000000000002'].map(
  (id) => id as ExecutionId,
) as [ExecutionId, ExecutionId];
export const ATTEMPTS = ['a', 'b', 'c'].map(
  (letter) => `01900000-0000-7000-8000-00000000000${letter}` as AttemptId,
) as [AttemptId, AttemptId, AttemptId];
export const PIPELINE: PipelineId = pipelineId('', 'p:1');
const TAGS = ['best', '__proto__', 'a b'] as const;
const FIELDS = ['title', 'param.lr', 'param.__proto__'] as const;
const VALUES: readonly [StoredValue, ...StoredValue[]] = [0.1, { $num: 'NaN' }, 'a:b', [1, null, { $$num: 'x' }]];

/** One use of the small world, so that properties can be said of it. */
const USE: UseOperation = useOf('output', 0);

const SUBJECTS: readonly [Subject, ...Subject[]] = [
  { kind: 'execution', id: EXECUTIONS[0] },
  { kind: 'execution', id: EXECUTIONS[1] },
  { kind: 'pipeline', id: PIPELINE },
  { kind: 'stage', id: stageId('', PIPELINE, 'train') },
  { kind: 'use', id: useId(EXECUTIONS[0], USE) },
  { kind: 'artifact', id: `md5:${'0'.repeat(32)}` },
];

/** A draft without what it covers. */
export type Topic = { readonly draft: EntryDraft };

/** Something that one entry can say, but for retractions, removals of tags and what has no known kind. */
export function randomDraft(dice: Dice): Topic {
  const bucket = dice.take(2) === 0 ? '_' : PIPELINE;
  const subject = dice.pick(SUBJECTS);
  const kind = dice.take(10);
  if (kind < 3) return { draft: { bucket, subject, operation: randomSet(dice) } };
  if (kind === 3) return { draft: { bucket, subject, operation: { kind: 'tag.add', tags: randomTags(dice) } } };
  if (kind === 9) return { draft: { bucket, subject, operation: randomRewrites(dice) } };
  const execution: Subject = { kind: 'execution', id: dice.pick(EXECUTIONS) };
  return { draft: { bucket, subject: execution, operation: randomEvent(dice, kind) } };
}

/** One or two tags. */
export function randomTags(dice: Dice): string[] {
  return [...new Set([dice.pick(TAGS), dice.pick(TAGS)])];
}

type Sealable = Exclude<Operation, { kind: 'unknown' }>;

function randomSet(dice: Dice): Sealable {
  const values = Object.fromEntries([dice.pick(FIELDS), dice.pick(FIELDS)].map((name) => [name, dice.pick(VALUES)]));
  return { kind: 'set', values };
}

function randomRewrites(dice: Dice): Sealable {
  const commit = () => `sha1:${dice.pick(['a', 'b', 'c', 'd']).repeat(40)}`;
  return { kind: 'code.rewritten', commits: { [commit()]: commit(), [commit()]: commit() } };
}

function randomEvent(dice: Dice, kind: number): Sealable {
  const attempt = dice.pick(ATTEMPTS);
  switch (kind) {
    case 4:
      return { kind: 'execution', namespace: '', pipeline: 'p:1', stage: dice.pick(['train', 'test, all']) };
    case 5: {
      const facts =
        dice.take(2) === 0
          ? {}
          : { command: ['python', 'x y'], code: { dirty: true, commit: `sha1:${'a'.repeat(40)}` } };
      return { kind: 'attempt.start', attempt, saw: ATTEMPTS.filter(() => dice.take(3) === 1), facts };
    }
    case 6: {
      const status = dice.pick(['succeeded', 'failed', 'aborted'] as const);
      return { kind: 'attempt.end', attempt, status, inferred: status === 'aborted' && dice.take(2) === 0 };
    }
    case 7:
      return randomMetric(dice, attempt);
    default:
      return randomUse(dice, attempt);
  }
}

function randomMetric(dice: Dice, attempt: AttemptId): Sealable {
  const steps = dice.pick<readonly (number | null)[]>([[null], [1, 2], [2, 2, 1]]);
  const values = steps.map(() => dice.pick(VALUES));
  const at = dice.take(3) === 1 ? { at: steps.map((_, i) => i) } : {};
  const series = Object.fromEntries([[dice.pick(['val:top1', '__proto__']), { steps, values, ...at }]]);
  return { kind: 'metric', attempt, rank: dice.take(2), series };
}

function randomUse(dice: Dice, attempt: AttemptId): Sealable {
  const use = useOf(dice.pick(['output', 'input']), dice.take(2));
  return {
    ...use,
    attempt: dice.take(2) === 0 ? use.attempt : attempt,
    seen: dice.take(2) === 1,
    ...(dice.take(3) === 1 ? { sizeBytes: dice.take(3) } : {}),
    ...(dice.take(3) === 1 ? { from: sha256Hex(String(dice.take(2))) as UseId } : {}),
    values: dice.take(2) === 1 ? { type: dice.pick(VALUES) } : {},
  };
}

function useOf(direction: 'input' | 'output', content: number): UseOperation {
  const digests = [
    { kind: 'blake3', value: sha256Hex(String(content)) },
    { kind: 'md5', value: String(content).repeat(32) },
  ];
  return { kind: 'use', attempt: ATTEMPTS[0], direction, path: 'd/v:1', digests, seen: false, values: {} };
}
