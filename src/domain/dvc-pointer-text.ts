import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, Scalar, visit, YAMLMap } from 'yaml';
import type { Digest } from './digest.ts';
import { CLAIM_KEYS } from './dvc-pointer.ts';
import { quoteScalar } from './dvc-quoting.ts';
import { parseDvcYaml } from './dvc-yaml.ts';
import { CmfError } from './errors.ts';
import { resolveInRepository } from './repository-path.ts';

/** What a pointer file is to say of one artifact. */
export type PointerTarget = {
  /** Relative to the pointer's folder; usually the name of the file or directory beside it. */
  readonly path: string;
  /** `md5` with `blake3`, or `md5-dir` with `blake3-tree`; others are not written. */
  readonly digests: readonly Digest[];
  readonly sizeBytes: number;
  /** How many files; only for a directory. */
  readonly nfiles?: number;
  /** Only for a file. */
  readonly executable?: boolean;
};

/** Keys that described the bytes that were there before. */
const STALE_KEYS = ['etag', 'checksum', 'version_id', 'cloud', 'files'];

/**
 * The text of a `.dvc` file for an artifact.
 *
 * Without an existing text: what DVC 3 writes, key for key. With one: only what changed is touched; comments, the order
 * of keys, other outs and unknown `meta` stay, and where nothing changed the very same text comes back. `outs[].meta.cmf`
 * holds nothing but `{blake3: <hex>}` or `{tree: <hex>}`, so equal bytes give equal pointers; a `meta` that is
 * not a map is the user's and stays.
 *
 * @param name what messages call the file
 * @throws CmfError `damaged` when the existing text cannot be read, `refused` when it is an import, speaks of another
 * path, or uses YAML anchors (a change at one place would change others)
 */
export function writePointer(existing: string | undefined, target: PointerTarget, name: string): string {
  if (existing === undefined) return freshPointer(target);
  const { document, value } = parseDvcYaml(existing, name);
  if (document.contents === null) return existing.replace(/[^\n]$/, '$&\n') + freshPointer(target);
  if (Array.isArray(value['deps'])) throw refused(name, 'its data is imported', `dvc update ${name}`);
  const wdir = typeof value['wdir'] === 'string' ? value['wdir'] : '.';
  const out = findOut(document, wdir, target.path, name);
  return updateOut(out, target) ? print(document, existing, name) : existing;
}

function freshPointer(target: PointerTarget): string {
  const lines = fieldsOf(target).flatMap(([key, text]) => (text === undefined ? [] : [`${key}: ${inYaml(key, text)}`]));
  lines.push(`path: ${quoteScalar(target.path)}`);
  const claim = claimOf(target);
  lines.push('meta:', '  cmf:', `    ${claim.key}: ${quoteScalar(claim.value)}`);
  return `outs:\n${lines.map((line, index) => `${index === 0 ? '-' : ' '} ${line}\n`).join('')}`;
}

/** The fields that the bytes determine, in DVC's order; undefined for one that must not be there. */
function fieldsOf(target: PointerTarget): readonly (readonly [string, string | undefined])[] {
  return [
    ['md5', md5Of(target)],
    ['size', String(target.sizeBytes)],
    ['nfiles', target.nfiles === undefined ? undefined : String(target.nfiles)],
    ['isexec', target.executable === true ? 'true' : undefined],
    ['hash', 'md5'],
  ];
}

/** A count or a flag stands as it is, a hash that looks like a number in quotes. */
function inYaml(key: string, text: string): string {
  return key === 'size' || key === 'nfiles' || key === 'isexec' ? text : quoteScalar(text);
}

function md5Of(target: PointerTarget): string {
  for (const { kind, value } of target.digests) {
    if (kind === 'md5') return value;
    if (kind === 'md5-dir') return `${value}.dir`;
  }
  throw new CmfError('internal', { message: `a pointer for ${target.path} needs an MD5` });
}

type Claim = { readonly key: string; readonly value: string };

function claimOf(target: PointerTarget): Claim {
  for (const { kind, value } of target.digests) {
    const key = CLAIM_KEYS.get(kind);
    if (key !== undefined) return { key, value };
  }
  throw new CmfError('internal', { message: `a pointer for ${target.path} needs a BLAKE3` });
}

function findOut(document: Document<ParsedNode>, wdir: string, path: string, name: string): YAMLMap {
  const outs = document.get('outs');
  const items = isSeq(outs) ? outs.items : [];
  const found = items.find((item) => isMap(item) && resolveInRepository(wdir, String(item.get('path'))) === path);
  if (isMap(found)) return found;
  throw refused(
    name,
    `it has no out for ${path}`,
    `look what it is for, then move or remove it: git show HEAD:${name}`,
  );
}

function updateOut(out: YAMLMap, target: PointerTarget): boolean {
  let changed = false;
  for (const [key, text] of fieldsOf(target)) {
    const didChange = text === undefined ? out.delete(key) : setText(out, key, text);
    changed ||= didChange;
  }
  if (changed) for (const key of STALE_KEYS) out.delete(key);
  return setClaim(out, claimOf(target)) || changed;
}

/** Sets a value in place, so that a comment beside it stays. False when it is that already. */
function setText(map: YAMLMap, key: string, text: string): boolean {
  const node = map.get(key, true);
  if (isScalar(node) && node.value === text) return false;
  const scalar = isScalar(node) ? node : new Scalar(text);
  scalar.value = text;
  scalar.type = inYaml(key, text) === text ? Scalar.PLAIN : Scalar.QUOTE_SINGLE;
  if (scalar !== node) map.set(key, scalar);
  return true;
}

function setClaim(out: YAMLMap, claim: Claim): boolean {
  const meta = out.get('meta', true);
  const isEmpty = meta === undefined || (isScalar(meta) && /^(?:|~|null)$/i.test(String(meta.value)));
  if (!isEmpty && !isMap(meta)) return false;
  const holder = isMap(meta) ? meta : new YAMLMap();
  const old = holder.get('cmf');
  if (isMap(old) && old.items.length === 1 && old.get(claim.key) === claim.value) return false;
  const cmf = new YAMLMap();
  setText(cmf, claim.key, claim.value);
  holder.set('cmf', cmf);
  if (!isMap(meta)) out.set('meta', holder);
  return true;
}

function print(document: Document<ParsedNode>, existing: string, name: string): string {
  visit(document, {
    Node: (_, node) => {
      if (isAlias(node) || node.anchor !== undefined)
        throw refused(name, 'it uses YAML anchors', `write them out in ${name}`);
    },
  });
  return document.toString({
    lineWidth: 0,
    indentSeq: /^outs:.*(?:\r?\n\s*#.*)*\r?\n +-/m.test(existing),
    flowCollectionPadding: /[{[] /.test(existing),
  });
}

function refused(name: string, why: string, hint: string): CmfError {
  return new CmfError('refused', { message: `${name} was not changed: ${why}`, hint });
}
