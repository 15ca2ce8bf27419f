import type { Digest } from './digest.ts';
import { createDigestSet, type DigestSet } from './digest-set.ts';

/** What became of one object. */
export type ObjectOutcome =
  | { readonly kind: 'there' }
  /** `repairs`: what was there under its name was wrong, or was missing although its folder's list was there. */
  | { readonly kind: 'moved'; readonly bytes: number; readonly repairs: boolean }
  /** Not begun: over the limit (`isTooLarge`: by itself, so it never goes), or the storage failed before. */
  | { readonly kind: 'queued'; readonly bytes: number; readonly isTooLarge?: true }
  /** It is nowhere, and nobody said that it would be kept. */
  | { readonly kind: 'unkept' }
  | { readonly kind: 'failed'; readonly reason: string; readonly hint: string | undefined };

/** Why an object failed, by its digest: for what may be true of a million objects, so that none holds words of its own. */
export type Explain = (digest: Digest) => { readonly reason: string; readonly hint: string | undefined };

/** The objects of a transfer, by number, and what became of each: some 40 bytes together, and more only for words. */
export interface ObjectOutcomes {
  readonly objects: DigestSet;
  /** Undefined for an object of which nothing is known yet. */
  get(object: number): ObjectOutcome | undefined;
  set(object: number, outcome: ObjectOutcome): void;
  /** Sets the outcome `failed`. @param explain one function for all that failed in the same way */
  fail(object: number, explain: Explain): void;
  /** The objects of which something is known. */
  keys(): Iterable<number>;
}

/** What a byte stands for; beside it stands the number of bytes, or that of an explanation. */
const CODES = [
  'nothing',
  'there',
  'unkept',
  'moved',
  'repaired',
  'queued',
  'too-large',
  'failed',
  'explained',
] as const;
type Code = (typeof CODES)[number];

export function createObjectOutcomes(): ObjectOutcomes {
  let codes = new Uint8Array(16);
  let bytes = new Float64Array(16);
  const failures = new Map<number, ObjectOutcome>();
  const objects = createDigestSet();
  const explanations: Explain[] = [];
  const makeRoom = (object: number): void => {
    if (object < codes.length) return;
    const length = Math.max(object + 1, codes.length * 2);
    const before = { codes, bytes };
    codes = new Uint8Array(length);
    codes.set(before.codes);
    bytes = new Float64Array(length);
    bytes.set(before.bytes);
  };
  const write = (object: number, code: Code, number: number): void => {
    makeRoom(object);
    codes[object] = CODES.indexOf(code);
    bytes[object] = number;
  };
  return {
    objects,
    get(object) {
      const code = CODES[codes[object] ?? 0] ?? 'nothing';
      if (code === 'failed') return failures.get(object);
      if (code !== 'explained') return outcomeOf(code, bytes[object] ?? 0);
      const explain = explanations[bytes[object] ?? 0];
      return explain && { kind: 'failed', ...explain(objects.at(object)) };
    },
    set(object, outcome) {
      write(object, codeOf(outcome), 'bytes' in outcome ? outcome.bytes : 0);
      if (outcome.kind === 'failed') failures.set(object, outcome);
    },
    fail(object, explain) {
      if (!explanations.includes(explain)) explanations.push(explain);
      write(object, 'explained', explanations.indexOf(explain));
    },
    *keys() {
      for (let object = 0; object < codes.length; object++) if (codes[object] !== 0) yield object;
    },
  };
}

function codeOf(outcome: ObjectOutcome): Code {
  if (outcome.kind === 'moved') return outcome.repairs ? 'repaired' : 'moved';
  if (outcome.kind === 'queued') return outcome.isTooLarge === true ? 'too-large' : 'queued';
  return outcome.kind;
}

function outcomeOf(code: Exclude<Code, 'failed' | 'explained'>, bytes: number): ObjectOutcome | undefined {
  switch (code) {
    case 'nothing':
      return undefined;
    case 'moved':
    case 'repaired':
      return { kind: 'moved', bytes, repairs: code === 'repaired' };
    case 'queued':
      return { kind: 'queued', bytes };
    case 'too-large':
      return { kind: 'queued', bytes, isTooLarge: true };
    default:
      return { kind: code };
  }
}
