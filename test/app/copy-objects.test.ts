import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { copyObjects } from '../../src/app/copy-objects.ts';
import { beginTransfer, openBudget } from '../../src/app/move-objects.ts';
import { md5Hex } from '../../src/domain/digest.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { HashProgress } from '../../src/ports/hasher.ts';
import type { BadObject, VerifyReport } from '../../src/ports/object-cache.ts';

const test = suite('copy-objects');

const FOLDER = { directory: '/storage', group: false };

function lay(kinds: readonly string[]) {
  const seen: HashProgress[] = [];
  const transfer = beginTransfer(openBudget(undefined), (progress) => seen.push(progress));
  const objects = kinds.map((kind, i) => {
    const digest = { kind, value: md5Hex(`${i}`) };
    return { object: transfer.outcomes.objects.add(digest), digest, sizeBytes: 10, repairs: i === 1 };
  });
  const kindsOf = () => objects.map(({ object }) => transfer.outcomes.get(object)?.kind);
  return { transfer, objects, seen, kindsOf };
}

function reportOf(bad: readonly BadObject[]): VerifyReport {
  return { objects: 0, bytes: 0, bad };
}

test('what was copied is moved, and what is no file of a folder is left', async () => {
  const { transfer, objects, seen, kindsOf } = lay(['md5', 'md5', 'md5-dir', 'md5-dos2unix']);
  const asked: string[] = [];
  const left = await copyObjects(transfer, objects, FOLDER, async (folder, given, onProgress) => {
    assert.is(folder, FOLDER);
    asked.push(...[...given].map(({ digest }) => digest.value));
    onProgress({ files: 1, bytes: 10, filesTotal: 2, bytesTotal: 20 });
    return reportOf([]);
  });
  assert.equal([...left], objects.slice(2));
  assert.equal(
    asked,
    objects.slice(0, 2).map(({ digest }) => digest.value),
  );
  assert.equal(kindsOf(), ['moved', 'moved', undefined, undefined]);
  assert.equal(transfer.outcomes.get(1), { kind: 'moved', bytes: 10, repairs: true });
  assert.is(seen.at(-1)?.bytes, 10);
  assert.is(transfer.progress.bytes, 20);
});

test('what is wrong is left to somebody who says so', async () => {
  const { transfer, objects, kindsOf } = lay(['md5', 'md5', 'md5']);
  const bad = [objects[0], objects[2]].map((one) => ({
    digest: one?.digest ?? { kind: 'md5', value: '' },
    path: '',
    problem: 'other-content' as const,
  }));
  const left = await copyObjects(transfer, objects, FOLDER, async () => reportOf(bad));
  assert.equal([...left], [objects[0], objects[2]]);
  assert.equal(kindsOf(), [undefined, 'moved', undefined]);
});

test('a failure of the whole leaves everything, and is reported by who tries it one by one', async () => {
  const { transfer, objects, kindsOf } = lay(['md5', 'md5']);
  const left = await copyObjects(transfer, objects, FOLDER, async () => {
    throw new CmfError('environment', { message: 'no space left' });
  });
  assert.equal([...left], objects);
  assert.equal(kindsOf(), [undefined, undefined]);
  assert.is(transfer.stopped, undefined);
});

test('a defect of the program is not hidden', async () => {
  const { transfer, objects } = lay(['md5']);
  const failing = copyObjects(transfer, objects, FOLDER, async () => {
    throw new TypeError('oh');
  });
  assert.is(await failing.then(() => '', String), 'TypeError: oh');
});

test('nothing is copied to a storage elsewhere', async () => {
  const { transfer, objects } = lay(['md5']);
  const left = await copyObjects(transfer, objects, undefined, async () => {
    throw new Error('asked');
  });
  assert.is(left, objects);
});

test.run();
