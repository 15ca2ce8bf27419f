/**
 * Recording that an execution read or wrote artifacts: hash, object in the cache, pointer file, record.
 */
import type { Digest } from '../domain/digest.ts';
import type { UseId } from '../domain/ids.ts';
import type { Direction, StoredPath } from '../domain/operation.ts';
import { fieldValues, prepareEnd, type Target } from '../domain/prepare.ts';
import type { StoredValue } from '../domain/value.ts';
import type { Clone } from './clone.ts';
import { flushIfMany, planStart, recordNow, type StartRequest } from './executions.ts';
import { flush } from './flush.ts';
import { type Files, pathInWorktree, track } from './track.ts';
import { noteUses, type PlannedUse, planUse } from './uses.ts';

export type ArtifactRequest = {
  readonly direction: Direction;
  /** Absolute; or a URL, whose digest must then be given. */
  readonly paths: readonly string[];
  readonly type?: string;
  readonly name?: string;
  readonly props: ReadonlyMap<string, StoredValue>;
  /** False: only record, write no pointer. */
  readonly writesPointer: boolean;
  /** False: the bytes are not kept in the cache. */
  readonly stores: boolean;
  /** A digest that the caller knows, instead of reading the bytes. */
  readonly digest?: Digest;
};

export type LoggedArtifact = {
  readonly path: string;
  readonly use: UseId;
  readonly digests: readonly Digest[];
  readonly sizeBytes: number | undefined;
  /** The pointer file, relative to the top of the work tree; or why there is none. */
  readonly pointer: { readonly path: string } | { readonly reason: string };
};

/** What is to be recorded of one path, before it is known by whom. */
type Found = Omit<LoggedArtifact, 'use'> & {
  readonly stored: StoredPath;
  readonly pointerBlob?: string;
  readonly files?: number;
};

/** Records uses by an execution that is going on. */
export async function logArtifacts(
  clone: Clone,
  files: Files,
  target: Target,
  request: ArtifactRequest,
): Promise<LoggedArtifact[]> {
  const { planned, logged } = await planUses(clone, files, target, request);
  recordNow(
    clone,
    planned.map(({ draft }) => draft),
  );
  noteUses(clone, planned);
  await flushIfMany(clone);
  return logged;
}

/** Records an execution of which nothing else is known than these uses: started, and finished at once. */
export async function logArtifactsAlone(
  clone: Clone,
  files: Files,
  start: StartRequest,
  request: ArtifactRequest,
): Promise<LoggedArtifact[]> {
  const { running, drafts } = await planStart(clone, start);
  const { planned, logged } = await planUses(clone, files, running, request);
  const uses = planned.map(({ draft }) => draft);
  recordNow(clone, [...drafts, ...uses, prepareEnd(running, { status: 'succeeded' }, [])]);
  noteUses(clone, planned);
  await flush(clone, { wait: false });
  return logged;
}

async function planUses(clone: Clone, files: Files, target: Target, request: ArtifactRequest) {
  const planned: PlannedUse[] = [];
  const logged: LoggedArtifact[] = [];
  const values = {
    ...(request.type === undefined ? {} : { type: request.type }),
    ...(request.name === undefined ? {} : { name: request.name.normalize('NFC') }),
    ...fieldValues(new Map(), request.props),
  };
  // Everything is read before anything is recorded: a path that cannot be read leaves no half of the others.
  const found: Found[] = [];
  for (const path of request.paths) found.push(await look(clone, files, path, request));
  for (const one of found) {
    const { stored, sizeBytes, files: count, pointerBlob, digests } = one;
    const use = planUse(clone, target, {
      direction: request.direction,
      path: stored,
      digests,
      seen: request.digest === undefined,
      values,
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      ...(count === undefined ? {} : { files: count }),
      ...(pointerBlob === undefined ? {} : { pointer: pointerBlob }),
    });
    planned.push(use);
    logged.push({ path: one.path, use: use.id, digests, sizeBytes, pointer: one.pointer });
  }
  return { planned, logged };
}

async function look(clone: Clone, files: Files, path: string, request: ArtifactRequest): Promise<Found> {
  const stored = pathInWorktree(clone, path) ?? path;
  if (request.digest !== undefined) {
    const pointer = { reason: 'its digest was given, its bytes were not read' };
    return { path: stored, stored, digests: [request.digest], sizeBytes: undefined, pointer };
  }
  const { writesPointer, stores } = request;
  const sha256 = /^(?:true|yes|on|1)$/i.test((await clone.repository.worktree.config('cmf.sha256')) ?? '');
  const { hashed, pointer } = await track(clone, files, path, { writesPointer, stores, sha256 });
  return {
    path: stored,
    stored,
    digests: hashed.digests,
    sizeBytes: hashed.sizeBytes,
    ...(hashed.kind === 'directory' ? { files: hashed.nfiles } : {}),
    pointer,
    ...('blob' in pointer ? { pointerBlob: pointer.blob } : {}),
  };
}
