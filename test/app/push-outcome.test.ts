import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isLostRace } from '../../src/app/push-outcome.ts';

const it = suite('app: what a refused push means');

it('knows a lost race by the words of every git', () => {
  for (const reason of [
    'failed to update ref',
    'incorrect old value provided',
    'reference does not exist',
    'reference already exists',
    "cannot lock ref 'refs/cmf/journal/x': is at 1 but expected 2",
  ]) {
    assert.ok(isLostRace({ ref: 'r', status: 'rejected', reason }), reason);
  }
});

it('takes no other refusal for one', () => {
  for (const reason of ['pre-receive hook declined', 'the reference does not exist', undefined]) {
    assert.not(isLostRace({ ref: 'r', status: 'rejected', ...(reason !== undefined && { reason }) }));
  }
});

it.run();
