import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createObjectCache } from '../../src/adapters/files/object-cache.ts';
import { type ArtifactObjects, allOf, objectsOf } from '../../src/app/artifact-objects.ts';
import { openSentMemory } from '../../src/app/sent-memory.ts';
import { createDigestSet } from '../../src/domain/digest-set.ts';
import { createObjectOutcomes, type ObjectOutcomes } from '../../src/domain/object-outcomes.ts';
import type { StorageAddress } from '../../src/domain/storage-url.ts';
import { makeTempDirectory } from '../helpers/sealed-git.ts';

const it = suite('app: what a storage is known to have');

const DAY_MS = 86_400_000;

function openAt(root: string, day: number, address: StorageAddress = { kind: 'folder', path: join(root, 'store') }) {
  const objects = createObjectCache({ temporaries: [], watchFile: join(root, 'watched'), sync: async () => true });
  const storage = { name: 's', url: '', address, settings: new Map(), level: 'repository', isDefault: true } as const;
  return openSentMemory({ storage }, objects, day * DAY_MS + 5);
}

const hex = (i: number): string => i.toString(16).padStart(32, '0');

function artifact(i: number, kind: string) {
  return { path: `path ${i}`, digest: { kind, value: hex(i) }, aliases: [], isSent: true, isKept: true };
}

/** Folders of three files each, of which the last is the same in all. */
function foldersOf(outcomes: ObjectOutcomes, count: number): ArtifactObjects[] {
  return Array.from({ length: count }, (_, i) => {
    const members = createDigestSet([1, 2, 3].map((n) => ({ kind: 'md5', value: hex(n === 3 ? 9999 : i * 100 + n) })));
    return objectsOf(artifact(i, 'md5-dir'), outcomes.objects, () => members);
  });
}

async function storeOf(): Promise<string> {
  const root = makeTempDirectory('sent');
  mkdirSync(join(root, 'store/files/md5/00'), { recursive: true });
  writeFileSync(join(root, 'store/files/md5/00/object'), '');
  await new Promise((resolve) => setTimeout(resolve, 20));
  return root;
}

it('knows what was there as a whole, the same day', async () => {
  const root = await storeOf();
  const outcomes = createObjectOutcomes();
  const plan = [...foldersOf(outcomes, 2), objectsOf(artifact(5000, 'md5'), outcomes.objects, () => undefined)];
  for (const one of plan) for (const object of allOf(one)) outcomes.set(object, { kind: 'there' });
  const group = plan.map((one) => one.artifact);
  const memory = openAt(root, 3);
  assert.is(memory?.recall(group), undefined);
  memory?.remember(plan, outcomes);
  const known = openAt(root, 3)?.recall(group);
  assert.is(known?.counts.there, 8);
  assert.equal(
    known?.artifacts.map(({ state, counts }) => [state, counts.there]),
    [
      ['there', 4],
      ['there', 4],
      ['there', 1],
    ],
  );
  assert.is(openAt(root, 4)?.recall(group), undefined);
  assert.is(openAt(root, 3)?.recall(group.slice(1)), undefined, 'how many objects these have together is not known');
});

it('remembers nothing where anything was not there, or not known', async () => {
  const root = await storeOf();
  const remembered = (change: (outcomes: ObjectOutcomes, plan: ArtifactObjects[]) => void): boolean => {
    const outcomes = createObjectOutcomes();
    const plan = foldersOf(outcomes, 1);
    for (const one of plan) for (const object of allOf(one)) outcomes.set(object, { kind: 'there' });
    change(outcomes, plan);
    const group = plan.map((one) => one.artifact);
    const memory = openAt(root, 3);
    if (memory?.recall(group) !== undefined) return true;
    memory?.remember(plan, outcomes);
    return openAt(root, 3)?.recall(group) !== undefined;
  };
  assert.not(remembered((outcomes) => outcomes.set(2, { kind: 'queued', bytes: 1 })));
  assert.not(remembered((outcomes) => outcomes.set(0, { kind: 'moved', bytes: 1, repairs: false })));
  assert.not(remembered((outcomes) => outcomes.objects.add({ kind: 'md5', value: hex(77) })));
  assert.not(remembered((_, plan) => plan.splice(0, 1, { ...(plan[0] as ArtifactObjects), isListed: false })));
  assert.not(remembered((outcomes, plan) => plan.splice(0, 1, ...foldersOf(outcomes, 65))));
  assert.ok(remembered(() => undefined));
});

it('leaves alone what it cannot watch', async () => {
  const root = await storeOf();
  assert.is(openAt(root, 3, { kind: 's3', bucket: 'b', prefix: '' } as StorageAddress), undefined);
  const outcomes = createObjectOutcomes();
  const legacy = objectsOf(artifact(1, 'md5-dos2unix'), outcomes.objects, () => undefined);
  outcomes.set(0, { kind: 'there' });
  const memory = openAt(root, 3);
  memory?.remember([legacy], outcomes);
  assert.is(openAt(root, 3)?.recall([legacy.artifact]), undefined);
});

it.run();
