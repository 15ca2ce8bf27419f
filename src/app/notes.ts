/**
 * Notes for `git log --notes=cmf`: under each code commit, the executions that ran on it. Derived from the view and made
 * again at any time; notes that somebody else wrote are left alone.
 */

import { CmfError } from '../domain/errors.ts';
import { REFS } from '../domain/ids.ts';
import { NOTE_MARKER, namedCommits, noteTexts } from '../domain/note-text.ts';
import { type View, viewOf } from '../domain/view.ts';
import type { GitObjects, Oid, TreeChange } from '../ports/git.ts';
import type { Context } from './clone.ts';
import { atNotesPace } from './notes-pace.ts';
import { readState } from './read-state.ts';
import type { VerifiedFiles } from './verified-files.ts';

const TRIES_MAX = 20;
/** Notes of more bytes than this are not ours to read. */
const NOTE_BYTES_MAX = 4 * 1024 * 1024;

/** What notes are made of, where somebody has it already: the view, or files that need not be read again. */
export type NoteSources = { readonly view?: View; readonly verified?: VerifiedFiles | undefined };

/**
 * Brings refs/notes/cmf up to the view, by compare-and-swap.
 * @returns how many notes changed
 */
export async function refreshNotes(context: Context, { view, verified }: NoteSources = {}): Promise<number> {
  const wanted =
    view === undefined ? await wantedNotes(context, verified) : await presentNotes(context, noteTexts(view));
  const { refs, objects, writer } = context.repository;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const expected = await refs.resolve(REFS.notes);
    const existing = expected === undefined ? new Map<Oid, NotePlace>() : await existingNotes(objects, expected);
    const changes = await planNotes(objects, wanted, existing);
    if (changes.length === 0) return 0;
    const result = await writer.commit({
      ref: REFS.notes,
      expected,
      parents: expected === undefined ? [] : [expected],
      changes,
      message: "Notes added by 'git cmf'\n",
      timeSeconds: Math.floor(context.effects.nowMs() / 1000),
    });
    if (result.kind !== 'lost') return changes.length;
  }
  throw new CmfError('conflict', {
    message: `${REFS.notes} was moved by others ${TRIES_MAX} times`,
    hint: 'git cmf pull',
  });
}

/**
 * Refreshes the notes after something else is done, if that is due: they can be made again at any time, so a failure only
 * warns.
 */
export async function refreshNotesAfter(context: Context, verified?: VerifiedFiles): Promise<void> {
  try {
    const isDone = await atNotesPace(context, () => refreshNotes(context, { verified }));
    if (!isDone) context.reporter.note("the notes for 'git log --notes=cmf' follow later: making them takes long here");
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    context.reporter.warn(`the notes for 'git log --notes=cmf' are not up to date: ${error.message}`);
  }
}

/** The notes of all that this clone knows. A reader of what others ran has none of their commits, and needs no view. */
async function wantedNotes(context: Context, verified?: VerifiedFiles): Promise<Map<Oid, string>> {
  const { state } = await readState(context, undefined, verified);
  const present = await presentCommits(context, namedCommits(state.entries.values()));
  return present.size === 0 ? new Map() : chooseNotes(noteTexts(viewOf(state)), present);
}

async function presentNotes(context: Context, texts: ReadonlyMap<string, string>): Promise<Map<Oid, string>> {
  return chooseNotes(texts, await presentCommits(context, texts.keys()));
}

/** Notes of this repository's commits only: a server lacks those that were never pushed. */
function chooseNotes(texts: ReadonlyMap<string, string>, present: ReadonlyMap<string, Oid>): Map<Oid, string> {
  const chosen = new Map<Oid, string>();
  for (const [name, oid] of present) {
    const text = texts.get(name);
    if (text !== undefined) chosen.set(oid, text);
  }
  return chosen;
}

/** Those of the named commits that this repository has. */
async function presentCommits(context: Context, names: Iterable<string>): Promise<Map<string, Oid>> {
  const prefix = `${context.repository.layout.objectFormat}:`;
  const named = [...names].filter((name) => name.startsWith(prefix));
  const infos = await context.repository.objects.infos(named.map((name) => name.slice(prefix.length) as Oid));
  const present = new Map<string, Oid>();
  for (const [i, name] of named.entries()) {
    const info = infos[i];
    if (info?.type === 'commit') present.set(name, info.oid);
  }
  return present;
}

type NotePlace = { readonly path: string; readonly blob: Oid };

/** Where the note of each commit lies, whatever fan-out its writer chose. */
async function existingNotes(objects: GitObjects, commit: Oid): Promise<Map<Oid, NotePlace>> {
  const notes = new Map<Oid, NotePlace>();
  const pending = [{ tree: await objects.treeOf(commit), path: '' }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const { mode, name, oid } of await objects.readTree(next.tree)) {
      const path = next.path === '' ? name : `${next.path}/${name}`;
      const hex = path.replaceAll('/', '');
      if (!/^[0-9a-f]+$/.test(hex)) continue;
      if (mode === '040000' && /^[0-9a-f]{2}$/.test(name)) pending.push({ tree: oid, path });
      else if (hex.length === oid.length) notes.set(hex as Oid, { path, blob: oid });
    }
  }
  return notes;
}

async function planNotes(
  objects: GitObjects,
  wanted: ReadonlyMap<Oid, string>,
  existing: ReadonlyMap<Oid, NotePlace>,
): Promise<TreeChange[]> {
  const changes: TreeChange[] = [];
  for (const [commit, text] of wanted) {
    const place = existing.get(commit);
    const before = place === undefined ? undefined : await ownNote(objects, place.blob);
    // Not ours, or ours and already right.
    if (place !== undefined && (before === undefined || before === text)) continue;
    changes.push({ path: place?.path ?? `${commit.slice(0, 2)}/${commit.slice(2)}`, bytes: text });
  }
  for (const [commit, { path, blob }] of existing) {
    if (!wanted.has(commit) && (await ownNote(objects, blob)) !== undefined) changes.push({ path, oid: undefined });
  }
  return changes;
}

/** The text of a note that git cmf wrote; undefined for anybody else's. */
async function ownNote(objects: GitObjects, blob: Oid): Promise<string | undefined> {
  const info = await objects.info(blob);
  if (info?.type !== 'blob' || info.sizeBytes > NOTE_BYTES_MAX) return undefined;
  const text = Buffer.from(await objects.readBlob(blob)).toString('utf8');
  return text.startsWith(NOTE_MARKER) ? text : undefined;
}
