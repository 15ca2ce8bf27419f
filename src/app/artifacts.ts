/**
 * Recording that an execution read or wrote artifacts: hash, pointer file, `.gitignore` line, record.
 */
import { type Digest, gitBlobId } from '../domain/digest.ts';
import { type DvcText, findOutputs, pointerConflict } from '../domain/dvc-outputs.ts';
import type { UseId } from '../domain/ids.ts';
import type { Direction, StoredPath } from '../domain/operation.ts';
import { fieldValues, prepareEnd, type Target } from '../domain/prepare.ts';
import { folderOf } from '../domain/repository-path.ts';
import type { StoredValue } from '../domain/value.ts';
import type { Hashed, Hasher } from '../ports/hasher.ts';
import type { PointerFiles } from '../ports/pointer-files.ts';
import type { Clone } from './clone.ts';
import { flushIfMany, planStart, recordNow, type StartRequest } from './executions.ts';
import { flush } from './flush.ts';
import { noteUses, type PlannedUse, planUse } from './uses.ts';

/** What touches the user's files. */
export type Files = { readonly hasher: Hasher; readonly pointers: PointerFiles };

export type ArtifactRequest = {
  readonly direction: Direction;
  /** Absolute; or a URL, whose digest must then be given. */
  readonly paths: readonly string[];
  readonly type?: string;
  readonly name?: string;
  readonly props: ReadonlyMap<string, StoredValue>;
  /** False: only record, write no pointer. */
  readonly writesPointer: boolean;
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
  const { worktree: root = '/' } = clone.repository.layout;
  const relative = path.startsWith(`${root}/`) ? path.slice(root.length + 1) : undefined;
  const stored = relative ?? path;
  if (request.digest !== undefined) {
    const pointer = { reason: 'its digest was given, its bytes were not read' };
    return { path: stored, stored, digests: [request.digest], sizeBytes: undefined, pointer };
  }
  const hashed = await files.hasher.hash(path, { root });
  const base = {
    path: stored,
    stored,
    digests: hashed.digests,
    sizeBytes: hashed.sizeBytes,
    ...(hashed.kind === 'directory' ? { files: hashed.nfiles } : {}),
  };
  const reason = await reasonAgainstPointer(clone, files, hashed, relative, request.writesPointer);
  if (reason !== undefined || relative === undefined)
    return { ...base, pointer: { reason: reason ?? 'it is outside' } };
  const blob = await writePointer(clone, files, path, hashed);
  return { ...base, pointer: { path: `${relative}.dvc` }, pointerBlob: blob };
}

/** Why DVC must find no pointer for this path; undefined when nothing speaks against one. */
async function reasonAgainstPointer(
  clone: Clone,
  files: Files,
  hashed: Hashed,
  relative: string | undefined,
  wanted: boolean,
): Promise<string | undefined> {
  if (!wanted) return 'none was asked for';
  if (relative === undefined) return 'the path is outside the work tree';
  if (!hashed.dvc.ok) return hashed.dvc.reason;
  const { outputs } = findOutputs(await dvcTextsAround(clone, files, relative));
  const conflict = pointerConflict(relative, outputs);
  if (conflict !== undefined) return `${conflict.output.owner} already tracks ${conflict.output.path}`;
  const path = `${clone.repository.layout.worktree}/${relative}`;
  return (await clone.repository.worktree.isTracked(path)) ? 'git tracks it' : undefined;
}

/** The DVC files that may claim a path: in each folder above it, the stages there and the pointer of the next step. */
async function dvcTextsAround(clone: Clone, files: Files, relative: string): Promise<DvcText[]> {
  const root = clone.repository.layout.worktree ?? '/';
  const names = new Set<string>();
  for (let path = relative; path !== ''; path = folderOf(path)) {
    const folder = folderOf(path);
    const prefix = folder === '' ? '' : `${folder}/`;
    for (const name of [`${path}.dvc`, `${prefix}dvc.yaml`, `${prefix}dvc.lock`]) names.add(name);
  }
  const texts: DvcText[] = [];
  for (const path of names) {
    const text = await files.pointers.read(`${root}/${path}`);
    if (text !== undefined) texts.push({ path, text });
  }
  return texts;
}

/** Writes the pointer and the `.gitignore` line. @returns git's id of the pointer as a blob */
async function writePointer(clone: Clone, files: Files, path: string, hashed: Hashed): Promise<string> {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const { text } = await files.pointers.write(`${path}.dvc`, {
    path: name,
    digests: hashed.digests,
    sizeBytes: hashed.sizeBytes,
    ...(hashed.kind === 'directory' ? { nfiles: hashed.nfiles } : { executable: hashed.executable }),
  });
  if (!(await clone.repository.worktree.isIgnored(path))) await files.pointers.ignore(path.slice(0, slash), name);
  const { objectFormat } = clone.repository.layout;
  return `${objectFormat}:${gitBlobId(text, objectFormat)}`;
}
