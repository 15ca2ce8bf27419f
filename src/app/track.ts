/** Putting a path under DVC's care: hash, object in the cache, pointer file, `.gitignore` line. */
import { type Digest, gitBlobId } from '../domain/digest.ts';
import type { CachePlace } from '../domain/dvc-cache.ts';
import { memberDigest } from '../domain/dvc-cache.ts';
import { type DvcText, findOutputs, pointerConflict } from '../domain/dvc-outputs.ts';
import { parsePointer } from '../domain/dvc-pointer.ts';
import { writePointer as writePointerText } from '../domain/dvc-pointer-text.ts';
import { dirEntriesOf } from '../domain/hashed-files.ts';
import { folderOf } from '../domain/repository-path.ts';
import type { DvcConfigFiles } from '../ports/dvc-config-files.ts';
import type { Hashed, Hasher, HashProgress } from '../ports/hasher.ts';
import type { ObjectCache } from '../ports/object-cache.ts';
import type { PointerFiles } from '../ports/pointer-files.ts';
import type { Context } from './clone.ts';
import { cachePlaceOf } from './dvc-settings.ts';
import { hashProgress } from './hash-progress.ts';

/** What touches the user's files. */
export type Files = {
  readonly hasher: Hasher;
  readonly pointers: PointerFiles;
  readonly objects: ObjectCache;
  readonly config: DvcConfigFiles;
};

export type TrackOptions = {
  /** False: only hash. */
  readonly writesPointer: boolean;
  /** False: keep no bytes. */
  readonly stores: boolean;
  readonly sha256?: boolean;
};

export type Tracked = {
  readonly hashed: Hashed;
  readonly pointer:
    | {
        /** Relative to the top of the work tree. */
        readonly path: string;
        /** git's id of the pointer as a blob. */
        readonly blob: string;
        readonly changed: boolean;
      }
    | { readonly reason: string };
};

/** The path relative to the top of the work tree; undefined when it is outside. */
export function pathInWorktree({ repository }: Pick<Context, 'repository'>, path: string): string | undefined {
  const { worktree = '/' } = repository.layout;
  return path.startsWith(`${worktree}/`) ? path.slice(worktree.length + 1) : undefined;
}

/** Hashes a path, keeps its bytes and writes its pointer, unless something speaks against a pointer. */
export async function track(context: Context, files: Files, path: string, options: TrackOptions): Promise<Tracked> {
  const relative = pathInWorktree(context, path);
  const unwanted = options.writesPointer ? undefined : 'none was asked for';
  const outside = relative === undefined ? 'the path is outside the work tree' : undefined;
  const texts = relative === undefined ? [] : await dvcTextsAround(context, files, relative);
  const against =
    unwanted ?? outside ?? (relative === undefined ? undefined : await objection(context, texts, relative));
  if (against === undefined && relative !== undefined) checkPointer(texts, relative);
  const legacy =
    against === undefined && relative !== undefined ? await legacyPointer(context, files, relative, texts) : undefined;
  const place =
    against === undefined && options.stores && legacy === undefined ? await cacheOf(context, files) : undefined;
  const hashed = await hashPath(context, files, path, { ...options, place });
  const reason = unwanted ?? outside ?? (hashed.dvc.ok ? against : hashed.dvc.reason);
  if (reason !== undefined || relative === undefined) return { hashed, pointer: { reason: reason ?? 'it is outside' } };
  if (legacy !== undefined)
    return { hashed, pointer: { path: legacy.path, blob: blobOf(context, legacy.text), changed: false } };
  const pointer = await writePointer(context, files, path, hashed);
  if (place !== undefined) await relink(context, files, place, relative, hashed);
  return { hashed, pointer: { path: `${relative}.dvc`, ...pointer } };
}

async function hashPath(
  context: Context,
  files: Files,
  path: string,
  { place, sha256 = false }: { readonly place: CachePlace | undefined; readonly sha256?: boolean },
): Promise<Hashed> {
  const { worktree: root = '/' } = context.repository.layout;
  const progress = hashProgress(context, `hashing ${pathInWorktree(context, path) ?? path}`);
  const onProgress = (how: HashProgress) => progress.report(how);
  try {
    return await files.hasher.hash(path, {
      root,
      sha256,
      onProgress,
      ...(place === undefined ? {} : { keepIn: place }),
    });
  } finally {
    progress.end();
  }
}

