import { CmfError } from '../../domain/errors.ts';
import type { GitObjects, ObjectInfo, ObjectType, Oid, TreeEntry } from '../../ports/git.ts';
import type { GitStore } from '../../ports/git-store.ts';
import { BODY_LIMIT_BYTES } from './batch-parser.ts';
import { type ObjectFormat, toOid } from './object-id.ts';
import { parseTree } from './tree-format.ts';

/** Blobs asked for ahead of the consumer of `readBlobs`: at most this many bytes (or one blob). */
const AHEAD_BYTES = 8 * 1024 * 1024;
const AHEAD_COUNT = 256;

/** Reads objects from a store; checks what was asked and what was found. */
export class StoredObjects implements GitObjects {
  private readonly store: GitStore;
  private readonly format: ObjectFormat;

  constructor(store: GitStore, format: ObjectFormat) {
    this.store = store;
    this.format = format;
  }

  async info(oid: Oid): Promise<ObjectInfo | undefined> {
    return this.store.info(toOid(oid));
  }

  infos(oids: readonly Oid[]): Promise<(ObjectInfo | undefined)[]> {
    return Promise.all(oids.map((oid) => this.info(oid)));
  }

  readBlob(oid: Oid): Promise<Uint8Array> {
    return this.read(oid, 'blob');
  }

  async *readBlobs(oids: readonly Oid[]): AsyncGenerator<Uint8Array, void, undefined> {
    for (let start = 0; start < oids.length; start += AHEAD_COUNT) {
      yield* this.readChunk(oids.slice(start, start + AHEAD_COUNT));
    }
  }

  async readTree(oid: Oid): Promise<TreeEntry[]> {
    return parseTree(await this.read(oid, 'tree'), this.format);
  }

  async treeOf(commit: Oid): Promise<Oid> {
    const tree = await this.store.treeOf(toOid(commit));
    if (tree === undefined) throw new CmfError('damaged', { message: `commit ${commit} or its tree is missing` });
    return tree;
  }

  async readMessage(commit: Oid): Promise<string> {
    const text = (await this.read(commit, 'commit')).toString();
    return text.slice(text.indexOf('\n\n') + 2);
  }

  async timeOf(commit: Oid): Promise<number> {
    const text = (await this.read(commit, 'commit')).toString('latin1');
    return Number(/^committer .*> (\d+) /m.exec(text)?.[1] ?? 0);
  }

  private async *readChunk(oids: readonly Oid[]): AsyncGenerator<Uint8Array, void, undefined> {
    const sizes = (await this.infos(oids)).map((info) => info?.sizeBytes ?? 0);
    const ahead: Promise<Buffer>[] = [];
    let asked = 0;
    let aheadBytes = 0;
    for (const [index, sizeBytes] of sizes.entries()) {
      while (asked < oids.length && (asked === index || aheadBytes + (sizes[asked] ?? 0) <= AHEAD_BYTES)) {
        const blob = this.read(oids[asked] as Oid, 'blob');
        blob.catch(() => undefined); // Reported when its turn comes; a consumer that stops early never asks.
        ahead.push(blob);
        aheadBytes += sizes[asked] ?? 0;
        asked += 1;
      }
      const bytes = await (ahead.shift() as Promise<Buffer>);
      aheadBytes -= sizeBytes;
      yield bytes;
    }
  }

  private async read(oid: Oid, type: ObjectType): Promise<Buffer> {
    const found = await this.store.read(toOid(oid));
    if (found === undefined) throw new CmfError('damaged', { message: `object ${oid} is missing`, hint: 'git fsck' });
    const { info, bytes } = found;
    if (info.type !== type)
      throw new CmfError('damaged', { message: `object ${oid} is a ${info.type}, not a ${type}` });
    if (bytes === undefined) {
      throw new CmfError('refused', {
        message: `object ${oid} has ${info.sizeBytes} bytes; the limit is ${BODY_LIMIT_BYTES}`,
      });
    }
    return bytes;
  }
}
