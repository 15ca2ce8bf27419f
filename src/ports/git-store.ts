/**
 * The raw side of a repository: what differs from one way to reach git to the next. GitObjects and GitWriter are built on it
 * once, for all of them.
 */
import type { GitRepository, ObjectInfo, Oid } from './git.ts';

/** An object to be stored, with the id it must get. */
export type NewObject = {
  readonly type: 'blob' | 'tree' | 'commit';
  readonly oid: Oid;
  readonly bytes: Uint8Array;
};

/** What was found. `bytes` is undefined when there are more of them than one buffer may hold. */
export type FoundObject = { readonly info: ObjectInfo; readonly bytes: Buffer | undefined };

/** Reads and writes whole objects by their ids. Ids were checked to be ids; nothing else about them is known. */
export interface GitStore {
  /** Type and size; undefined when the object is missing. */
  info(oid: Oid): Promise<ObjectInfo | undefined>;
  /** The object; undefined when it is missing. */
  read(oid: Oid): Promise<FoundObject | undefined>;
  /** The tree that a commit (or a tag of one) stands for, and a tree for itself; undefined when there is none. */
  treeOf(oid: Oid): Promise<Oid | undefined>;
  /** Stores the objects, all of them durable when it returns. */
  write(objects: readonly NewObject[]): Promise<void>;
}

/** A repository before GitObjects and GitWriter were built on its store. */
export type GitParts = Omit<GitRepository, 'objects' | 'writer'> & { readonly store: GitStore };
