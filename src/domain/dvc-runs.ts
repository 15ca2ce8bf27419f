/**
 * From DVC's files to executions: a stage as `dvc.lock` has it, or a `.dvc` file, is one run. The same content at the same
 * place is the same run, at whatever site and in whatever commit it is found, so its id is a hash of those.
 */
import { encodeCanonical, isJsonObject, type Json, type JsonObject } from './canonical-json.ts';
import { type Digest, formatDigest } from './digest.ts';
import { type DvcEntry, isUrl, readEntries } from './dvc-entry.ts';
import type { LockStage } from './dvc-lock.ts';
import { isMetricsFile } from './dvc-metrics.ts';
import { type DvcRoles, type Notes, notesOf } from './dvc-roles.ts';
import { typedValue } from './dvc-typed.ts';
import { parseDvcYaml } from './dvc-yaml.ts';
import { CmfError } from './errors.ts';
import { flatten, nameAcrossFiles } from './flatten.ts';
import { type AttemptId, type ExecutionId, importedAttemptId, importedExecutionId, type UseId } from './ids.ts';
import { type UseOperation, useId } from './operation.ts';
import { fieldValues, recordedPath } from './prepare.ts';
import { folderOf, resolveInRepository } from './repository-path.ts';
import type { StoredValue } from './value.ts';
import { remoteWithoutCredentials } from './without-credentials.ts';

/** Where a file of DVC lies, and what its runs belong to. */
export type RunPlace = {
  readonly namespace: string;
  /** The name of the pipeline of files at the top, and of `.dvc` files. */
  readonly pipeline: string;
  /** Relative to the top of the repository. */
  readonly file: string;
};

export type RunUse = UseOperation & { readonly id: UseId };

/** A metrics file that a run wrote; its bytes may be in git. */
export type RunMetrics = { readonly path: string; readonly digest: Digest };

/** What is to be recorded of one run, whenever it ran. */
export type DvcRun = {
  readonly execution: ExecutionId;
  readonly attempt: AttemptId;
  readonly namespace: string;
  readonly pipeline: string;
  readonly stage: string;
  readonly file: string;
  readonly commands: readonly string[];
  readonly params: ReadonlyMap<string, StoredValue>;
  readonly props: ReadonlyMap<string, StoredValue>;
  readonly inputs: readonly RunUse[];
  readonly outputs: readonly RunUse[];
  readonly metrics: readonly RunMetrics[];
};

/** The kind of source that ids of these executions are hashed with. */
const SOURCE_KIND = 'dvc';
/** Stage of the runs that stand for `.dvc` files. */
export const IMPORT_STAGE = 'import';
const PATH_LENGTH_MAX = 4096;

/**
 * The run that a stage of a lock stands for.
 * @throws CmfError `damaged` for a path that leads out of the repository
 */
export function runOfStage(stage: LockStage, roles: DvcRoles, place: RunPlace): DvcRun {
  const { wdir, frozen, notes, roleOf } = roles.stage(stage.name);
  const folder = folderOf(place.file);
  const where = `${place.file}, stage '${stage.name}',`;
  const resolve = resolver(folder, wdir, where);
  const resolveNamed = resolver(folder, '.', where);
  const named = new Map(Array.from(roles.artifacts, ([path, one]) => [resolveNamed(path), one]));
  const pipeline = folder === '' ? place.pipeline : folder;
  const base = identify({ ...place, pipeline }, stage.name, [wdir, stage.content]);
  const outputs = stage.outs.map((out) => {
    const path = resolve(out.path);
    const role = roleOf(out.path);
    const type = role === undefined || role.kind === 'out' ? {} : { type: role.kind };
    return { entry: out, path, notes: { ...type, ...role?.notes, ...named.get(path) } };
  });
  const metrics = outputs.flatMap(({ entry, path }): RunMetrics[] => {
    const { digest } = entry;
    const isRead = roleOf(entry.path)?.kind === 'metrics' && isMetricsFile(path) && isInside(path);
    return isRead && digest !== undefined && !digest.kind.endsWith('-dir') ? [{ path, digest }] : [];
  });
  const files = new Map(Array.from(stage.params, ([file, values]) => [file, flatten(values)]));
  return {
    ...base,
    commands: stage.commands,
    params: nameAcrossFiles(files),
    props: new Map([...noteProps(notes), ['dvc', place.file], ...(frozen ? [['frozen', true] as const] : [])]),
    inputs: usesOf(
      base,
      'input',
      stage.deps.map((entry) => ({ entry, path: resolve(entry.path), notes: {} })),
    ),
    outputs: usesOf(base, 'output', outputs),
    metrics,
  };
}

/**
 * The run that a `.dvc` file stands for: what it imports is read, its outs are written. One of DVC before 1.0 that has a
 * command is the stage of its name.
 * @param pointer git's id of the file, `<object format>:<hex>`
 * @throws CmfError `damaged`
 */
