/** What DVC 2 left behind: pointers without `hash`, and objects in the root of the cache. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type DvcVector, dvcVectors, layVector } from '../helpers/dvc-vectors.ts';

function legacyHash({ expected }: DvcVector): string | undefined {
  return expected.md5_dos2unix_as_dvc3 ?? expected.legacy_md5;
}

function storeLegacy(repository: string, md5: string, bytes: Uint8Array | string): void {
  const path = join(repository, '.dvc/cache', md5.slice(0, 2), md5.slice(2));
  mkdirSync(dirname(path), { recursive: true });
  if (!existsSync(path)) writeFileSync(path, bytes, { mode: 0o444 });
}

/** Lays a vector out as DVC 2 would have left it; returns its path, relative to `root`. */
export function layLegacy(root: string, vector: DvcVector, md5: string, repository = root): string {
  const folder = join(root, vector.id);
  mkdirSync(folder, { recursive: true });
  layVector(vector, folder);
  const { size, nfiles, legacy_dir_json: list } = vector.expected;
  const path = join(folder, vector.name);
  if (list === undefined) storeLegacy(repository, md5, readFileSync(path));
  else {
    storeLegacy(repository, md5, list);
    for (const member of JSON.parse(list))
      storeLegacy(repository, member.md5, readFileSync(join(path, member.relpath)));
  }
  const facts = [`size: ${size}`, ...(nfiles === undefined ? [] : [`nfiles: ${nfiles}`])];
  if (vector.mode !== undefined) facts.push('isexec: true');
  writeFileSync(
    `${path}.dvc`,
    `outs:\n- md5: ${md5}\n${facts.map((fact) => `  ${fact}\n`).join('')}  path: ${vector.name}\n`,
  );
  writeFileSync(join(folder, '.gitignore'), `/${vector.name}\n`);
  return join(vector.id, vector.name);
}

/** Lays out all vectors whose legacy hash is known; returns their paths. */
export function layAllLegacy(root: string, repository = root): string[] {
  return dvcVectors().flatMap((vector) => {
    const md5 = legacyHash(vector);
    return md5 === undefined ? [] : [layLegacy(root, vector, md5, repository)];
  });
}
