/** What `dvc.yaml` says of stages and their outputs that `dvc.lock` does not: folders, roles, descriptions. */
import { isJsonObject, type JsonObject } from './canonical-json.ts';
import { plainKey } from './dvc-lock.ts';
import { typedValue } from './dvc-typed.ts';
import { parseDvcYaml } from './dvc-yaml.ts';
import { CmfError } from './errors.ts';
import type { StoredValue } from './value.ts';

/** What a person wrote beside a stage or an output. */
export type Notes = {
  readonly type?: string;
  readonly name?: string;
  readonly desc?: StoredValue;
  readonly labels?: StoredValue;
  readonly meta?: StoredValue;
};

/** An output as `dvc.yaml` declares it. */
export type OutputRole = {
  readonly kind: 'out' | 'metrics' | 'plots';
  readonly notes: Notes;
  /** False: its bytes are in git, not in DVC's cache. */
  readonly cached: boolean;
  /** False: never to be uploaded. */
  readonly pushed: boolean;
  /** The storage that holds it, where that is not the default one. */
  readonly storage: string | undefined;
  /** True where templates of several outputs fit its path, and they do not agree on these three. */
  readonly isUnsure: boolean;
};

export type StageRoles = {
  /** False for a stage that only the lock has: DVC does not look at it. */
  readonly isDeclared: boolean;
  /** The folder that its paths are relative to, relative to that of `dvc.yaml`. */
  readonly wdir: string;
  readonly frozen: boolean;
  readonly notes: Notes;
  /** Of an output, by its path as the lock has it. */
  readonly roleOf: (path: string) => OutputRole | undefined;
};

export type DvcRoles = {
  readonly stage: (name: string) => StageRoles;
  /** What its section `artifacts` says, by a path relative to the folder of `dvc.yaml`. */
  readonly artifacts: ReadonlyMap<string, Notes>;
};

const NO_STAGE: StageRoles = { isDeclared: false, wdir: '.', frozen: false, notes: {}, roleOf: () => undefined };

/** For a lock without a `dvc.yaml` beside it. */
export const NO_ROLES: DvcRoles = { stage: () => NO_STAGE, artifacts: new Map() };

/**
 * Reads a `dvc.yaml`. Templates are not evaluated: `m-${item}.json` is any path that fits.
 * @param name what messages call the file
 * @throws CmfError `damaged`
 */
export function readRoles(text: string, name: string): DvcRoles {
  const typed = typedValue(parseDvcYaml(text, name), name);
  const { stages, metrics, plots, artifacts } = mapOf(typed);
  const shared = [...outputsOf(metrics, 'metrics'), ...outputsOf(plots, 'plots')];
  const known = new Map<string, StageRoles>();
  return {
    stage: (stage) => {
      const before = known.get(stage);
      if (before !== undefined) return before;
      const declaration = declarationOf(mapOf(stages), stage);
      const roles = stageRoles(declaration, shared, `${name}, stage '${stage}',`);
      known.set(stage, roles);
      return roles;
    },
    artifacts: artifactsOf(mapOf(artifacts)),
  };
}

/** The stage itself, or the one that is repeated: `score` or its `do` for `score@fr`. */
function declarationOf(stages: JsonObject, name: string): JsonObject {
  const own = stages[stored(name)] ?? stages[stored(name.replace(/@.*$/s, ''))];
  const stage = mapOf(own);
  return isJsonObject(stage['do']) ? stage['do'] : stage;
}

type Declared = readonly [path: string, role: OutputRole];

function stageRoles(stage: JsonObject, shared: readonly Declared[], where: string): StageRoles {
  const { wdir, frozen, outs, metrics, plots } = stage;
  if (wdir !== undefined && wdir !== null && typeof wdir !== 'string') {
    throw new CmfError('damaged', { message: `${where} has a wdir that is not text` });
  }
  const declared = [
    ...outputsOf(metrics, 'metrics'),
    ...outputsOf(plots, 'plots'),
    ...outputsOf(outs, 'out'),
    ...shared,
  ];
  const exact = new Map([...declared].reverse());
  const patterns = declared.filter(([path]) => path.includes('${'));
  return {
    isDeclared: Object.keys(stage).length > 0,
    wdir: wdir ?? '.',
    frozen: frozen === true,
    notes: notesOf(stage),
    roleOf: (path) => exact.get(path) ?? likelyRole(patterns.filter(([template]) => fits(template, path))),
  };
}

/** The first of the outputs whose templates fit. */
function likelyRole(fitting: readonly Declared[]): OutputRole | undefined {
  const [first, ...others] = fitting.map(([, role]) => role);
  if (first === undefined) return undefined;
  const agrees = (one: OutputRole): boolean =>
    one.cached === first.cached && one.pushed === first.pushed && one.storage === first.storage;
  return others.every(agrees) ? first : { ...first, isUnsure: true };
}

/** Items are a path, or `{path: options}`. */
function outputsOf(list: StoredValue | undefined, kind: OutputRole['kind']): Declared[] {
  if (!Array.isArray(list)) return [];
  return (list as readonly StoredValue[]).flatMap((item): Declared[] => {
    if (typeof item === 'string') return [[item, roleOf(kind, {})]];
    return Object.entries(mapOf(item)).map(([path, options]) => [plainKey(path), roleOf(kind, mapOf(options))]);
  });
}

function roleOf(kind: OutputRole['kind'], options: JsonObject): OutputRole {
  const { cache, push, remote } = options;
  const storage = typeof remote === 'string' && remote !== '' ? remote.toLowerCase() : undefined;
  return { kind, notes: notesOf(options), cached: cache !== false, pushed: push !== false, storage, isUnsure: false };
}

/** True if a path may be what a template with `${…}` stands for. Linear in the length of both. */
export function fits(template: string, path: string): boolean {
  const [first = '', ...rest] = template.split(/\$\{[^}]*\}/);
  const last = rest.pop();
  if (last === undefined) return path === first;
  if (!path.startsWith(first) || !path.endsWith(last) || path.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0 || found + part.length > path.length - last.length) return false;
    at = found + part.length;
  }
  return true;
}

function artifactsOf(artifacts: JsonObject): Map<string, Notes> {
  const found = new Map<string, Notes>();
  for (const [name, value] of Object.entries(artifacts)) {
    const { path, ...rest } = mapOf(value);
    if (typeof path === 'string') found.set(path, { ...notesOf(rest), name: plainKey(name) });
  }
  return found;
}

/** `type`, `desc`, `labels` and `meta`; what git cmf itself put into `meta` is no word of a person. */
export function notesOf({ type, desc, labels, meta }: JsonObject): Notes {
  const { cmf: _, ...others } = mapOf(meta);
  const kept = isJsonObject(meta) ? others : meta;
  return {
    ...(typeof type === 'string' && type !== '' ? { type } : {}),
    ...(isSaid(desc) ? { desc } : {}),
    ...(isSaid(labels) ? { labels } : {}),
    ...(isSaid(kept) ? { meta: kept } : {}),
  };
}

function isSaid(value: StoredValue | undefined): value is StoredValue {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

function mapOf(value: StoredValue | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

function stored(key: string): string {
  return key.startsWith('$') ? `$${key}` : key;
}
