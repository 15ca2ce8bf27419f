import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { objectsOf, unkeptIn } from '../../src/app/artifact-objects.ts';
import { failureOf, summarise } from '../../src/app/artifact-transfer.ts';
import { beginTransfer, openBudget } from '../../src/app/move-objects.ts';
import { createDigestSet } from '../../src/domain/digest-set.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { Storage } from '../../src/domain/storage.ts';

const it = suite('app: what became of artifacts');

const STORAGE: Storage = {
  name: 'shelf',
  url: '/shelf',
  address: { kind: 'folder', path: '/shelf' },
  settings: new Map(),
  level: 'repository',
  isDefault: true,
};
const DIGEST = { kind: 'md5', value: 'd3b07384d113edec49eaa6238ad5ff00' };

function failed(isSent: boolean) {
  const artifact = { path: 'model', digest: DIGEST, aliases: [], isSent, isKept: true };
  const transfer = beginTransfer(openBudget(undefined), () => undefined);
  const plan = [objectsOf(artifact, transfer.outcomes.objects, () => undefined)];
  transfer.outcomes.set(0, { kind: 'failed', reason: 'it is not there', hint: 'wait' });
  return failureOf([summarise(STORAGE, [artifact], plan, transfer)], 'come');
}

it('what is missing may still be sent, unless its pointer keeps it out of storages', () => {
  assert.is(failed(true)?.hint, 'wait');
  assert.match(failed(false)?.hint ?? '', /what was imported comes with dvc pull$/);
  assert.is(failed(false)?.message, '1 artifact did not come as a whole');
});

it('what was not begun when a storage failed is queued, and its failure is the one that is told', () => {
  const artifact = { path: 'model', digest: DIGEST, aliases: [], isSent: true, isKept: true };
  const transfer = beginTransfer(openBudget(undefined), () => undefined);
  transfer.stopped = new CmfError('environment', { message: 'the line was cut' });
  const summary = summarise(STORAGE, [artifact], [], transfer);
  assert.is(summary.artifacts[0]?.state, 'queued');
  assert.is(failureOf([summary], 'go')?.code, 'environment');
});

it('what nobody keeps is told apart from what is lost', () => {
  const [kept, unkept] = [true, false].map((isKept) => ({
    path: 'x',
    digest: DIGEST,
    aliases: [],
    isSent: true,
    isKept,
  }));
  const marksOf = (...artifacts: readonly (typeof kept)[]) => {
    const all = createDigestSet();
    return [
      ...unkeptIn(
        all,
        artifacts.flatMap((one) => (one === undefined ? [] : [objectsOf(one, all, () => undefined)])),
      ),
    ];
  };
  assert.equal(marksOf(unkept), [1]);
  assert.equal(marksOf(kept, unkept), [0]);
});

it.run();
