/** Control trees: `<kind>/<sha256>.json`, each file a record that was checked when it was read. */
import {
  CONTROL_BYTES_MAX,
  type ControlRecord,
  parseControlPath,
  verifyControlRecord,
} from '../domain/control-record.ts';
import { sha256Hex } from '../domain/digest.ts';
import { CmfError } from '../domain/errors.ts';
import type { GitObjects, ObjectInfo, Oid } from '../ports/git.ts';
import { quotePath } from './refuse-object.ts';

/** One file of a control tree that is what it must be. */
export type ControlFile = { readonly path: string; readonly oid: Oid; readonly record: ControlRecord };

/** What lies in a control tree. */
export type ControlTree = {
  readonly files: readonly ControlFile[];
  /** What is no record, one line each: left out, and never a reason to leave out the others. */
  readonly refused: readonly string[];
};

/** Records in one control tree. */
export const CONTROL_FILES_MAX = 100_000;
/** Bytes of all records in one control tree. */
export const CONTROL_FILES_BYTES_MAX = 256 * 1024 * 1024;
/** A line of a control tree has at most 160 bytes. */
const TREE_BYTES_MAX = CONTROL_FILES_MAX * 160;
const KINDS: readonly string[] = ['key', 'purge'] satisfies readonly ControlRecord['kind'][];

/**
 * Reads a control tree, every tree and file measured before it is read.
 * @param known paths that were checked before; they are passed over
 * @throws CmfError `refused` for a tree that is too large as a whole
 */
export async function readControlTree(
  objects: GitObjects,
  tree: Oid,
  known: ReadonlySet<string> = new Set(),
): Promise<ControlTree> {
  const refused: string[] = [];
  const places: { readonly path: string; readonly oid: Oid }[] = [];
  for (const [path, oid] of await listFiles(objects, tree, refused)) if (!known.has(path)) places.push({ path, oid });
  const infos = await objects.infos(places.map(({ oid }) => oid));
  const sound = places.filter(({ path, oid }, i) => {
    const rule = unfit(path, infos[i]);
    if (rule !== undefined) refused.push(lineOf(path, oid, rule));
    return rule === undefined;
  });
  const sizeBytes = infos.reduce((sum, info) => sum + (info?.sizeBytes ?? 0), 0);
  if (sizeBytes > CONTROL_FILES_BYTES_MAX) throw tooLarge(`more than ${CONTROL_FILES_BYTES_MAX} bytes at once`);
  const files: ControlFile[] = [];
  let i = 0;
  for await (const bytes of objects.readBlobs(sound.map(({ oid }) => oid))) {
    const place = sound[i++];
    if (place === undefined) break;
    const record = recordOf(place.path, bytes);
    if (typeof record === 'string') refused.push(lineOf(place.path, place.oid, record));
    else files.push({ ...place, record });
  }
  return { files, refused };
}

/** The control tree of a commit. One that cannot be read as a whole is empty, and named. */
export async function readControlOf(
  objects: GitObjects,
  commit: Oid,
  known: ReadonlySet<string> = new Set(),
): Promise<ControlTree> {
  try {
    return await readControlTree(objects, await objects.treeOf(commit), known);
  } catch (error) {
    if (error instanceof CmfError && ['refused', 'damaged'].includes(error.code))
      return { files: [], refused: [error.message] };
    throw error;
  }
}

async function listFiles(objects: GitObjects, tree: Oid, refused: string[]): Promise<Map<string, Oid>> {
  const files = new Map<string, Oid>();
  await requireSmall(objects, tree);
  for (const { name, mode, oid } of await objects.readTree(tree)) {
    if (mode !== '040000' || !KINDS.includes(name)) {
      refused.push(lineOf(name, oid, 'is no folder of format 1'));
      continue;
    }
    await requireSmall(objects, oid);
    for (const file of await objects.readTree(oid)) {
      if (file.mode === '100644') files.set(`${name}/${file.name}`, file.oid);
      else refused.push(lineOf(`${name}/${file.name}`, file.oid, 'is no plain file'));
    }
  }
  if (files.size > CONTROL_FILES_MAX) throw tooLarge(`more than ${CONTROL_FILES_MAX} records`);
  return files;
}

async function requireSmall(objects: GitObjects, tree: Oid): Promise<void> {
  const info = await objects.info(tree);
  if (info?.type !== 'tree' || info.sizeBytes > TREE_BYTES_MAX)
    throw tooLarge(`object ${tree} is no folder of a fit size`);
}

function unfit(path: string, info: ObjectInfo | undefined): string | undefined {
  if (parseControlPath(path) === undefined) return 'is not a path of format 1';
  if (info?.type !== 'blob') return `is ${info?.type ?? 'missing'}, not a file`;
  return info.sizeBytes > CONTROL_BYTES_MAX
    ? `has ${info.sizeBytes} bytes; ${CONTROL_BYTES_MAX} are the limit`
    : undefined;
}

/** The record in these bytes, or the rule that they break. */
function recordOf(path: string, bytes: Uint8Array): ControlRecord | string {
  const kind = parseControlPath(path)?.kind;
  if (kind === undefined || !path.endsWith(`/${sha256Hex(bytes)}.json`))
    return 'its name is not the SHA-256 of its bytes';
  try {
    return verifyControlRecord(kind, new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (error instanceof CmfError) return error.message;
    if (error instanceof TypeError) return 'is not UTF-8';
    throw error;
  }
}

function lineOf(path: string, oid: Oid, rule: string): string {
  return `control record ${quotePath(path)} (object ${oid}): ${rule}`;
}

function tooLarge(rule: string): CmfError {
  return new CmfError('refused', { message: `control records: ${rule}` });
}
