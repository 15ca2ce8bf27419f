/** Mutants against the program's validation of journals, in this process. */
import { checkJournalTree } from '../../src/app/journal-tree.ts';
import { CmfError } from '../../src/domain/errors.ts';
import type { EntryId, WriterId } from '../../src/domain/ids.ts';
import type { Oid } from '../../src/ports/git.ts';
import { memoryObjects } from './memory-objects.ts';
import { type Mutant, mutantOf } from './mutants.ts';
import { brokenRule } from './oracle.ts';
import { type PlainObject, storePlain } from './plain-tree.ts';
import type { Tally } from './tally.ts';

const SLOW_MS = 5_000;
const CODES: ReadonlySet<string> = new Set(['refused', 'damaged', 'newer-format']);

/** Judges so many mutants, from this seed on. */
export async function fuzzInProcess(seed: number, count: number, tally: Tally): Promise<void> {
  for (let i = 0; i < count; i++) {
    const mutant = mutantOf(seed + i);
    const started = performance.now();
    const expected = brokenRule(mutant);
    const answer = await answerTo(mutant);
    const tookMs = performance.now() - started;
    const told = `seed ${seed + i}, ${mutant.kind}`;
    tally.count(mutant.kind, expected === undefined);
    if (answer.kind === 'crashed') tally.fail(`${told}: ${answer.text}`);
    else if ((answer.kind === 'accepted') !== (expected === undefined)) {
      tally.fail(`${told}: the rules say ${expected ?? 'good'}, the program ${answer.text}`);
    } else if (tookMs > SLOW_MS) tally.fail(`${told}: took ${tookMs.toFixed(0)} ms`);
  }
}

type Answer = { readonly kind: 'accepted' | 'refused' | 'crashed'; readonly text: string };

async function answerTo({ tree, base, writer, purged, acceptUntilMs, isBaseOptional }: Mutant): Promise<Answer> {
  const store = new Map<string, PlainObject>();
  const request = {
    tree: storePlain(tree, store) as Oid,
    base: base === undefined ? undefined : (storePlain(base, store) as Oid),
    writer: writer as WriterId,
    purged: (purged ?? new Set()) as ReadonlySet<EntryId>,
    allowMissingFromBase: isBaseOptional ?? false,
    ...(acceptUntilMs === undefined ? {} : { acceptUntilMs }),
  };
  try {
    await checkJournalTree(memoryObjects(store), request, () => undefined);
    return { kind: 'accepted', text: 'accepts' };
  } catch (error) {
    if (!(error instanceof CmfError)) return { kind: 'crashed', text: String((error as Error).stack) };
    const isVerdict = CODES.has(error.code) && !/[\n\r\x1b]/.test(error.message);
    return { kind: isVerdict ? 'refused' : 'crashed', text: `${error.code}: ${error.message}` };
  }
}