/** DVC's cache, behind a `.gitignore` that hides it. */
async function cacheOf(context: Context, files: Files): Promise<CachePlace> {
  const place = await cachePlaceOf(context, files.config);
  const { worktree } = context.repository.layout;
  if (worktree !== undefined) await files.pointers.ensureDvcFolder(worktree);
  return place;
}

/** What stands in the way of a pointer for this path, of all that can be known before it is hashed. */
async function objection(context: Context, texts: readonly DvcText[], relative: string): Promise<string | undefined> {
  const { outputs } = findOutputs(texts);
  const conflict = pointerConflict(relative, outputs);
  if (conflict !== undefined) return `${conflict.output.owner} already tracks ${conflict.output.path}`;
  const path = `${context.repository.layout.worktree}/${relative}`;
  return (await context.repository.worktree.isTracked(path)) ? 'git tracks it' : undefined;
}

/** The DVC files that may claim a path: in each folder above it, the stages there and the pointer of the next step. */
async function dvcTextsAround(context: Context, files: Files, relative: string): Promise<DvcText[]> {
  const root = context.repository.layout.worktree ?? '/';
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

/** A pointer that cannot be changed is refused before its data is read and kept. */
function checkPointer(texts: readonly DvcText[], relative: string): void {
  const own = texts.find(({ path }) => path === `${relative}.dvc`);
  if (own === undefined) return;
  const digests = [
    { kind: 'md5', value: '0'.repeat(32) },
    { kind: 'blake3', value: '0'.repeat(64) },
  ];
  writePointerText(own.text, { path: relative.slice(relative.lastIndexOf('/') + 1), digests, sizeBytes: 0 }, own.path);
}

/** A pointer of DVC 2 whose content did not change stays as it is: rewriting it would store everything twice. */
async function legacyPointer(
  context: Context,
  files: Files,
  relative: string,
  texts: readonly DvcText[],
): Promise<DvcText | undefined> {
  const { worktree: root = '/' } = context.repository.layout;
  const own = texts.find(({ path }) => path === `${relative}.dvc`);
  if (own === undefined) return undefined;
  const [out] = parsePointer(own.text, own.path).outs;
  const digest: Digest | undefined = out?.digest;
  if (digest === undefined || !digest.kind.startsWith('md5-dos2unix')) return undefined;
  const hashed = await files.hasher.hash(`${root}/${relative}`, { root, legacy: true });
  return hashed.digests.some(({ kind, value }) => kind === digest.kind && value === digest.value) ? own : undefined;
}

/** Writes the pointer and the `.gitignore` line. */
async function writePointer(
  context: Context,
  files: Files,
  path: string,
  hashed: Hashed,
): Promise<{ readonly blob: string; readonly changed: boolean }> {
  const slash = path.lastIndexOf('/');
  const name = path.slice(slash + 1);
  const { text, changed } = await files.pointers.write(`${path}.dvc`, {
    path: name,
    digests: hashed.digests,
    sizeBytes: hashed.sizeBytes,
    ...(hashed.kind === 'directory' ? { nfiles: hashed.nfiles } : { executable: hashed.executable }),
  });
  if (!(await context.repository.worktree.isIgnored(path))) await files.pointers.ignore(path.slice(0, slash), name);
  return { blob: blobOf(context, text), changed };
}

function blobOf({ repository }: Context, text: string): string {
  const { objectFormat } = repository.layout;
  return `${objectFormat}:${gitBlobId(text, objectFormat)}`;
}

/** Where `cache.type` asks for links first, what was added becomes links to the cache. */
async function relink(
  context: Context,
  files: Files,
  place: CachePlace,
  relative: string,
  hashed: Hashed,
): Promise<void> {
  const { worktree: root = '/' } = context.repository.layout;
  const [first] = place.linkTypes;
  if (first !== 'hardlink' && first !== 'symlink') return;
  const entries =
    hashed.kind === 'file' ? [{ relpath: '', md5: md5Of(hashed) }] : dirEntriesOf(await hashed.listFiles());
  const writes = [...entries].map(({ relpath, md5 }) => ({
    path: relpath === '' ? relative : `${relative}/${relpath}`,
    digest: memberDigest({ kind: 'md5-dir', value: '' }, md5),
    executable: hashed.kind === 'file' && hashed.executable,
  }));
  await files.objects.checkout(place, { root, removes: [], keepFolder: folderOf(relative), writes });
}

function md5Of({ digests }: Hashed): string {
  return digests.find(({ kind }) => kind === 'md5')?.value ?? '';
}
