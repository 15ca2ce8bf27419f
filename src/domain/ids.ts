/**
 * The names of things, each with its own type, and every ref name that git cmf uses.
 *
 * An id is checked once, where it enters; after that the type says what it is.
 */
import { encodeCanonical } from './canonical-json.ts';
import { sha256Hex } from './digest.ts';
import { CmfError } from './errors.ts';

type Brand<Name extends string> = string & { readonly __id: Name };

/** A writing clone: the first 128 bits of the SHA-256 of its Ed25519 public key, 32 hex digits. */
export type WriterId = Brand<'writer'>;
/** SHA-256 of the canonical bytes of an entry, 64 hex digits. */
export type EntryId = Brand<'entry'>;
/** SHA-256 of canonical [type, namespace, parent, name], 64 hex digits. */
export type PipelineId = Brand<'pipeline'>;
export type StageId = Brand<'stage'>;
/** UUIDv7 text minted at the start of an execution, or 64 hex digits for an imported one. */
export type ExecutionId = Brand<'execution'>;
export type AttemptId = Brand<'attempt'>;
/** SHA-256 of canonical [execution, attempt, direction, path, digests], 64 hex digits. */
export type UseId = Brand<'use'>;

/** Where an entry lies in the tree: the pipeline it speaks of, or `_` for none or unknown. */
export type Bucket = PipelineId | '_';

const HEX_32 = /^[0-9a-f]{32}$/;
const HEX_64 = /^[0-9a-f]{64}$/;
const COMMIT = /^(?:sha1:[0-9a-f]{40}|sha256:[0-9a-f]{64})$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isWriterId(text: unknown): text is WriterId {
  return typeof text === 'string' && HEX_32.test(text);
}

export function isEntryId(text: unknown): text is EntryId {
  return typeof text === 'string' && HEX_64.test(text);
}

export function isPipelineId(text: unknown): text is PipelineId {
  return typeof text === 'string' && HEX_64.test(text);
}

export function isStageId(text: unknown): text is StageId {
  return typeof text === 'string' && HEX_64.test(text);
}

export function isUseId(text: unknown): text is UseId {
  return typeof text === 'string' && HEX_64.test(text);
}

export function isExecutionId(text: unknown): text is ExecutionId {
  return typeof text === 'string' && (UUID.test(text) || HEX_64.test(text));
}

export function isAttemptId(text: unknown): text is AttemptId {
  return typeof text === 'string' && (UUID.test(text) || HEX_64.test(text));
}

/** A commit of a code repository, `<object format>:<hex>`. */
export function isCommitId(text: unknown): text is string {
  return typeof text === 'string' && COMMIT.test(text);
}

export function isBucket(text: unknown): text is Bucket {
  return text === '_' || isPipelineId(text);
}

/** The id of a pipeline: the same name in the same namespace is the same pipeline at every site. */
export function pipelineId(namespace: string, name: string): PipelineId {
  return sha256Hex(encodeCanonical(['pipeline', namespace, '', name])) as PipelineId;
}

/** The id of a stage of a pipeline. */
export function stageId(namespace: string, pipeline: PipelineId, name: string): StageId {
  return sha256Hex(encodeCanonical(['stage', namespace, pipeline, name])) as StageId;
}

/** The id of an execution that came from elsewhere: importing the same source twice gives the same id. */
export function importedExecutionId(sourceKind: string, sourceId: string): ExecutionId {
  return sha256Hex(encodeCanonical(['execution', sourceKind, sourceId])) as ExecutionId;
}

/** The id of the one attempt of an execution that came from elsewhere. */
export function importedAttemptId(execution: ExecutionId): AttemptId {
  return sha256Hex(encodeCanonical(['attempt', execution])) as AttemptId;
}

/**
 * UUIDv7 (RFC 9562 §5.7) from a time and 10 random bytes. Executions sort by the time of their start.
 * @param unixMs milliseconds since the epoch
 * @param random at least 10 random bytes
 */
