/** The runs that the files of DVC in a commit tell of; every file is read and parsed once. */
import { type LockReader, type LockStage, openLockReader } from '../domain/dvc-lock.ts';
import { decodeText } from '../domain/dvc-metrics.ts';
import { type DvcRoles, NO_ROLES, readRoles } from '../domain/dvc-roles.ts';
import { type DvcRun, type RunPlace, runOfPointer, runOfStage } from '../domain/dvc-runs.ts';
import { DVC_YAML_BYTES_MAX } from '../domain/dvc-yaml.ts';
import { CmfError } from '../domain/errors.ts';
import type { GitRepository } from '../ports/git.ts';
import type { DvcFile } from './dvc-listing.ts';

/** A file, or a part of one, that could not be read. */
export type LeftOut = { readonly path: string; readonly message: string };

/** What a file tells of. */
export type FileRuns = { readonly runs: readonly DvcRun[]; readonly leftOut: readonly LeftOut[] };

export type DvcFileReader = {
  /** Reads the bytes of these files, those that are not known yet in one go. */
  readonly load: (files: readonly DvcFile[]) => Promise<void>;
  /** The runs of all files that lie beside each other in one commit; they must have been loaded. */
  readonly runsOf: (files: readonly DvcFile[]) => FileRuns;
};

/** What a blob turned out to be. */
type Loaded =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'lock'; readonly stages: readonly LockStage[] }
  | { readonly kind: 'roles'; readonly roles: DvcRoles }
  | { readonly kind: 'unreadable'; readonly message: string };

type State = {
  readonly repository: GitRepository;
  readonly place: Omit<RunPlace, 'file'>;
  readonly locks: LockReader;
  readonly loaded: Map<string, Loaded>;
  /** By the file and, for a lock, the `dvc.yaml` beside it. */
  readonly known: Map<string, FileRuns>;
  readonly stages: Map<LockStage, { readonly roles: DvcRoles; readonly file: string; readonly run: DvcRun }>;
};

/** A reader for the files of a history. */
export function openDvcFiles(repository: GitRepository, place: Omit<RunPlace, 'file'>): DvcFileReader {
  const locks = openLockReader();
  const state: State = { repository, place, locks, loaded: new Map(), known: new Map(), stages: new Map() };
  return {
    load: (files) => load(state, files),
    runsOf: (files) => {
      const byPath = new Map(files.map((file) => [file.path, file]));
      const parts = files
        .filter(({ path }) => !isNamed(path, 'dvc.yaml'))
        .map((file) => runsOfFile(state, file, byPath.get(file.path.replace(/lock$/, 'yaml'))));
      const unused = files.filter(
        ({ path }) => isNamed(path, 'dvc.yaml') && !byPath.has(path.replace(/yaml$/, 'lock')),
      );
      return {
        runs: parts.flatMap(({ runs }) => runs),
        leftOut: [...parts, ...unused.map((file) => problemOf(state, file))].flatMap(({ leftOut }) => leftOut),
      };
    },
  };
}

function isNamed(path: string, name: 'dvc.yaml' | 'dvc.lock'): boolean {
  return path === name || path.endsWith(`/${name}`);
}

/** A blob may lie at several places; what it says depends on how they are named. */
function keyOf({ path, oid }: DvcFile): string {
  return isNamed(path, 'dvc.yaml') ? `${oid} yaml` : isNamed(path, 'dvc.lock') ? `${oid} lock` : oid;
}

