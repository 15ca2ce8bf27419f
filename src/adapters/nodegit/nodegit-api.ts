import { createRequire } from 'node:module';
import { CmfError } from '../../domain/errors.ts';
import { reasonOf } from './cannot.ts';

/** The part of nodegit 0.27 that is used here. A handle belongs to the repository that gave it. */
export type Oid = { readonly __nodegit: 'oid'; toString(): string };

export type Odb = {
  existsPrefix(oid: Oid, length: number): Promise<Oid>;
  read(oid: Oid): Promise<{ type(): number; size(): number; data(): { toBuffer(size: number): Buffer } }>;
};

export type Reference = {
  /** undefined for a symbolic one. */
  target(): Oid | undefined;
  symbolicTarget(): string | undefined;
  resolve(): Promise<Reference>;
};

export type Repository = {
  path(): string;
  workdir(): string | undefined;
  isBare(): number;
  isShallow(): number;
  odb(): Promise<Odb>;
  config(): Promise<{ setString(key: string, value: string): Promise<unknown> }>;
  index(): Promise<Index>;
  cleanup(): void;
};

export type Index = {
  /** Reads the file again if it changed. */
  read(force: number): Promise<unknown>;
  entryCount(): number;
  /** Of a conflict, each side. */
  entries(): readonly { readonly path: string; readonly mode: number; readonly id: Oid }[];
  getByPath(path: string): unknown;
  /** The place of the first path that starts so. */
  findPrefix(prefix: string): Promise<number>;
};

/** Each call returns 0 or libgit2's number for what went wrong. */
export type Transaction = {
  lockRef(name: string): number;
  setTarget(name: string, to: Oid, signature: unknown, message: string): number;
  commit(): number;
};

export type RemoteHead = { name(): string; oid(): Oid };

export type Remote = {
  url(): string;
  connect(direction: number, callbacks: unknown): Promise<void>;
  referenceList(): Promise<readonly RemoteHead[]>;
  download(refspecs: readonly string[], options: unknown): Promise<number>;
  push(refspecs: readonly string[], options: unknown): Promise<number>;
  disconnect(): Promise<void>;
};

export type Commit = { treeId(): Oid; parents(): readonly Oid[]; message(): string; time(): number };

export type TreeLine = { oid(): string; isTree(): boolean; isSubmodule(): boolean; name(): string };

export type Revwalk = {
  sorting(order: number): void;
  push(oid: Oid): number;
  hide(oid: Oid): number;
  fastWalk(count: number): Promise<readonly Oid[]>;
};

export type Nodegit = {
  readonly Oid: { fromString(hex: string): Oid };
  readonly Repository: { openExt(path: string, flags: number, ceilings: string): Promise<Repository> };
  readonly Reference: {
    list(repository: Repository): Promise<readonly string[]>;
    lookup(repository: Repository, name: string): Promise<Reference>;
  };
  /** Of a path where there is nothing, an empty one. */
  readonly Index: { open(path: string): Promise<Index> };
  readonly Transaction: { create(repository: Repository): Promise<Transaction> };
  readonly Graph: { descendantOf(repository: Repository, commit: Oid, ancestor: Oid): Promise<number> };
  readonly Commit: { lookup(repository: Repository, oid: Oid): Promise<Commit> };
  readonly Tree: { lookup(repository: Repository, oid: Oid): Promise<{ entries(): readonly TreeLine[] }> };
  readonly Ignore: { pathIsIgnored(repository: Repository, path: string): Promise<number> };
  readonly Revparse: { single(repository: Repository, revision: string): Promise<{ id(): Oid }> };
  readonly Revwalk: { create(repository: Repository): Revwalk };
  readonly StatusList: {
    create(repository: Repository, options: unknown): Promise<{ entrycount(): number }>;
  };
  readonly Signature: { create(name: string, email: string, seconds: number, offset: number): unknown };
  readonly Remote: { createWithOpts(url: string, options: unknown): Promise<Remote> };
  readonly Libgit2: { opts(option: number, value: number): unknown };
};

/** `GIT_OPT_ENABLE_FSYNC_GITDIR`: libgit2 syncs objects, packs and refs, each with its folder, before it goes on. */
const ENABLE_FSYNC_GITDIR = 19;

const from = createRequire(import.meta.url);

/** Throws `environment` when nodegit is not installed. Loads nothing. */
export function checkInstalled(): void {
  try {
    from.resolve('nodegit');
  } catch (error) {
    throw unusable(error);
  }
}

/**
 * Loads nodegit and tells libgit2 to make what it writes durable. nodegit is installed beside git cmf, or where NODE_PATH
 * says: it is no dependency, since installing it compiles for minutes. Throws `environment` when it cannot be loaded.
 */
export function loadNodegit(): Nodegit {
  const nodegit = load();
  nodegit.Libgit2.opts(ENABLE_FSYNC_GITDIR, 1);
  muteBufferWarning();
  return nodegit;
}

function load(): Nodegit {
  try {
    return from('nodegit') as Nodegit;
  } catch (error) {
    throw unusable(error);
  }
}

function unusable(error: unknown): CmfError {
  return new CmfError('environment', {
    message: `cmf.gitBackend is nodegit, but that package cannot be loaded: ${reasonOf(error).split('\n')[0]}`,
    hint: 'npm install nodegit@0.27 beside git cmf, or: git config --unset cmf.gitBackend',
    cause: error,
  });
}

/** nodegit makes its buffers with a constructor that node deprecates, and node says so once a process: this is the once. */
function muteBufferWarning(): void {
  const { noDeprecation } = process;
  process.noDeprecation = true;
  Reflect.construct(Buffer, [0]);
  process.noDeprecation = noDeprecation ?? false;
}