export function runOfPointer(text: string, pointer: string, place: RunPlace): DvcRun {
  const { file } = place;
  const yaml = parseDvcYaml(text, file);
  const typed = typedValue(yaml, file);
  const { wdir = '.', cmd } = yaml.value;
  if (typeof wdir !== 'string') throw damaged(file, 'has a wdir that is not text');
  const [deps, outs] = [readEntries(yaml.value, 'deps', file), readEntries(yaml.value, 'outs', file)];
  const commands = typeof cmd === 'string' && cmd !== '' ? [cmd] : [];
  const isStage = commands.length > 0;
  const stage = isStage ? file.slice(file.lastIndexOf('/') + 1).replace(/\.dvc$/, '') : IMPORT_STAGE;
  const resolve = resolver(folderOf(file), wdir || '.', file);
  const base = identify(place, stage, [wdir, encodeCanonical([commands, deps.map(contentOf), outs.map(contentOf)])]);
  const whole = isJsonObject(typed) ? typed : {};
  const notes = notesOfOuts(whole);
  const outputs = outs.map((entry, i) => ({ entry, path: resolve(entry.path), notes: notes[i] ?? {}, pointer }));
  const [only, more] = outputs;
  // What `dvc import` brought is a copy of what it read.
  const copied = more === undefined ? only?.entry.digest : undefined;
  const inputs = deps.map((entry) => {
    const { repository } = entry;
    if (repository === undefined) return { entry, path: resolve(entry.path), notes: {} };
    const path = `${remoteWithoutCredentials(repository.url)}#${entry.path}`;
    return { entry: { ...entry, digest: entry.digest ?? copied }, path, notes: {} };
  });
  return {
    ...base,
    commands,
    params: new Map(),
    props: new Map([...noteProps(notesOf(whole)), ['dvc', file], ...sourceProps(deps)]),
    inputs: usesOf(base, 'input', inputs),
    outputs: usesOf(base, 'output', outputs),
    metrics: [],
  };
}

function notesOfOuts({ outs }: JsonObject): readonly Notes[] {
  return Array.isArray(outs) ? outs.map((out: Json) => (isJsonObject(out) ? notesOf(out) : {})) : [];
}

/** Where imported data came from, as a person looks for it. */
function sourceProps([dep]: readonly DvcEntry[]): [string, StoredValue][] {
  if (dep === undefined) return [];
  const { path, repository } = dep;
  if (repository === undefined) return isUrl(path) ? [['url', recordedPath(path)]] : [];
  const { url, rev, lock } = repository;
  return [
    ['url', remoteWithoutCredentials(url)],
    ...(rev === undefined ? [] : [['rev', rev] as [string, StoredValue]]),
    ...(lock === undefined ? [] : [['rev_lock', lock] as [string, StoredValue]]),
  ];
}

/** What makes a `.dvc` file another one: not what a person wrote beside it. */
function contentOf({ path, digest, sizeBytes, files, repository }: DvcEntry): Json {
  const { url = null, rev = null, lock = null } = repository ?? {};
  const name = digest === undefined ? null : formatDigest(digest);
  return [path, name, sizeBytes ?? null, files ?? null, url, rev ?? null, lock ?? null];
}

type Base = Pick<DvcRun, 'execution' | 'attempt' | 'namespace' | 'pipeline' | 'stage' | 'file'>;

function identify(place: RunPlace, stage: string, content: readonly Json[]): Base {
  const { namespace, pipeline, file } = place;
  const source = encodeCanonical([namespace, pipeline, file, stage, ...content]);
  const execution = importedExecutionId(SOURCE_KIND, source);
  return { execution, attempt: importedAttemptId(execution), namespace, pipeline, stage, file };
}

function resolver(folder: string, wdir: string, where: string): (path: string) => string {
  const base = resolveInRepository(folder, wdir);
  if (base === undefined) throw damaged(where, `has a wdir '${wdir}' that leads out of the repository`);
  return (path) => {
    if (path.length > PATH_LENGTH_MAX) throw damaged(where, `has a path of ${path.length} characters`);
    if (!isInside(path)) return path;
    const resolved = resolveInRepository(base, path);
    if (resolved === undefined) throw damaged(where, `has a path '${path}' that leads out of the repository`);
    return resolved;
  };
}

/** False for a URL and for an absolute path, of Windows too. */
function isInside(path: string): boolean {
  return !isUrl(path) && !/^(?:\/|[A-Za-z]:[\\/])/.test(path);
}

type Resolved = { readonly entry: DvcEntry; readonly path: string; readonly notes: Notes; readonly pointer?: string };

/** One use of each; what no digest names cannot be a use. */
function usesOf(base: Base, direction: RunUse['direction'], resolved: readonly Resolved[]): RunUse[] {
  const uses = new Map<UseId, RunUse>();
  for (const { entry, path, notes, pointer } of resolved) {
    if (entry.digest === undefined || path === '') continue;
    const { sizeBytes, files } = entry;
    const use: UseOperation = {
      kind: 'use',
      attempt: base.attempt,
      direction,
      path: recordedPath(path),
      digests: [entry.digest],
      seen: false,
      values: useValues(notes),
      ...(sizeBytes === undefined ? {} : { sizeBytes }),
      ...(files === undefined ? {} : { files }),
      ...(pointer === undefined ? {} : { pointer }),
    };
    const id = useId(base.execution, use);
    if (!uses.has(id)) uses.set(id, { ...use, id });
  }
  return [...uses.values()];
}

function useValues(notes: Notes): UseOperation['values'] {
  const { type, name } = notes;
  return {
    ...(type === undefined ? {} : { type }),
    ...(name === undefined ? {} : { name: name.normalize('NFC') }),
    ...fieldValues(new Map(), noteProps(notes)),
  };
}

function noteProps({ desc, labels, meta }: Notes): Map<string, StoredValue> {
  const props = Object.entries({ desc, labels, meta });
  return new Map(
    props.flatMap(([name, value]): [string, StoredValue][] => (value === undefined ? [] : [[name, value]])),
  );
}

function damaged(where: string, why: string): CmfError {
  return new CmfError('damaged', { message: `${where} ${why}` });
}
