/** Mutants by real `git push` to a repository with the hooks of `git cmf server install`. */
import { formatPack } from '../../src/adapters/git/pack.ts';
import type { Oid } from '../../src/ports/git.ts';
import { MARK, untilQuiet } from '../faults/marked-processes.ts';
import { newMark } from '../faults/world.ts';
import { git, makeRepository } from '../helpers/sealed-git.ts';
import { makeCentral } from '../helpers/sites.ts';
import { type Mutant, mutantOf } from './mutants.ts';
import { brokenRule } from './oracle.ts';
import { type PlainNode, type PlainObject, storeCommit, storePlain } from './plain-tree.ts';
import type { Tally } from './tally.ts';
import { fuzzWriter } from './writers.ts';

/**
 * Refs in one push. Each has a writer of its own, so each verdict is told apart by the name of its ref; the server names as
 * many as this.
 */
const BATCH = 20;
const DAY_MS = 24 * 60 * 60 * 1000;

type Sent = { readonly seed: number; readonly mutant: Mutant; readonly ref: string; readonly commit: string };
type Place = { readonly server: string; readonly client: string };

/** Pushes at least so many mutants. */
export async function fuzzByPush(seed: number, count: number, tally: Tally): Promise<void> {
  const place: Place = { server: await makeCentral(), client: await makeRepository({ bare: true }) };
  for (let next = seed; tally.total < count; ) {
    const store = new Map<string, PlainObject>();
    const batch: Sent[] = [];
    for (; batch.length < BATCH; next++) batch.push(...sendable(next, store));
    await plant(place.client, store);
    await pushBatch(place, await walkable(place.client, batch), tally);
  }
}

/** A mutant that a push can carry: its judge knows nothing but the tree, and git can name all that is in it. */
function sendable(seed: number, store: Map<string, PlainObject>): Sent[] {
  const mutant = mutantOf(seed, fuzzWriter(10_000 + (seed % 1_000_000)));
  const { tree, base, purged, acceptUntilMs } = mutant;
  if (base !== undefined || purged !== undefined || acceptUntilMs !== undefined || lacksObjects(tree)) return [];
  const commit = storeCommit(storePlain(tree, store), store);
  return [{ seed, mutant, ref: `refs/cmf/in/${mutant.writer}`, commit }];
}

function lacksObjects(node: PlainNode): boolean {
  return node.kind === 'missing' || (node.kind === 'tree' && node.entries.some((entry) => lacksObjects(entry.node)));
}

async function plant(repository: string, store: ReadonlyMap<string, PlainObject>): Promise<void> {
  const chunks: Uint8Array[] = [];
  const objects = [...store].map(([oid, object]) => ({ ...object, oid: oid as Oid }));
  for await (const chunk of formatPack(objects, 'sha1', 1)) chunks.push(chunk);
  await git(['unpack-objects', '-q'], { cwd: repository, input: Buffer.concat(chunks) });
}

/** Without those that git itself cannot walk: it would neither send nor accept them. */
async function walkable(client: string, batch: readonly Sent[]): Promise<Sent[]> {
  const good: Sent[] = [];
  for (const sent of batch) {
    const { exitCode } = await git(['rev-list', '--objects', sent.commit], { cwd: client, expectExit: 'any' });
    if (exitCode === 0) good.push(sent);
  }
  return good;
}

async function pushBatch(place: Place, batch: readonly Sent[], tally: Tally): Promise<void> {
  const nowMs = Date.now();
  const judged = batch.map((sent) => {
    return { ...sent, rule: brokenRule({ ...sent.mutant, acceptUntilMs: nowMs + DAY_MS }) };
  });
  const { stderr, exitCode: status } = await push(place, batch);
  const isByGit = status !== 0 && !stderr.includes('git cmf: ');
  if (isByGit && batch.length > 1) {
    // git itself takes no pack with such a tree in it, and does not say whose it is.
    for (const sent of batch) await pushBatch(place, [sent], tally);
    return;
  }
  for (const { seed, mutant, ref, rule } of judged) {
    tally.count(mutant.kind, rule === undefined);
    const isRefused = isByGit || stderr.includes(`git cmf: ${ref}: `);
    if (isRefused === (rule !== undefined)) continue;
    const line = stderr.split('\n').find((one) => one.includes(ref)) ?? 'nothing';
    tally.fail(`seed ${seed}, ${mutant.kind}: the rules say ${rule ?? 'good'}, the server says ${line.trim()}`);
  }
  const good = judged.filter(({ rule }) => rule === undefined);
  if (good.length === 0) return;
  const { exitCode, stderr: why } = await push(place, good);
  if (exitCode !== 0) tally.fail(`${good.length} good ones were not accepted together: ${why}`);
}

async function push({ server, client }: Place, batch: readonly Sent[]) {
  const specs = batch.map(({ commit, ref }) => `${commit}:${ref}`);
  const mark = newMark();
  const args = ['push', '--porcelain', server, ...specs];
  const finished = await git(args, { cwd: client, env: { [MARK]: mark }, expectExit: 'any' });
  await untilQuiet(mark);
  return finished;
}
