/**
 * The rules for a push to a central repository: what pre-receive lets in.
 *
 * Only refs of git cmf are looked at; a push of code meets no rule here. Each refusal is one line that names ref, object
 * and rule, and says what to do next.
 */
import { ACCEPT_AHEAD_MAX_MS } from '../domain/clock.ts';
import { CmfError } from '../domain/errors.ts';
import { meaningOfRef, REFS, type WriterId } from '../domain/ids.ts';
import type { PurgedIds } from '../domain/resolve.ts';
import type { GitRepository, Oid } from '../ports/git.ts';
import type { GitServer } from '../ports/git-server.ts';
import { type JournalLimits, PUSH_LIMITS } from './journal-limits.ts';
import { checkJournalTree, readOwnRecord } from './journal-tree.ts';
import { mergedTreeOf } from './merged-tree-of.ts';
import { checkNewObjects, type ObjectBudget, objectBudget } from './new-objects.ts';
import { quotePath } from './refuse-object.ts';

/** One line of pre-receive's input; undefined: the ref does not exist, or must not. */
export type PushedRef = { readonly ref: string; readonly old: Oid | undefined; readonly new: Oid | undefined };

/** What a push is judged by besides its bytes. */
export type ReceiveFacts = {
  readonly nowMs: number;
  readonly purged: PurgedIds;
  /** A purge has been signed and is still being carried out: what is merged may hold its bytes, so it vouches for nothing. */
  readonly isPurging?: boolean;
  /** What is merged here, if it was looked up already: a git process less. */
  readonly merged?: { readonly tip: Oid | undefined };
  /** PUSH_LIMITS unless given. */
  readonly limits?: JournalLimits;
};

/** What checkContent found: the limits that are left, and the tree if it is valid in all its parts. */
type Passed = { readonly limits: JournalLimits; readonly valid: Oid | undefined };

/** The answer to a push: one line per refusal (none: it may come in), and the trees that are valid in all their parts. */
export type Verdict = { readonly refusals: readonly string[]; readonly validated: readonly Oid[] };

export type Receiver = { readonly repository: GitRepository; readonly server: GitServer };

/** A ref whose name and fate are right; its content has not been looked at. */
type JournalPush = {
  readonly ref: string;
  readonly writer: WriterId;
  readonly old: Oid | undefined;
  readonly tip: Oid;
};

/** Refs of git cmf in one push; a hub that relays more does it in several. */
const REFS_MAX = 10_000;

/** A push is refused as a whole, so after this many lines the other refs are not looked at. */
const REFUSALS_MAX = 20;

/** Judges a push. */
export async function checkPush(
  receiver: Receiver,
  updates: readonly PushedRef[],
  facts: ReceiveFacts,
): Promise<Verdict> {
  const ours = updates.filter(({ ref }) => isOurs(ref));
  if (ours.length > REFS_MAX) {
    const line = `${ours.length} refs of git cmf in one push; ${REFS_MAX} are the limit; next: push them in parts`;
    return { refusals: [line], validated: [] };
  }
  const refusals: string[] = [];
  const validated: Oid[] = [];
  let limits = facts.limits ?? PUSH_LIMITS;
  const budget = objectBudget(limits);
  // Once for all refs: what is merged meanwhile is looked at again, which is right too.
  const isTrusted = ours.length > 0 && facts.isPurging !== true;
  const merged = isTrusted ? await mergedRoot(receiver.repository, facts.merged) : undefined;
  for (const update of ours) {
    try {
      const push = await admit(receiver, update);
      const passed = await checkContent(receiver, { ...push, merged }, { ...facts, limits }, budget);
      limits = passed.limits;
      if (passed.valid !== undefined) validated.push(passed.valid);
    } catch (error) {
      if (!(error instanceof CmfError) || !isVerdict(error)) throw error;
      refusals.push(`${showRef(update.ref)}: ${error.message}; ${error.hint ?? NEXT}`);
      if (refusals.length === REFUSALS_MAX) break;
    }
  }
  return { refusals, validated };
}

const NEXT = "next: run 'git cmf doctor' in the clone that pushes";
const CODES: ReadonlySet<string> = new Set(['refused', 'damaged', 'newer-format']);

