/**
 * Operations: what an entry says happened. Each has a kind, a subject (`on`) and a payload (`op`).
 *
 * A payload of a known kind that does not have its shape, and any kind from a newer version, decode to an operation of
 * kind `unknown`: it is kept byte for byte and ignored, so an older program never fails on a newer one's journal.
 */
import { encodeCanonical, type JsonObject } from './canonical-json.ts';
import { compareDigests, type Digest, formatDigest, sha256Hex } from './digest.ts';
import type { AttemptId, EntryId, ExecutionId, PipelineId, StageId, UseId } from './ids.ts';
import type { StoredValue } from './value.ts';

/** What an operation speaks of. */
export type Subject =
  | { readonly kind: 'pipeline'; readonly id: PipelineId }
  | { readonly kind: 'stage'; readonly id: StageId }
  | { readonly kind: 'execution'; readonly id: ExecutionId }
  | { readonly kind: 'attempt'; readonly id: AttemptId }
  | { readonly kind: 'use'; readonly id: UseId }
  /** The digest as recorded, `kind:value`. */
  | { readonly kind: 'artifact'; readonly id: string };

/** One text for a subject, as key of maps. */
export function subjectKey(subject: Subject): string {
  return `${subject.kind}:${subject.id}`;
}

/**
 * Assignments to mutable fields. A key is `title`, `type`, `name`, `label`, or `param.<name>` / `prop.<name>`; the part
 * after the first dot may hold any character.
 */
export type FieldValues = Readonly<Record<string, StoredValue>>;

/** The stated ends of an attempt. */
export type EndStatus = 'succeeded' | 'failed' | 'aborted';
export type Direction = 'input' | 'output';
/** A path as text, or `{"$bytes": base64}` where it is not UTF-8. Relative to the top of the work tree, with `/`. */
export type StoredPath = string | { readonly $bytes: string };

/** Values of one metric: `values[i]` was measured at `steps[i]` (null: no step) and, if known, at time `at[i]` in ms. */
export type Series = {
  readonly steps: readonly (number | null)[];
  readonly values: readonly StoredValue[];
  readonly at?: readonly number[];
};

export type Operation =
  /** This execution is a run of that stage of that pipeline. */
  | { readonly kind: 'execution'; readonly namespace: string; readonly pipeline: string; readonly stage: string }
  /** An attempt began; `facts` says on which code, with which command, where. */
  | {
      readonly kind: 'attempt.start';
      readonly attempt: AttemptId;
      /** Attempts of this execution that the author knew. */
      readonly saw: readonly AttemptId[];
      readonly facts: AttemptFacts;
    }
  | {
      readonly kind: 'attempt.end';
      readonly attempt: AttemptId;
      readonly status: EndStatus;
      /** Nobody said so; it was concluded from a process that is gone. */
      readonly inferred: boolean;
      readonly exitCode?: number;
    }
  | { readonly kind: 'set'; readonly values: FieldValues }
  | {
      readonly kind: 'metric';
      readonly attempt: AttemptId;
      readonly rank: number;
      readonly series: Readonly<Record<string, Series>>;
    }
  | UseOperation
  | { readonly kind: 'tag.add'; readonly tags: readonly string[] }
  /** Per tag, the adds that the author saw: only those are undone. */
  | { readonly kind: 'tag.remove'; readonly tags: Readonly<Record<string, readonly EntryId[]>> }
  /** Commits of the code and what replaced each when they were amended or rebased, `<object format>:<hex>`. */
  | { readonly kind: 'code.rewritten'; readonly commits: Readonly<Record<string, string>> }
  | { readonly kind: 'retract'; readonly ids: readonly EntryId[] }
  | { readonly kind: 'unknown'; readonly name: string };

/** An execution read or wrote an artifact. */
export type UseOperation = {
  readonly kind: 'use';
  readonly attempt: AttemptId;
  readonly direction: Direction;
  readonly path: StoredPath;
  /** As recorded, sorted. */
  readonly digests: readonly Digest[];
  /** The digests come from one read of the bytes, so they name the same content. */
  readonly seen: boolean;
  readonly sizeBytes?: number;
  readonly files?: number;
  /** The use that produced this input, when it is known. */
  readonly from?: UseId;
  /** Git's id of the pointer file, `<object format>:<hex>`. */
  readonly pointer?: string;
  readonly values: FieldValues;
};

/** Code, command and environment of an attempt; all members optional, unknown ones kept. */
export type AttemptFacts = {
  readonly code?: {
    /** URL of the code repository, without user and password. */
    readonly repository?: string;
    /** `<object format>:<hex>` of HEAD. */
    readonly commit?: string;
    readonly branch?: string;
    /** A tracked file differed from HEAD. */
    readonly dirty?: boolean;
  };
  readonly command?: readonly string[];
  readonly environment?: JsonObject;
};

/** The id of a use: the same execution reading the same bytes at the same path again is the same use. */
export function useId(
  execution: ExecutionId,
  use: Pick<UseOperation, 'attempt' | 'direction' | 'path' | 'digests'>,
): UseId {
  const digests = [...use.digests].sort(compareDigests).map(formatDigest);
  return sha256Hex(encodeCanonical([execution, use.attempt, use.direction, use.path, digests])) as UseId;
}

/** The JSON payload of an operation, the inverse of decodeOperation. */
export function encodeOperation(operation: Exclude<Operation, { kind: 'unknown' }>): JsonObject {
  const { kind: _kind, ...payload } = operation;
  if (operation.kind !== 'use') return payload as JsonObject;
  const { kind: _use, digests, values, seen, ...rest } = operation;
  return {
    ...rest,
    digests: [...digests].sort(compareDigests).map(formatDigest),
    ...(seen ? { seen } : {}),
    ...(Object.keys(values).length > 0 ? { values } : {}),
  };
}
