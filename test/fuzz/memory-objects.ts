import { parseTree } from '../../src/adapters/git/tree-format.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { GitObjects, ObjectInfo, ObjectType, Oid } from '../../src/ports/git.ts';
import type { PlainObject } from './plain-tree.ts';

/** Objects in memory, with the program's own reading of trees and git's way to fail. */
export function memoryObjects(store: ReadonlyMap<string, PlainObject>): GitObjects {
  const read = (oid: Oid, type: ObjectType): Buffer => {
    const object = store.get(oid);
    if (object === undefined) throw new CmfError('damaged', { message: `object ${oid} is missing` });
    if (object.type !== type) throw new CmfError('damaged', { message: `object ${oid} is a ${object.type}` });
    return object.bytes;
  };
  const info = (oid: Oid): ObjectInfo | undefined => {
    const object = store.get(oid);
    return object === undefined ? undefined : { oid, type: object.type, sizeBytes: object.bytes.length };
  };
  return {
    info: async (oid) => info(oid),
    infos: async (oids) => oids.map(info),
    readBlob: async (oid) => read(oid, 'blob'),
    readBlobs: async function* (oids) {
      for (const oid of oids) yield read(oid, 'blob');
    },
    readTree: async (oid) => parseTree(read(oid, 'tree'), 'sha1'),
    treeOf: async (oid) => {
      if (store.get(oid)?.type === 'tree') return oid;
      return /^tree ([0-9a-f]{40})$/m.exec(read(oid, 'commit').toString())?.[1] as Oid;
    },
    readMessage: async (oid) => read(oid, 'commit').toString().split('\n\n')[1] ?? '',
    timeOf: async () => 0,
  };
}