/** A bug or a broken disk is no verdict on the push. */
function isVerdict(error: CmfError): boolean {
  return CODES.has(error.code);
}

const ROOT = REFS.all.slice(0, -1);
const LOCAL_ROOT = REFS.known.slice(0, REFS.known.lastIndexOf('/'));

/**
 * True for a ref that these rules speak of. Without regard to case: where the file system has none, a ref in other letters
 * would be the same file.
 */
function isOurs(ref: string): boolean {
  const name = ref.toLowerCase();
  return [ROOT, LOCAL_ROOT, REFS.notes].some((root) => name === root || name.startsWith(`${root}/`));
}

/** Ref names may hold almost anything; what is shown is one line of plain text. */
function showRef(ref: string): string {
  return quotePath(ref).slice(1, -1);
}

async function admit({ repository }: Receiver, { ref, old, new: tip }: PushedRef): Promise<JournalPush> {
  const meaning = meaningOfRef(ref);
  if (meaning === undefined) throw strange(ref);
  switch (meaning.kind) {
    case 'merged-all':
    case 'merged-pipeline':
    case 'archive':
    case 'control':
      throw refuse('only the server writes it', 'next: push to your own journal with git cmf push');
    case 'code':
      throw refuse('this server does not take code snapshots', 'next: git cmf push without --code');
    case 'journal':
    case 'inbox':
  }
  if (tip === undefined) throw refuse('a journal is never deleted', 'next: ask the admin of this server for a purge');
  const info = await repository.objects.info(tip);
  if (info?.type !== 'commit') throw refuse(`object ${tip} is ${info?.type ?? 'missing'}, not a commit`);
  return { ref, writer: meaning.writer, old, tip };
}

function strange(ref: string): CmfError {
  if (ref.toLowerCase().startsWith(REFS.notes)) {
    return refuse('notes are made by the server', 'next: push without them');
  }
  return refuse('no ref of git cmf has this name in format 1', 'next: update git cmf on the older side');
}

function refuse(message: string, hint?: string): CmfError {
  return new CmfError('refused', hint === undefined ? { message } : { message, hint });
}

/** Validates a tip and what comes with it. */
async function checkContent(
  { repository, server }: Receiver,
  { writer, old, tip, merged: root }: JournalPush & { readonly merged: Oid | undefined },
  { nowMs, purged, limits }: Required<Omit<ReceiveFacts, 'isPurging' | 'merged'>>,
  budget: ObjectBudget,
): Promise<Passed> {
  const { objects, refs } = repository;
  const tree = await objects.treeOf(tip);
  await readOwnRecord(objects, tree, writer);
  const arrived = await checkNewObjects(objects, server, tip, budget);
  // Walks the history that came, so it waits until that has been measured.
  if (old !== undefined && !(await refs.isAncestor(old, tip))) {
    throw refuse(`${tip} does not contain ${old}: a journal only grows`, 'next: git cmf push unites both, never force');
  }
  const merged = root === undefined ? undefined : await mergedTreeOf(objects, root, writer);
  const base = old === undefined ? merged : await objects.treeOf(old);
  const acceptUntilMs = nowMs + ACCEPT_AHEAD_MAX_MS;
  const allowMissingFromBase = old === undefined;
  const request = { tree, writer, base, limits, purged, acceptUntilMs, allowMissingFromBase };
  const { newBlobs, newBytes } = await checkJournalTree(objects, request, () => undefined);
  await arrived.requireOnly({ writer, files: newBlobs, base, purged });
  const left = { pathsMax: limits.pathsMax - newBlobs.size, sizeBytesMax: limits.sizeBytesMax - newBytes };
  // What a ref held before there was a hook was looked at by nobody, until it is merged.
  return { limits: left, valid: base === merged ? tree : undefined };
}

/** The tree of all that this server has merged. */
async function mergedRoot({ refs, objects }: GitRepository, seen: ReceiveFacts['merged']): Promise<Oid | undefined> {
  const tip = seen === undefined ? await refs.resolve(REFS.mergedAll) : seen.tip;
  return tip === undefined ? undefined : objects.treeOf(tip);
}