async function load(state: State, files: readonly DvcFile[]): Promise<void> {
  const { repository, loaded } = state;
  const fresh = new Map(files.filter((file) => !loaded.has(keyOf(file))).map((file) => [keyOf(file), file]));
  const wanted = [...fresh.values()];
  const infos = await repository.objects.infos(wanted.map(({ oid }) => oid));
  const small: DvcFile[] = [];
  for (const [i, file] of wanted.entries()) {
    const size = infos[i]?.sizeBytes ?? Number.POSITIVE_INFINITY;
    if (size <= DVC_YAML_BYTES_MAX) small.push(file);
    else
      loaded.set(keyOf(file), {
        kind: 'unreadable',
        message: infos[i] === undefined ? 'it is missing' : 'it is too large',
      });
  }
  let i = 0;
  for await (const bytes of repository.objects.readBlobs(small.map(({ oid }) => oid))) {
    const file = small[i++];
    if (file !== undefined) loaded.set(keyOf(file), parse(state, file, bytes));
  }
}

function parse({ locks }: State, { path }: DvcFile, bytes: Uint8Array): Loaded {
  try {
    const name = shownPath(path);
    const text = decodeText(bytes, name);
    if (isNamed(path, 'dvc.lock')) return { kind: 'lock', stages: locks.read(text, name) };
    if (isNamed(path, 'dvc.yaml')) return { kind: 'roles', roles: readRoles(text, name) };
    return { kind: 'text', text };
  } catch (error) {
    return { kind: 'unreadable', message: messageOf(error) };
  }
}

/** Why something was left out; what is no CmfError is a bug and goes on up. */
export function messageOf(error: unknown): string {
  if (error instanceof CmfError) return error.message;
  throw error;
}

function problemOf({ loaded }: State, file: DvcFile): FileRuns {
  const found = loaded.get(keyOf(file));
  if (found?.kind !== 'unreadable') return { runs: [], leftOut: [] };
  return { runs: [], leftOut: [{ path: shownPath(file.path), message: found.message }] };
}

function runsOfFile(state: State, file: DvcFile, beside: DvcFile | undefined): FileRuns {
  const key = `${keyOf(file)} ${beside?.oid ?? ''} ${file.path}`;
  const before = state.known.get(key);
  if (before !== undefined) return before;
  const found = readRuns(state, file, beside);
  state.known.set(key, found);
  return found;
}

function readRuns(state: State, file: DvcFile, beside: DvcFile | undefined): FileRuns {
  const { loaded, place, repository } = state;
  const found = loaded.get(keyOf(file));
  try {
    const name = recordedPath(file.path);
    if (found?.kind === 'text') {
      const pointer = `${repository.layout.objectFormat}:${file.oid}`;
      return { runs: [runOfPointer(found.text, pointer, { ...place, file: name })], leftOut: [] };
    }
    if (found?.kind === 'lock') return runsOfLock(state, name, found.stages, beside);
  } catch (error) {
    return { runs: [], leftOut: [{ path: shownPath(file.path), message: messageOf(error) }] };
  }
  return problemOf(state, file);
}

function runsOfLock(state: State, file: string, stages: readonly LockStage[], beside: DvcFile | undefined): FileRuns {
  const found = beside === undefined ? undefined : state.loaded.get(keyOf(beside));
  // Only the dvc.yaml says which folder the paths of the lock are relative to.
  if (found?.kind === 'unreadable' && beside !== undefined) return problemOf(state, beside);
  const roles = found?.kind === 'roles' ? found.roles : NO_ROLES;
  const runs: DvcRun[] = [];
  const leftOut: LeftOut[] = [];
  for (const stage of stages) {
    try {
      const before = state.stages.get(stage);
      const isSame = before !== undefined && before.roles === roles && before.file === file;
      const run = isSame ? before.run : runOfStage(stage, roles, { ...state.place, file });
      if (!isSame) state.stages.set(stage, { roles, file, run });
      runs.push(run);
    } catch (error) {
      leftOut.push({ path: file, message: messageOf(error) });
    }
  }
  return { runs, leftOut };
}

/** A path as it is recorded: it must be UTF-8, since other paths are relative to it. */
function recordedPath(path: string): string {
  return decodeText(Buffer.from(path, 'latin1'), shownPath(path));
}

function shownPath(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8');
}
