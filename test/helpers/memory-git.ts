/**
 * A git repository in memory: objects, refs with compare-and-swap, commits. For tests that must decide when things happen;
 * everything else uses real git. `pause` is awaited between reading a ref and moving it, so that others can get between.
 */
import { createHash } from 'node:crypto';
import type {
  CommitRequest,
  CommitResult,
  GitRepository,
  GitTransport,
  NewCommit,
  Oid,
  TreeChange,
  TreeEntry,
} from '../../src/ports/git.ts';

type Stored =
  | { readonly type: 'blob'; readonly bytes: Uint8Array }
  | { readonly type: 'tree'; readonly entries: readonly TreeEntry[] }
  | {
      readonly type: 'commit';
      readonly tree: Oid;
      readonly parents: readonly Oid[];
      readonly message: string;
      readonly timeSeconds: number;
    };

/** What a repository in memory holds; two repositories over one storage are two processes in one repository. */
export type MemoryStorage = {
  readonly store: Map<Oid, Stored>;
  readonly refs: Map<string, Oid>;
  readonly config: Map<string, string[]>;
};

/** A storage with nothing in it. */
export function memoryStorage(): MemoryStorage {
  return { store: new Map(), refs: new Map(), config: new Map() };
}

/** The same once more; neither sees what happens in the other. */
export function copyStorage({ store, refs, config }: MemoryStorage): MemoryStorage {
  return { store: new Map(store), refs: new Map(refs), config: new Map(config) };
}

/** The objects that one object names, if any. */
export function namedBy(stored: Stored | undefined): readonly Oid[] {
  if (stored?.type === 'tree') return stored.entries.map(({ oid }) => oid);
  return stored?.type === 'commit' ? [stored.tree, ...stored.parents] : [];
}

export type MemoryGitOptions = {
  /** A new one unless given. */
  readonly storage?: MemoryStorage;
  /** Called before anything changes, and again after a ref has moved; it may throw, as a process that is killed there. */
  readonly step?: () => void;
  /** How it reaches others; not at all unless given. */
  readonly transport?: GitTransport;
  readonly pause?: () => Promise<void>;
  /** The fault to prove that compare-and-swap is needed: moves the ref whatever it points at. */
  readonly blind?: boolean;
  /** How many commits lose their new blobs just after the ref moved, as to a `git gc --prune=now`. */
  readonly pruned?: number;
};

export function memoryGit(commonDir: string, options: MemoryGitOptions = {}): GitRepository {
  const { store, refs, config } = options.storage ?? memoryStorage();
  const step = () => options.step?.();
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
      if (get(oid, 'tree').entries.length === 0) entries.delete(name);
      else entries.set(name, { mode: '040000', name, oid });
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
    const { parents, message, timeSeconds } = request;
    const made = put({ type: 'commit', tree, parents, message, timeSeconds });
    await options.pause?.();
    step();
    if (!isCurrent()) return { kind: 'lost' };
    refs.set(request.ref, made);
    step();
    if (toPrune-- > 0) for (const change of request.changes) store.delete(leafOf(change)?.oid ?? made);
    return { kind: 'moved', commit: made, tree };
  };
  const ancestors = (tip: Oid, known: Set<Oid> = new Set()): Set<Oid> => {
    for (const pending = [tip]; pending.length > 0; ) {
      const next = pending.pop();
      if (next === undefined || known.has(next)) continue;
      known.add(next);
      pending.push(...get(next, 'commit').parents);
    }
    return known;
  };
  const newCommits = (tip: Oid, base: Oid | undefined): NewCommit[] => {
    const old = base === undefined ? new Set<Oid>() : ancestors(base);
    const seen = new Set<Oid>();
    const collect = (oid: Oid, brings: Oid[]): void => {
      if (seen.has(oid)) return;
      seen.add(oid);
      brings.push(oid);
      for (const one of namedBy(store.get(oid))) collect(one, brings);
    };
    if (base !== undefined) collect(treeOf(base), []);
    const order: NewCommit[] = [];
    const visit = (commit: Oid): void => {
      if (old.has(commit)) return;
      old.add(commit);
      const { parents, tree } = get(commit, 'commit');
      parents.forEach(visit);
      const brings: Oid[] = [];
      collect(tree, brings);
      order.push({ commit, parents, brings });
    };
    visit(tip);
    return order;
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
      timeOf: async (oid) => get(oid, 'commit').timeSeconds,
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
        step();
        if (updates.some(({ name, expected }) => refs.get(name) !== expected)) return false;
        for (const { name, to } of updates) {
          if (to === undefined) refs.delete(name);
          else refs.set(name, to);
        }
        step();
        return true;
      },
      isAncestor: async (ancestor, descendant) => ancestors(descendant).has(ancestor),
      newCommits: async function* (tip, base) {
        yield* newCommits(tip, base);
      },
      history: async function* (tips) {
        const known = new Set<Oid>();
        for (const tip of tips) ancestors(tip, known);
        for (const one of known) {
          const { tree, parents, timeSeconds } = get(one, 'commit');
          yield { commit: one, tree, parents, timeSeconds };
        }
      },
      reflogCommits: async () => [],
      commitOf: async (revision) => refs.get(revision),
    },
    transport: options.transport ?? {
      listRemote: unsupported,
      fetch: unsupported,
      push: unsupported,
      remotes: async () => [],
      remoteUrl: async () => undefined,
    },
    worktree: {
      head: unsupported,
      isTracked: unsupported,
      indexed: unsupported,
      isIgnored: unsupported,
      config: async (key) => config.get(key)?.at(-1),
      configs: async () => new Map(),
      configAll: async (key) => config.get(key) ?? [],
      setConfig: async (key, value) => void config.set(key, [value]),
    },
    close: async () => undefined,
  };
}
