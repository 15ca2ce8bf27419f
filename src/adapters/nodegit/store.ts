import { join } from 'node:path';
import type { ObjectInfo, ObjectType, Oid } from '../../ports/git.ts';
import type { FoundObject, GitStore, NewObject } from '../../ports/git-store.ts';
import { failed, NOT_FOUND, numberOf } from './cannot.ts';
import { writeLooseObjects } from './loose-objects.ts';
import type { Nodegit, Odb, Repository } from './nodegit-api.ts';
import { writePack } from './pack-file.ts';

/** libgit2's numbers for the types of objects. */
const TYPES: Readonly<Record<number, ObjectType>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };

/** Up to so many objects become loose ones; more, a pack: two synced files instead of one for each object. */
const LOOSE_COUNT = 32;

/** A pack is made in memory. */
const PACK_LIMIT_BYTES = 256 * 1024 * 1024;

/** Only SHA-1 repositories are opened. */
const OID_CHARS = 40;

/** How many tags of tags are followed to a tree. */
const TAG_DEPTH = 10;

/**
 * Reads and writes objects inside this process. nodegit 0.27 cannot ask for a header alone, so `info` reads the object; and
 * it takes the bytes of a new object as text only, which a tree is not, so those are written here.
 */
export class NodegitStore implements GitStore {
  private readonly nodegit: Nodegit;
  private readonly odb: Odb;
  private readonly directory: string;

  /** Opens the objects of a repository. */
  static async open(nodegit: Nodegit, repository: Repository, commonDir: string): Promise<NodegitStore> {
    return new NodegitStore(nodegit, await repository.odb(), join(commonDir, 'objects'));
  }

  private constructor(nodegit: Nodegit, odb: Odb, directory: string) {
    this.nodegit = nodegit;
    this.odb = odb;
    this.directory = directory;
  }

  async info(oid: Oid): Promise<ObjectInfo | undefined> {
    return (await this.read(oid))?.info;
  }

  async read(oid: Oid): Promise<FoundObject | undefined> {
    if (oid.length !== OID_CHARS) return undefined;
    try {
      const found = await this.odb.read(this.nodegit.Oid.fromString(oid));
      const [sizeBytes, type] = [found.size(), TYPES[found.type()]];
      if (type === undefined) return undefined;
      return { info: { oid, type, sizeBytes }, bytes: found.data().toBuffer(sizeBytes) };
    } catch (error) {
      if (numberOf(error) === NOT_FOUND) return undefined;
      throw failed(`read the object ${oid}`, error);
    }
  }

  async treeOf(oid: Oid): Promise<Oid | undefined> {
    let at: Oid | undefined = oid;
    for (let depth = 0; at !== undefined && depth < TAG_DEPTH; depth++) {
      const found = await this.read(at);
      if (found === undefined || found.info.type === 'tree') return found?.info.oid;
      if (found.info.type === 'blob') return undefined;
      const line = found.bytes?.toString('latin1', 0, 48) ?? '';
      const next = /^(?:tree ([0-9a-f]{40})|object ([0-9a-f]{40}))\n/.exec(line);
      at = (next?.[1] ?? next?.[2]) as Oid | undefined;
    }
    return undefined;
  }

  async write(objects: readonly NewObject[]): Promise<void> {
    const missing: NewObject[] = [];
    for (const object of objects) if (!(await this.has(object.oid))) missing.push(object);
    if (missing.length === 0) return;
    try {
      if (missing.length <= LOOSE_COUNT) await writeLooseObjects(this.directory, missing);
      else for (const part of parts(missing)) await writePack(this.directory, part);
    } catch (error) {
      throw failed('store objects', error);
    }
  }

  /** True if the object is there; does not read it. */
  async has(oid: Oid): Promise<boolean> {
    try {
      await this.odb.existsPrefix(this.nodegit.Oid.fromString(oid), oid.length);
      return true;
    } catch (error) {
      if (numberOf(error) === NOT_FOUND) return false;
      throw failed(`look for the object ${oid}`, error);
    }
  }
}

/** Runs of objects, each small enough for one pack or of one object. */
function parts(objects: readonly NewObject[]): NewObject[][] {
  const runs: NewObject[][] = [];
  let room = 0;
  for (const object of objects) {
    room -= object.bytes.length;
    if (room < 0) {
      runs.push([]);
      room = PACK_LIMIT_BYTES - object.bytes.length;
    }
    runs.at(-1)?.push(object);
  }
  return runs;
}
