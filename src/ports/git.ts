/**
 * What git cmf asks of a git repository. One conformance suite (test/conformance/git.ts) runs against every
 * implementation; an implementation never touches HEAD, the index, the work tree or a user's branch.
 */

/** An object id as git prints it: 40 hex digits in a SHA-1 repository, 64 in a SHA-256 one. */
export type Oid = string & { readonly __oid: never };

export type ObjectType = 'blob' | 'tree' | 'commit' | 'tag';

export type ObjectInfo = { readonly oid: Oid; readonly type: ObjectType; readonly sizeBytes: number };

/**
 * One line of a tree. `name` is raw bytes decoded as latin1, so no byte is lost and hostile names stay visible.
 * `mode` is what `git ls-tree` prints for the modes that git writes; any other (also a zero-padded one) stays different
 * from all of those, so comparing with `100644` and `040000` is a complete check.
 */
export type TreeEntry = { readonly mode: string; readonly name: string; readonly oid: Oid };

/** Reads objects. Reads go through one long-lived process, so a read costs microseconds, not a process start. */
export interface GitObjects {
  /** Type and size of an object without reading it; undefined when it is missing. */
  info(oid: Oid): Promise<ObjectInfo | undefined>;
  /** The same for many, in the given order, pipelined. */
  infos(oids: readonly Oid[]): Promise<(ObjectInfo | undefined)[]>;
  /** The bytes of a blob. Ask `info` first for anything that a stranger sent. Rejects with `damaged` if absent. */
  readBlob(oid: Oid): Promise<Uint8Array>;
  /** Many blobs, pipelined, in the given order; memory holds what the consumer has not yet taken. */
  readBlobs(oids: readonly Oid[]): AsyncIterable<Uint8Array>;
  /** The lines of one tree, in git's order. Never recurses: the caller bounds depth and count. */
  readTree(oid: Oid): Promise<TreeEntry[]>;
  /** The tree of a commit; of a tree, itself. Rejects with `damaged` if there is none. */
  treeOf(commit: Oid): Promise<Oid>;
  /** The message of a commit, as text. Rejects with `damaged` if there is no such commit. */
  readMessage(commit: Oid): Promise<string>;
  /** When a commit was made, by its committer's clock: seconds since the epoch. Rejects with `damaged` as readMessage. */
  timeOf(commit: Oid): Promise<number>;
}

/** What a path of a tree may be: a file, an executable file, a symbolic link. */
export type FileMode = '100644' | '100755' | '120000';

/**
 * One path of a tree to write: new bytes (text is written as UTF-8, mode 100644 unless given), an object that exists
 * already, or (oid undefined) a deletion. `path` holds raw bytes as latin1, like `TreeEntry.name`; its parts are
 * neither empty nor `.`, `..` or `.git`. Changes take effect in their order: a file replaces a directory and the other
 * way round; a directory that becomes empty goes.
 */
export type TreeChange =
  | { readonly path: string; readonly bytes: Uint8Array | string; readonly mode?: FileMode }
  | { readonly path: string; readonly oid: Oid; readonly mode: FileMode | '040000' }
  | { readonly path: string; readonly oid: undefined };

export type CommitRequest = {
  /** The ref to move, full name. */
  readonly ref: string;
  /** What the ref must point at now: the compare of compare-and-swap. Undefined: it must not exist. */
  readonly expected: Oid | undefined;
  /** Parents in order. Usually `[expected]`. */
  readonly parents: readonly Oid[];
  /** True: the tree starts empty instead of with the first parent's tree. */
  readonly fresh?: boolean;
  /** True: writes the commit also when its tree is the one that `expected` has. For one whose history must go. */
  readonly always?: boolean;
  readonly changes: readonly TreeChange[];
  readonly message: string;
  /** Seconds since the epoch, written as author and committer date. */
  readonly timeSeconds: number;
};

export type CommitResult =
  | { readonly kind: 'moved'; readonly commit: Oid; readonly tree: Oid }
  /** The tree is what `expected` has already, and the request does not say `always`; nothing was written. */
  | { readonly kind: 'unchanged'; readonly commit: Oid }
  /** Somebody moved the ref first; nothing changed. */
  | { readonly kind: 'lost' };

/** Writes commits on our own refs. */
export interface GitWriter {
  /**
   * Writes blobs, trees and one commit, durable before the ref moves; moves the ref by compare-and-swap.
   * Rejects with `damaged` if an object that the request names is missing or of the wrong type.
   */
  commit(request: CommitRequest): Promise<CommitResult>;
  /**
   * The id of the tree that these changes describe (starting from `base`, a tree or a commit, or from nothing), writing
   * its blobs and trees but no commit and no ref. Used to compare with what a server made.
   */
  writeTree(base: Oid | undefined, changes: readonly TreeChange[]): Promise<Oid>;
}

export type Ref = { readonly name: string; readonly oid: Oid };

export type RefUpdate = {
  readonly name: string;
  /** undefined deletes the ref. */
  readonly to: Oid | undefined;
  /** undefined: the ref must not exist now. */
  readonly expected: Oid | undefined;
};

/** A commit of a history, and the trees and blobs that it is the first to bring. */
export type NewCommit = { readonly commit: Oid; readonly parents: readonly Oid[]; readonly brings: readonly Oid[] };

/** A commit as a history shows it. */
export type HistoryCommit = {
  readonly commit: Oid;
  readonly tree: Oid;
  readonly parents: readonly Oid[];
  /** By the committer's clock, seconds since the epoch. */
  readonly timeSeconds: number;
};