export function uuidv7(unixMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  let rest = unixMs;
  for (let i = 5; i >= 0; i--) {
    bytes[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  bytes[6] = 0x70 | ((bytes[6] ?? 0) & 0x0f);
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The refs of git cmf. Nothing else in the project spells one out. */
export const REFS = {
  /** One writer's journal; fast-forward only, pushed by its author. */
  journal: 'refs/cmf/journal/',
  /** Inbox: a writer's journal brought by somebody else, or by a throw-away clone. */
  inbox: 'refs/cmf/in/',
  /** Union of the trees of folded writers; made by a server. */
  archive: 'refs/cmf/archive',
  /** Everything a server knows; made by a server. */
  mergedAll: 'refs/cmf/merged/all',
  /** One pipeline of it; made by a server. */
  mergedPipeline: 'refs/cmf/merged/p/',
  merged: 'refs/cmf/merged/',
  /** Purge records and pinned keys. */
  control: 'refs/cmf/control',
  /** Code snapshots. */
  code: 'refs/cmf/code/',
  /** All that clients may be shown. */
  all: 'refs/cmf/',
  /** Control records that this clone has learned, whoever signed them. */
  learnedControl: 'refs/cmf-local/control',
  /** What this clone has learned from others. */
  known: 'refs/cmf-local/known',
  /** What a pull of one pipeline brought, while no whole pull from that remote has followed: `<remote>/<pipeline id>`. */
  partial: 'refs/cmf-local/partial/',
  /** Trees that a pull left out because they are of a newer format or not sound: `<remote>/<writer>`. */
  skipped: 'refs/cmf-local/skipped/',
  /**
   * What became of the journal of a former writer of this clone when another took its place: `<writer>/<commit>` is what it
   * was, `<writer>/accepted` what it went back to, where some remote had taken some of it. No view reads them.
   */
  retired: 'refs/cmf-local/retired/',
  /** Where a fetch lands before it is validated; kept, so that the next fetch transfers only what is new. */
  incoming: 'refs/cmf-local/incoming/',
  /** Short-lived refs of a write in progress. */
  temporary: 'refs/cmf-local/tmp/',
  /** Derived notes, for `git log --notes=cmf`. */
  notes: 'refs/notes/cmf',
} as const;

/** Where git keeps locks for our refs, as names: each of these and all below them. */
export const LOCKABLE_REFS = ['refs/cmf', 'refs/cmf-local', 'refs/notes/cmf'] as const;

/** True for a ref that holds records, not code. */
export function isOwnRef(name: string): boolean {
  return LOCKABLE_REFS.some((own) => name === own || name.startsWith(`${own}/`));
}

/** What a ref name below refs/cmf/ means; undefined for a name that has no meaning in format 1. */
export type RefMeaning =
  | { readonly kind: 'journal' | 'inbox'; readonly writer: WriterId }
  | { readonly kind: 'code'; readonly writer: WriterId }
  | { readonly kind: 'merged-pipeline'; readonly pipeline: PipelineId }
  | { readonly kind: 'merged-all' | 'archive' | 'control' };

/** Reads a full ref name. The whole name must fit: no prefix, no suffix. */
export function meaningOfRef(name: string): RefMeaning | undefined {
  if (name === REFS.mergedAll) return { kind: 'merged-all' };
  if (name === REFS.archive) return { kind: 'archive' };
  if (name === REFS.control) return { kind: 'control' };
  for (const [prefix, kind] of WRITER_REFS) {
    const writer = name.slice(prefix.length);
    if (name.startsWith(prefix) && isWriterId(writer)) return { kind, writer };
  }
  const pipeline = name.slice(REFS.mergedPipeline.length);
  if (name.startsWith(REFS.mergedPipeline) && isPipelineId(pipeline)) return { kind: 'merged-pipeline', pipeline };
  return undefined;
}

const WRITER_REFS = [
  [REFS.journal, 'journal'],
  [REFS.inbox, 'inbox'],
  [REFS.code, 'code'],
] as const;

/**
 * Checks that a text is an execution id.
 * @throws CmfError `usage`
 */
export function parseExecutionId(text: string): ExecutionId {
  if (isExecutionId(text)) return text;
  throw new CmfError('usage', {
    message: `'${text}' is not an execution id: it must be the UUID that 'git cmf start' printed`,
    hint: 'git cmf list executions',
  });
}
