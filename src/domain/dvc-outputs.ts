import { parsePointer } from './dvc-pointer.ts';
import { isYamlMap, parseDvcYaml, type YamlMap, type YamlValue } from './dvc-yaml.ts';
import { CmfError } from './errors.ts';
import { folderOf, resolveInRepository } from './repository-path.ts';

/** A path that DVC is in charge of, and the file that says so; both relative to the top of the repository. */
export type KnownOutput = { readonly path: string; readonly owner: string };

/** A `.dvc`, `dvc.yaml` or `dvc.lock` file; `path` is relative to the top of the repository. */
export type DvcText = { readonly path: string; readonly text: string };

export type FoundOutputs = {
  readonly outputs: readonly KnownOutput[];
  /** Files that could not be read; DVC itself refuses every command until they are mended. */
  readonly unreadable: readonly { readonly path: string; readonly message: string }[];
};

/**
 * The outputs named in DVC's files. Outputs outside the repository are left out, and so are templated ones (`${…}`) of
 * `dvc.yaml`: once such a stage has run, `dvc.lock` lists what it stands for.
 */
export function findOutputs(files: readonly DvcText[]): FoundOutputs {
  const outputs = new Map<string, KnownOutput>();
  const unreadable: { path: string; message: string }[] = [];
  for (const file of files) {
    try {
      for (const path of outputPaths(file, files)) outputs.set(`${file.path}\0${path}`, { path, owner: file.path });
    } catch (error) {
      if (!(error instanceof CmfError)) throw error;
      unreadable.push({ path: file.path, message: error.message });
    }
  }
  return { outputs: [...outputs.values()], unreadable };
}

function outputPaths(file: DvcText, files: readonly DvcText[]): string[] {
  return writtenPaths(file, files).flatMap(([wdir, path]) => {
    const folder = resolveInRepository(folderOf(file.path), wdir);
    const resolved = folder === undefined || isUrl(path) ? undefined : resolveInRepository(folder, path);
    return resolved === undefined ? [] : [resolved];
  });
}

/** A path as written, with the folder that it is relative to. */
type WrittenPath = readonly [wdir: string, path: string];

function writtenPaths(file: DvcText, files: readonly DvcText[]): readonly WrittenPath[] {
  if (file.path.endsWith('.dvc')) {
    const pointer = parsePointer(file.text, file.path);
    return pointer.outs.map((out) => [pointer.wdir, out.path]);
  }
  const stages = stagesOf(file);
  // dvc.lock has paths relative to the stage's folder, and only the dvc.yaml beside it says which one that is.
  const wdirs = /(?:^|\/)dvc\.lock$/.test(file.path) ? siblingStages(file, files) : stages;
  const pairs = [...stages].flatMap(([name, stage]) => {
    const wdir = (wdirs.get(name) ?? wdirs.get(name.replace(/@.*$/, '')))?.['wdir'];
    return pathsOfStage(stage).map((path): WrittenPath => [typeof wdir === 'string' ? wdir : '.', path]);
  });
  return pairs.filter((pair) => !pair.some((text) => text.includes('${')));
}

function siblingStages(lock: DvcText, files: readonly DvcText[]): ReadonlyMap<string, YamlMap> {
  const sibling = files.find((file) => file.path === lock.path.replace(/lock$/, 'yaml'));
  return sibling === undefined ? new Map() : stagesOf(sibling);
}

/** Stages by name; of a `foreach` the stage that it repeats. */
function stagesOf(file: DvcText): ReadonlyMap<string, YamlMap> {
  const { stages } = parseDvcYaml(file.text, file.path).value;
  const found = new Map<string, YamlMap>();
  for (const [name, stage] of Object.entries(isYamlMap(stages) ? stages : {})) {
    if (!isYamlMap(stage)) continue;
    found.set(name, isYamlMap(stage['do']) ? stage['do'] : stage);
  }
  return found;
}

function pathsOfStage(stage: YamlMap): string[] {
  return ['outs', 'metrics', 'plots'].flatMap((key) => listedPaths(stage[key]));
}

/** Items are a path, `{path: options}` (dvc.yaml) or `{path: <path>, md5: …}` (dvc.lock). */
function listedPaths(list: YamlValue | undefined): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: YamlValue) => {
    if (typeof item === 'string') return [item];
    if (!isYamlMap(item)) return [];
    return typeof item['path'] === 'string' ? [item['path']] : Object.keys(item);
  });
}

function isUrl(path: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(path);
}

/** Why no pointer can be written for a path: DVC allows one owner for a path, and no output inside another. */
export type PointerConflict = { readonly kind: 'same' | 'inside' | 'around'; readonly output: KnownOutput };

/**
 * Finds the output that stands in the way of a pointer for `path`. The path's own pointer, `<path>.dvc`, does not.
 * @param path relative to the top of the repository, with `/`
 */
export function pointerConflict(path: string, outputs: readonly KnownOutput[]): PointerConflict | undefined {
  for (const output of outputs) {
    const kind = relationOf(path, output);
    if (kind !== undefined) return { kind, output };
  }
  return undefined;
}

function relationOf(path: string, output: KnownOutput): PointerConflict['kind'] | undefined {
  if (output.path === path) return output.owner === `${path}.dvc` ? undefined : 'same';
  if (path.startsWith(`${output.path}/`) || output.path === '') return 'inside';
  return output.path.startsWith(`${path}/`) ? 'around' : undefined;
}