export interface GitRefs {
  /** Refs whose full names start with one of the prefixes, sorted by name. A prefix ends in `/` or is a whole name. */
  list(prefixes: readonly string[]): Promise<Ref[]>;
  resolve(name: string): Promise<Oid | undefined>;
  /**
   * All or none, by compare-and-swap. False when somebody else was first. Never follows a symbolic ref. Rejects with
   * `environment` when nobody was first and git still refuses (a stale lock, a full disk).
   */
  update(updates: readonly RefUpdate[]): Promise<boolean>;
  isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean>;
  /**
   * The commits that `tip` reaches and `base` does not, parents before children. What `base` is known to hold already is
   * left out of `brings`; it may name more than is new. Ends git as soon as the caller stops. Rejects with `damaged` when
   * an object is missing.
   */
  newCommits(tip: Oid, base: Oid | undefined): AsyncIterable<NewCommit>;
  /**
   * Every commit that the tips reach, each once, in no order that may be relied upon. A tip may be a tag; one of no commit
   * reaches nothing. Rejects with `damaged` when a commit is missing.
   */
  history(tips: readonly Oid[]): AsyncIterable<HistoryCommit>;
  /** The commits that reflogs remember, of all refs and of the HEAD of every work tree, and that are still here. */
  reflogCommits(): Promise<readonly Oid[]>;
  /** The commit that a person means by `HEAD`, `main~3`, `v1.0` or part of an id; undefined when there is none. */
  commitOf(revision: string): Promise<Oid | undefined>;
}

/** A ref as a remote shows it. */
export type PushOutcome = {
  readonly ref: string;
  readonly status: 'ok' | 'up-to-date' | 'rejected';
  /** git's own words for a rejection, with what the server's hook printed. */
  readonly reason?: string;
};

/** Talks to other repositories with the user's own git: its transports, credentials and ssh configuration. */
export interface GitTransport {
  /** Refs of a remote under the prefixes. Rejects with `no-remote` when it does not exist or does not answer. */
  listRemote(remote: string, prefixes: readonly string[]): Promise<Ref[]>;
  /**
   * Fetches exactly these refs into local ones (forced, no tags, no FETCH_HEAD, no filter, no prune). Rejects with
   * `not-found` when the remote has no such ref (any more).
   */
  fetch(remote: string, refspecs: readonly { readonly from: string; readonly to: string }[]): Promise<void>;
  /**
   * Pushes exactly these objects to these refs, fast-forward only, without running the user's pre-push hook. Outcomes
   * come in the order of the refspecs; a rejection is an outcome, not an error.
   */
  push(remote: string, refspecs: readonly { readonly from: Oid; readonly to: string }[]): Promise<PushOutcome[]>;
  /** Names of the configured remotes, in git's order. */
  remotes(): Promise<string[]>;
  /** The URL of a remote with user and password removed; undefined when there is none of that name. */
  remoteUrl(remote: string): Promise<string | undefined>;
}

/** What the code looked like when an execution started. */
export type HeadState = {
  /** undefined before the first commit. */
  readonly commit: Oid | undefined;
  /** Undefined when HEAD is detached. */
  readonly branch: string | undefined;
  /** True if a tracked file differs from HEAD. */
  readonly dirty: boolean;
};

/** What the index has for a path; of a conflict each side is one. Mode and path are as in `TreeEntry`. */
export type IndexedFile = { readonly mode: string; readonly path: string; readonly oid: Oid };

/** Reads the user's side of the repository. */
export interface GitWorktree {
  head(): Promise<HeadState>;
  /** The path is tracked by git (in the index). Path is absolute. */
  isTracked(path: string): Promise<boolean>;
  /**
   * The files of an index whose paths end in one of these, which are plain text.
   * @param gitDir of the work tree that it belongs to: one of this repository's, absolute
   */
  indexed(gitDir: string, endings: readonly string[]): Promise<readonly IndexedFile[]>;
  /** git ignores the path already. */
  isIgnored(path: string): Promise<boolean>;
  /** One value of git's configuration; undefined when unset. */
  config(key: string): Promise<string | undefined>;
  /**
   * Many at once: every variable whose name starts with the prefix (a whole section with its dot: `cmf.`). Keys as git
   * shows them: section and variable in lower case, what stands between them as it was written. The last value wins; a
   * variable without a value is `true`.
   */
  configs(prefix: string): Promise<Map<string, string>>;
  /** Every value of one variable, in git's order; it may be set several times. */
  configAll(key: string): Promise<string[]>;
  /** Sets one variable in this repository's own configuration (shared by its worktrees). */
  setConfig(key: string, value: string): Promise<void>;
}

/** Where a repository keeps its things. All paths absolute. */
export type RepositoryLayout = {
  readonly gitDir: string;
  /** Shared by all worktrees. */
  readonly commonDir: string;
  /** undefined in a bare repository. */
  readonly worktree: string | undefined;
  readonly objectFormat: 'sha1' | 'sha256';
};

/** One opened repository. `close` ends its long-lived processes; nothing may be called after it. */
export interface GitRepository {
  readonly layout: RepositoryLayout;
  readonly objects: GitObjects;
  readonly writer: GitWriter;
  readonly refs: GitRefs;
  readonly transport: GitTransport;
  readonly worktree: GitWorktree;
  close(): Promise<void>;
}
