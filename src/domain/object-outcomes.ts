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

/** The objects of a transfer, by number, and what became of each: some 40 bytes together, and more only for a failure. */
export interface ObjectOutcomes {
  readonly objects: DigestSet;
  /** Undefined for an object of which nothing is known yet. */
  get(object: number): ObjectOutcome | undefined;
  set(object: number, outcome: ObjectOutcome): void;
  /** The objects of which something is known. */
  keys(): Iterable<number>;
}

/** What a byte stands for; of what has bytes, their number stands beside it. */
const CODES = ['nothing', 'there', 'unkept', 'moved', 'repaired', 'queued', 'too-large', 'failed'] as const;
type Code = (typeof CODES)[number];

export function createObjectOutcomes(): ObjectOutcomes {
  let codes = new Uint8Array(16);
  let bytes = new Float64Array(16);
  const failures = new Map<number, ObjectOutcome>();
  const makeRoom = (object: number): void => {
    if (object < codes.length) return;
    const length = Math.max(object + 1, codes.length * 2);
    const before = { codes, bytes };
    codes = new Uint8Array(length);
    codes.set(before.codes);
    bytes = new Float64Array(length);
    bytes.set(before.bytes);
  };
  return {
    objects: createDigestSet(),
    get(object) {
      const code = CODES[codes[object] ?? 0] ?? 'nothing';
      return code === 'failed' ? failures.get(object) : outcomeOf(code, bytes[object] ?? 0);
    },
    set(object, outcome) {
      makeRoom(object);
      codes[object] = CODES.indexOf(codeOf(outcome));
      bytes[object] = 'bytes' in outcome ? outcome.bytes : 0;
      if (outcome.kind === 'failed') failures.set(object, outcome);
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

function outcomeOf(code: Exclude<Code, 'failed'>, bytes: number): ObjectOutcome | undefined {
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
