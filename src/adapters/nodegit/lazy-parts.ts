import type { GitRefs, GitTransport } from '../../ports/git.ts';
import type { GitStore } from '../../ports/git-store.ts';

/** Objects of a repository that is opened when the first of them is asked for. */
export function lazyStore(open: () => Promise<{ readonly store: GitStore }>): GitStore {
  return {
    info: async (oid) => (await open()).store.info(oid),
    read: async (oid) => (await open()).store.read(oid),
    treeOf: async (oid) => (await open()).store.treeOf(oid),
    write: async (objects) => (await open()).store.write(objects),
  };
}

/** Refs of a repository that is opened when one of them is asked for. */
export function lazyRefs(open: () => Promise<{ readonly refs: GitRefs }>): GitRefs {
  return {
    list: async (prefixes) => (await open()).refs.list(prefixes),
    resolve: async (name) => (await open()).refs.resolve(name),
    update: async (updates) => (await open()).refs.update(updates),
    isAncestor: async (ancestor, descendant) => (await open()).refs.isAncestor(ancestor, descendant),
    newCommits: async function* (tip, base) {
      yield* (await open()).refs.newCommits(tip, base);
    },
    history: async function* (tips) {
      yield* (await open()).refs.history(tips);
    },
    reflogCommits: async () => (await open()).refs.reflogCommits(),
    commitOf: async (revision) => (await open()).refs.commitOf(revision),
  };
}

/** Remotes of a repository that is opened when one of them is asked for. */
export function lazyTransport(open: () => Promise<GitTransport>): GitTransport {
  return {
    listRemote: async (remote, prefixes) => (await open()).listRemote(remote, prefixes),
    fetch: async (remote, refspecs) => (await open()).fetch(remote, refspecs),
    push: async (remote, refspecs) => (await open()).push(remote, refspecs),
    remotes: async () => (await open()).remotes(),
    remoteUrl: async (remote) => (await open()).remoteUrl(remote),
  };
}
