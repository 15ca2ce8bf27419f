/**
 * A git repository in memory: objects, refs with compare-and-swap, commits. For tests that must decide when things happen;
 * everything else uses real git. `pause` is awaited between reading a ref and moving it, so that others can get between.
 */
import { createHash } from 'node:crypto';
import type { CommitRequest, CommitResult, GitRepository, Oid, TreeChange, TreeEntry } from '../../src/ports/git.ts';

type Stored =
  | { readonly type: 'blob'; readonly bytes: Uint8Array }
  | { readonly type: 'tree'; readonly entries: readonly TreeEntry[] }
  | { readonly type: 'commit'; readonly tree: Oid; readonly parents: readonly Oid[]; readonly message: string };

export type MemoryGitOptions = {
  readonly pause?: () => Promise<void>;
  /** The fault to prove that compare-and-swap is needed: moves the ref whatever it points at. */
  readonly blind?: boolean;
  /** How many commits lose their new blobs just after the ref moved, as to a `git gc --prune=now`. */
  readonly pruned?: number;
};

export function memoryGit(commonDir: string, options: MemoryGitOptions = {}): GitRepository {
  const store = new Map<Oid, Stored>();
  const refs = new Map<string, Oid>();
  let toPrune = options.pruned ?? 0;
  const put = (stored: Stored): Oid => {
    // Blobs have the ids that git gives them.
    const [head, text] =
      stored.type === 'blob' ? [`blob ${stored.bytes.length}\0`, stored.bytes] : ['', JSON.stringify(stored)];
    const oid = createHash('sha1').update(head).update(text).digest('hex') as Oid;
    store.set(oid, stored);
    return oid;
  };
  const get = <Type extends Stored['type']>(oid: Oid, type: Type): Extract<Stored, { type: Type }> => {
    const stored = store.get(oid);
    if (stored?.type !== type) throw new Error(`${oid} is no ${type}`);
    return stored as Extract<Stored, { type: Type }>;
  };
  const treeOf = (oid: Oid): Oid => (store.get(oid)?.type === 'tree' ? oid : get(oid, 'commit').tree);

  const withChange = (
    tree: Oid | undefined,
    parts: readonly string[],
    leaf: Omit<TreeEntry, 'name'> | undefined,
  ): Oid => {
    const entries = new Map((tree === undefined ? [] : get(tree, 'tree').entries).map((entry) => [entry.name, entry]));
    const [name = '', ...rest] = parts;
    if (rest.length > 0) {
      const oid = withChange(entries.get(name)?.oid, rest, leaf);
      entries.set(name, { mode: '040000', name, oid });
    } else if (leaf === undefined) entries.delete(name);
    else entries.set(name, { mode: leaf.mode, name, oid: leaf.oid });
    return put({ type: 'tree', entries: [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) });
  };
  const leafOf = (change: TreeChange): Omit<TreeEntry, 'name'> | undefined => {
    if ('bytes' in change) {
      return {
        mode: change.mode ?? '100644',
        oid: put({ type: 'blob', bytes: Buffer.from(change.bytes as Uint8Array) }),
      };
    }
    return change.oid === undefined ? undefined : { mode: change.mode, oid: change.oid };
  };
  const writeTree = (base: Oid | undefined, changes: readonly TreeChange[]): Oid =>
    changes.reduce<Oid>(
      (tree, change) => withChange(tree, change.path.split('/'), leafOf(change)),
      base === undefined ? put({ type: 'tree', entries: [] }) : treeOf(base),
    );
  const commit = async (request: CommitRequest): Promise<CommitResult> => {
    const isCurrent = () => refs.get(request.ref) === request.expected || options.blind === true;
    if (!isCurrent()) return { kind: 'lost' };
    const base = request.fresh === true ? undefined : request.parents[0];
    const tree = writeTree(base, request.changes);
    if (request.always !== true && request.expected !== undefined && treeOf(request.expected) === tree) {
      return { kind: 'unchanged', commit: request.expected };
    }
    const made = put({ type: 'commit', tree, parents: request.parents, message: request.message });
    await options.pause?.();
    if (!isCurrent()) return { kind: 'lost' };
    refs.set(request.ref, made);
    if (toPrune-- > 0) for (const change of request.changes) store.delete(leafOf(change)?.oid ?? made);
    return { kind: 'moved', commit: made, tree };
  };
  const unsupported = () => Promise.reject(new Error('not in this repository'));
  return {
    layout: { gitDir: commonDir, commonDir, worktree: undefined, objectFormat: 'sha1' },
    objects: {
      info: async (oid) => {
        const stored = store.get(oid);
        const sizeBytes = stored?.type === 'blob' ? stored.bytes.length : 0;
        return stored === undefined ? undefined : { oid, type: stored.type, sizeBytes };
      },
      infos: async (oids) =>
        oids.map((oid) => {
          const stored = store.get(oid);
          const sizeBytes = stored?.type === 'blob' ? stored.bytes.length : 0;
          return stored === undefined ? undefined : { oid, type: stored.type, sizeBytes };
        }),
      readBlob: async (oid) => get(oid, 'blob').bytes,
      readBlobs: async function* (oids) {
        for (const oid of oids) yield get(oid, 'blob').bytes;
      },
      readTree: async (oid) => [...get(oid, 'tree').entries],
      treeOf: async (oid) => treeOf(oid),
      readMessage: async (oid) => get(oid, 'commit').message,
      timeOf: unsupported,
    },
    writer: { commit, writeTree: async (base, changes) => writeTree(base, changes) },
    refs: {
      list: async (prefixes) =>
        [...refs]
          .filter(([name]) =>
            prefixes.some((prefix) => (prefix.endsWith('/') ? name.startsWith(prefix) : name === prefix)),
          )
          .map(([name, oid]) => ({ name, oid }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
      resolve: async (name) => refs.get(name),
      update: async (updates) => {
        if (updates.some(({ name, expected }) => refs.get(name) !== expected)) return false;
        for (const { name, to } of updates) {
          if (to === undefined) refs.delete(name);
          else refs.set(name, to);
        }
        return true;
      },
      isAncestor: unsupported,
      newCommits: () => {
        throw new Error('not in this repository');
      },
    },
    transport: {
      listRemote: unsupported,
      fetch: unsupported,
      push: unsupported,
      remotes: async () => [],
      remoteUrl: async () => undefined,
    },
    worktree: {
      head: unsupported,
      isTracked: unsupported,
      isIgnored: unsupported,
      config: async () => undefined,
      configs: async () => new Map(),
      configAll: async () => [],
      setConfig: unsupported,
    },
    close: async () => undefined,
  };
}
