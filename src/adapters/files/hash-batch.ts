import type { Blake3 } from './blake3.ts';
import type { FilePath } from './file-failure.ts';
import { hashBuffers, hashFile } from './hash-file.ts';
import { RESULT_BYTES } from './hash-result.ts';
import { createKeeper, type KeepPlan } from './object-keeper.ts';

/** What a hashing thread must know before it begins. */
export type HashSetup = { readonly sha256: boolean; readonly keep?: KeepPlan | undefined };

/** What a thread is told, and what it answers. */
export type CrewOrder =
  | { readonly kind: 'hash'; readonly paths: readonly (string | Uint8Array)[]; readonly wanted?: readonly string[] }
  | { readonly kind: 'pending' | 'commit' | 'discard' };
export type CrewAnswer =
  | { readonly kind: 'hashed'; readonly results: Buffer }
  | { readonly kind: 'pending'; readonly paths: readonly string[] }
  | { readonly kind: 'done' };

/** Hashes files in this thread, one after the other. */
export interface BatchHasher {
  /**
   * One result for each path (see hash-result.ts). The first failure ends it.
   * @param wanted the MD5 that each file should have: what has another is not kept
   */
  hash(paths: readonly (string | Uint8Array)[], wanted?: readonly string[]): Promise<Buffer>;
  pending(): string[];
  commit(): void;
  discard(): void;
}

/** Does one thing that a crew asks for. */
export async function obeyOrder(batch: BatchHasher, order: CrewOrder): Promise<CrewAnswer> {
  switch (order.kind) {
    case 'hash':
      return { kind: 'hashed', results: await batch.hash(order.paths, order.wanted) };
    case 'pending':
      return { kind: 'pending', paths: batch.pending() };
    case 'commit':
      batch.commit();
      return { kind: 'done' };
    case 'discard':
      batch.discard();
      return { kind: 'done' };
  }
}

export function createBatchHasher(blake3: Blake3, setup: HashSetup): BatchHasher {
  const keeper = setup.keep === undefined ? undefined : createKeeper(setup.keep);
  const tools = { blake3, buffers: hashBuffers(), sha256: setup.sha256, keeper };
  return {
    async hash(paths, wanted) {
      const results = Buffer.allocUnsafeSlow(paths.length * RESULT_BYTES);
      for (const [i, path] of paths.entries()) {
        // Bytes come from another thread as a plain array of them.
        const file: FilePath = typeof path === 'string' ? path : Buffer.from(path);
        const at = i * RESULT_BYTES;
        await hashFile(file, tools, results.subarray(at, at + RESULT_BYTES), wanted?.[i]);
      }
      return results;
    },
    pending: () => keeper?.pending() ?? [],
    commit: () => keeper?.commit(),
    discard: () => keeper?.discard(),
  };
}
