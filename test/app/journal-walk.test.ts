import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { newFiles, type WalkRequest } from '../../src/app/journal-walk.ts';
import { hlcAt } from '../../src/domain/clock.ts';
import { GATE, WRITER_JSON } from '../../src/domain/layout.ts';
import type { GitObjects, ObjectInfo, Oid, TreeEntry } from '../../src/ports/git.ts';
import { T0 } from '../helpers/journal-maker.ts';
import { memoryGit } from '../helpers/memory-git.ts';

const it = suite('app: the walk over a journal');
const ROOT = 'root' as Oid;
const hex = (i: number) => i.toString(16).padStart(64, '0');
const folder = (name: string, oid: string): TreeEntry => ({ mode: '040000', name, oid: oid as Oid });
const file = (name: string, oid: string): TreeEntry => ({ mode: '100644', name, oid: oid as Oid });

/** Journals that nobody could store in the time of a test: one segment for each of many pipelines. */
function generated(count: number): GitObjects {
  const lines = (oid: string): TreeEntry[] => {
    const [kind, i = '0'] = oid.split(' ');
    switch (kind) {
      case 'root':
        return [file(GATE, 'gate'), folder('seg', 'seg'), file(WRITER_JSON, 'writer')];
      case 'seg':
        return Array.from({ length: count }, (_, bucket) => folder(hex(bucket), `bucket ${bucket}`));
      case 'bucket':
        return [folder('2024-01', `month ${i}`)];
      case 'month':
        return [folder('00', `fanout ${i}`)];
      default:
        return [file(`${hlcAt(T0)}-${hex(Number(i))}.jsonl`, `segment ${i}`)];
    }
  };
  const sizeOf = (oid: Oid): ObjectInfo => ({ oid, type: 'tree', sizeBytes: lines(oid).length * 91 });
  return Object.create(memoryGit('/nowhere').objects, {
    readTree: { value: async (oid: Oid) => lines(oid) },
    infos: { value: async (oids: readonly Oid[]) => oids.map(sizeOf) },
  });
}

function walk(count: number, pathsMax: WalkRequest['pathsMax']) {
  return newFiles(generated(count), { tree: ROOT, base: undefined, isBaseOptional: false, pathsMax });
}

it('takes a writer of very many pipelines from a stranger', async () => {
  assert.is((await walk(10_001, 4_000_000)).length, 10_003);
  const error = await walk(100_001, 4_000_000).catch((reason: unknown) => reason);
  assert.match(String(error), /at 'seg': has 100001 entries; 100000 are the limit here$/);
});

it('reads what is trusted already however large it has grown', async () => {
  assert.is((await walk(100_001, undefined)).length, 100_003);
});

it.run();
