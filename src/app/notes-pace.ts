/**
 * When notes are made again. Making them means reading all that is known, so it is left out while nothing changed that they
 * depend on; and where it takes long, it may take a hundredth of the time and no more.
 *
 *     <common git dir>/cmf/notes.json     {"inputs":<hash of refs and logs>,"notes":<their commit>,"atMs":…,"tookMs":…}
 *
 * A hint: lost or wrong, the notes are made once too often, or a while later.
 */
import { isJsonObject } from '../domain/canonical-json.ts';
import { sha256OfLines } from '../domain/digest.ts';
import { REFS } from '../domain/ids.ts';
import { type Context, stateDirectory, walDirectory } from './clone.ts';
import { attemptHint } from './hint.ts';

/** Work of less than this never waits, in milliseconds. */
const SHORT_MS = 2_000;
/** After a long one lies so many times what it took, until the next. */
const REST_FACTOR = 100;
/** Also the user's refs: notes are made for commits that are here. */
const ALL_REFS = 'refs/';

type Sources = { readonly inputs: string; readonly notes: string };
type Last = Sources & { readonly atMs: number; readonly tookMs: number };

/**
 * Does the work if it is due, and remembers what it began with and how long it took.
 * @returns false when it was left for later
 */
export async function atNotesPace(context: Context, work: () => Promise<unknown>): Promise<boolean> {
  const { effects, disk } = context;
  const { inputs, notes } = await sourcesOf(context);
  const last = readLast(context);
  if (last?.inputs === inputs && last.notes === notes) return true;
  const startedMs = effects.nowMs();
  if (last !== undefined && isResting(last, startedMs)) return false;
  await work();
  const atMs = effects.nowMs();
  const made: Last = { inputs, notes: (await sourcesOf(context)).notes, atMs, tookMs: atMs - startedMs };
  attemptHint(context, () => disk.writeHint(hintPath(context), JSON.stringify(made)));
  return true;
}

/** True if notes that something changes now would be made at once. */
export function areNotesDue(context: Context): boolean {
  const last = readLast(context);
  return last === undefined || !isResting(last, context.effects.nowMs());
}

/** A clock that went back says nothing. */
function isResting({ atMs, tookMs }: Last, nowMs: number): boolean {
  return tookMs > SHORT_MS && nowMs >= atMs && nowMs < atMs + tookMs * REST_FACTOR;
}

async function sourcesOf(context: Context): Promise<Sources> {
  const { repository, disk } = context;
  const refs = await repository.refs.list([ALL_REFS]);
  const directory = walDirectory(context);
  const logs = disk.list(directory).map((name) => `${name} ${disk.stat(`${directory}/${name}`)?.sizeBytes}`);
  const others = refs.filter(({ name }) => name !== REFS.notes).map(({ name, oid }) => `${name} ${oid}`);
  return {
    inputs: sha256OfLines([...others, ...logs.sort()]),
    notes: refs.find(({ name }) => name === REFS.notes)?.oid ?? '',
  };
}

function hintPath(context: Context): string {
  return `${stateDirectory(context)}/notes.json`;
}

function readLast(context: Context): Last | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(context.disk.read(hintPath(context)) ?? []).toString('utf8'));
    if (!isJsonObject(json)) return undefined;
    const { inputs, notes, atMs, tookMs } = json;
    if (typeof inputs !== 'string' || typeof notes !== 'string') return undefined;
    return typeof atMs === 'number' && typeof tookMs === 'number' ? { inputs, notes, atMs, tookMs } : undefined;
  } catch {
    // A hint that a crash cut short is no hint.
    return undefined;
  }
}
