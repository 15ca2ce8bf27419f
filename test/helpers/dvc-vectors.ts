/** Golden vectors: what the real DVC made of files and folders. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** One case that was run through `dvc add` of DVC 3.67: what to put on disk, and what DVC made of it. */
export type DvcVector = {
  readonly id: string;
  readonly kind: 'file' | 'dir';
  readonly name: string;
  readonly mode?: string;
  readonly dvcignore?: string;
  readonly content_b64?: string;
  readonly content_recipe?: readonly { readonly b64: string; readonly times: number }[];
  readonly entries?: readonly { readonly path: string; readonly type: string; readonly content_b64?: string }[];
  readonly expected: {
    readonly md5: string;
    readonly size: number;
    readonly nfiles?: number;
    /** Of a file: the hash of DVC 2, as DVC 3 and as DVC 2 itself compute it. */
    readonly md5_dos2unix_as_dvc3?: string;
    readonly md5_dos2unix_as_dvc2?: string;
    readonly legacy_md5?: string;
    readonly legacy_dir_json?: string;
    readonly dir_json?: string;
    readonly sorted_relpaths?: readonly string[];
    readonly dvc_file: string;
  };
};

export function dvcVectors(): readonly DvcVector[] {
  return JSON.parse(readFileSync(new URL('../golden/dvc-vectors.json', import.meta.url), 'utf8')) as DvcVector[];
}

/** Lays a vector out in a folder that exists. */
export function layVector(vector: DvcVector, folder: string): void {
  const path = join(folder, vector.name);
  if (vector.dvcignore !== undefined) writeFileSync(join(folder, '.dvcignore'), vector.dvcignore);
  if (vector.kind === 'file') writeFileSync(path, contentOf(vector));
  else mkdirSync(path);
  if (vector.mode !== undefined) chmodSync(path, Number.parseInt(vector.mode, 8));
  for (const entry of vector.entries ?? []) {
    const member = join(path, entry.path);
    mkdirSync(entry.type === 'emptydir' ? member : dirname(member), { recursive: true });
    if (entry.type !== 'emptydir') writeFileSync(member, Buffer.from(entry.content_b64 ?? '', 'base64'));
  }
}

function contentOf(vector: DvcVector): Buffer {
  const parts = vector.content_recipe ?? [{ b64: vector.content_b64 ?? '', times: 1 }];
  return Buffer.concat(
    parts.map(({ b64, times }) => Buffer.from(Buffer.from(b64, 'base64').toString('latin1').repeat(times), 'latin1')),
  );
}

/** A pointer of ours as DVC would have written it. */
export function withoutClaim(pointer: string): string {
  return pointer.replace(/^ {2}meta:\n {4}cmf:\n {6}(?:blake3|tree): [0-9a-f]{64}\n/m, '');
}
