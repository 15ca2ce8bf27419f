/**
 * Names that a shell completes. Asked at every press of a key, so those that are recorded are kept until a journal moves:
 *
 *     <common git dir>/cmf/words.json     {"tips": hash, "pipelines": […], "stages": […], "executions": […]}
 */
import { isJsonObject } from '../domain/canonical-json.ts';
import { sha256Hex } from '../domain/digest.ts';
import { startedMs } from '../domain/execution-facts.ts';
import { REFS } from '../domain/ids.ts';
import { listStorages } from '../domain/storage.ts';
import { type Context, isInitialised, stateDirectory } from './clone.ts';
import { attemptHint } from './hint.ts';
import { readView } from './read-state.ts';
import { listRunning } from './running.ts';
import { readConfig, type StorageContext } from './storages.ts';

const KINDS = ['pipelines', 'stages', 'executions'] as const;

/** What is recorded. */
export type WordKind = (typeof KINDS)[number];

/** More are of no help to who must choose. */
const EXECUTIONS_MAX = 200;

/** True for the name of a kind of words. */
export function isWordKind(text: string | undefined): text is WordKind {
  return KINDS.some((kind) => kind === text);
}

/** The names of storages. DVC may change its configuration at any time, and it is read at once: nothing is kept. */
export async function storageWords(storages: StorageContext): Promise<readonly string[]> {
  return typeable(listStorages(await readConfig(storages)).map(({ name }) => name));
}

/** The words of a kind: what runs here first, then the latest. */
export async function completionWords(context: Context, kind: WordKind): Promise<readonly string[]> {
  const path = `${stateDirectory(context)}/words.json`;
  const sources = [REFS.journal, REFS.known, REFS.partial, REFS.mergedAll, REFS.control, REFS.learnedControl];
  const refs = await context.repository.refs.list(sources);
  const tips = sha256Hex(refs.map(({ name, oid }) => `${name} ${oid}\n`).join(''));
  const kept = readKept(context, path, tips);
  const words = kept ?? (await readWords(context));
  if (kept === undefined && isInitialised(context)) {
    attemptHint(context, () => context.disk.writeHint(path, JSON.stringify({ tips, ...words })));
  }
  const running = listRunning(context);
  const first = {
    executions: running.map(({ execution }) => execution as string),
    pipelines: running.map(({ pipeline }) => pipeline),
    stages: running.map(({ stage }) => stage),
  };
  return typeable([...new Set([...first[kind], ...words[kind]])]);
}

/** A word with a line break or a control character cannot be completed. */
function typeable(words: readonly string[]): readonly string[] {
  return words.filter((word) => /^[^\x00-\x1f\x7f]+$/.test(word));
}

type Words = Readonly<Record<WordKind, readonly string[]>>;

function readKept(context: Context, path: string, tips: string): Words | undefined {
  const bytes = context.disk.read(path);
  if (bytes === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!isJsonObject(json) || json['tips'] !== tips) return undefined;
    const [pipelines, stages, executions] = KINDS.map((kind) => textsIn(json[kind]));
    return pipelines && stages && executions ? { pipelines, stages, executions } : undefined;
  } catch {
    return undefined;
  }
}

function textsIn(json: unknown): readonly string[] | undefined {
  return Array.isArray(json) && json.every((item): item is string => typeof item === 'string') ? json : undefined;
}

async function readWords(context: Context): Promise<Words> {
  const view = await readView(context);
  const latest = [...view.executions.values()].sort((a, b) => startedMs(b) - startedMs(a));
  return {
    pipelines: [...new Set(view.pipelines.map(({ name }) => name))],
    stages: [...new Set(view.pipelines.flatMap(({ stages }) => stages.map(({ name }) => name)))].sort(),
    executions: latest.slice(0, EXECUTIONS_MAX).map(({ id }) => id),
  };
}
