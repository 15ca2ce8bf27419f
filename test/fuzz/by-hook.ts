/** What git could write to pre-receive, and what it never would, against the hook in this process. */
import type { Context } from '../../src/app/clone.ts';
import { CmfError } from '../../src/domain/errors.ts';
import { runHook } from '../../src/faces/hooks/dispatch.ts';
import type { GitRepository, Oid } from '../../src/ports/git.ts';
import type { GitServer } from '../../src/ports/git-server.ts';
import { memoryGit } from '../helpers/memory-git.ts';
import { simulatedDisk } from '../helpers/simulated-disk.ts';
import { simulatedMachine } from '../helpers/simulated-machine.ts';
import { goodFiles, goodParts, putSegment } from './journals.ts';
import { memoryObjects } from './memory-objects.ts';
import { oddTree } from './odd-trees.ts';
import { brokenRule } from './oracle.ts';
import { type PlainObject, type PlainTree, plainTree, storeCommit, storePlain } from './plain-tree.ts';
import { Random } from './random.ts';
import type { Tally } from './tally.ts';
import { fuzzWriter } from './writers.ts';

/** A month after all entries. */
const NOW_MS = Date.UTC(2024, 2);
const ZERO = '0'.repeat(40);
const WRITER = fuzzWriter(77);

/** A commit that a push may name. `after` are those that it contains. */
type Tip = { readonly oid: string; readonly tree: PlainTree | undefined; readonly after: readonly string[] };

type Stage = { readonly store: Map<string, PlainObject>; readonly tips: readonly Tip[]; readonly bad: string };

/** Judges so many inputs. */
export async function fuzzByHook(seed: number, count: number, tally: Tally): Promise<void> {
  for (let i = 0; i < count; i++) {
    const random = new Random(seed + i);
    const stage = makeStage(random);
    const lines = Array.from({ length: 1 + random.below(3) }, () => oneLine(random, stage));
    // A server holds no bad journal, so no honest push begins with one.
    if (lines.some((line) => line.startsWith(stage.bad))) continue;
    const text = random.oneIn(8) ? spoil(lines.join('\n'), random) : `${lines.join('\n')}\n`;
    const expected = text.split('\n').every((line) => line === '' || isGoodLine(line, stage));
    tally.count(`${text.split('\n').length - 1} lines`, expected);
    const answer = await answerTo(text, stage);
    if (answer.kind === 'crashed') tally.fail(`seed ${seed + i}: ${answer.text} on ${JSON.stringify(text)}`);
    else if ((answer.kind === 'accepted') !== expected) {
      const words = expected ? 'good' : 'bad';
      tally.fail(`seed ${seed + i}: ${JSON.stringify(text)} is ${words}, the hook ${answer.kind} it: ${answer.text}`);
    }
  }
}

/** A good journal that grew, another one beside it, a bad one, and things that are no commits. */
function makeStage(random: Random): Stage {
  const store = new Map<string, PlainObject>();
  const tips: Tip[] = [];
  const add = (tree: PlainTree, parents: readonly Tip[]): Tip => {
    const oids = parents.map(({ oid }) => oid);
    const oid = storeCommit(storePlain(tree, store), store, oids);
    const tip = { oid, tree, after: [oid, ...parents.flatMap(({ after }) => after)] };
    tips.push(tip);
    return tip;
  };
  const files = goodFiles(random, WRITER);
  const first = add(plainTree(files), []);
  putSegment(files, WRITER, goodParts(random, WRITER));
  const second = add(plainTree(files), [first]);
  const bad = add(oddTree(plainTree(files), random), [second]).oid;
  add(plainTree(goodFiles(random, WRITER)), []);
  tips.push({ oid: storePlain(plainTree(files), store), tree: undefined, after: [] });
  tips.push({ oid: 'f'.repeat(40), tree: undefined, after: [] });
  return { store, tips, bad };
}

function oneLine(random: Random, { tips }: Stage): string {
  const ref = random.oneIn(2) ? `refs/cmf/${random.pick(['journal', 'in'])}/${WRITER.id}` : random.pick(REFS);
  const old = random.oneIn(2) ? ZERO : random.pick(tips).oid;
  const next = random.oneIn(12) ? ZERO : random.pick(tips.slice(0, random.pick([2, tips.length]))).oid;
  return `${old} ${next} ${ref}`;
}

const REFS: readonly string[] = [
  'refs/heads/main',
  'refs/heads/refs/cmf/x',
  'refs/cmfx/y',
  'refs/cmf',
  'refs/cmf/',
  'refs/CMF/merged/all',
  'refs/cmf/merged/all',
  `refs/cmf/merged/p/${'0'.repeat(64)}`,
  'refs/cmf/archive',
  'refs/cmf/control',
  `refs/cmf/code/${WRITER.id}`,
  'refs/cmf-local/known',
  'refs/Cmf-Local/x',
  'refs/notes/cmf',
  'refs/notes/CMF/x',
  'refs/notes/commits',
  `refs/cmf/journal/${WRITER.id.toUpperCase()}`,
  `refs/cmf/journal/${WRITER.id}/x`,
  `refs/cmf/journal/${WRITER.id}x`,
  `refs/cmf/journal/${fuzzWriter(78).id}`,
  `refs/cmf/in/../journal/${WRITER.id}`,
  'refs/cmf/journal/\u001b[31mred',
  'refs/tags/cmf',
];

function spoil(text: string, random: Random): string {
  const at = random.below(text.length);
  return (
    text.slice(0, at) + random.pick(['', ' ', '\n', '\0', '\r', 'g', 'A', '\u2028']) + text.slice(at + random.below(2))
  );
}

/** What design and docs say of one line: whose ref, whose commit, what it grew from, what lies in it. */
function isGoodLine(line: string, { tips }: Stage): boolean {
  const [, old = '', next = '', ref = ''] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) ([^\n]+)$/.exec(line) ?? [];
  if (ref === '') return false;
  if (!/^refs\/(?:cmf|cmf-local|notes\/cmf)(?:\/|$)/is.test(ref)) return true;
  const writer = /^refs\/cmf\/(?:journal|in)\/([0-9a-f]{32})$/.exec(ref)?.[1];
  const tip = tips.find(({ oid }) => oid === next);
  if (writer === undefined || tip?.tree === undefined) return false;
  if (/^0+$/.test(old)) {
    if (brokenRule({ tree: tip.tree, writer }) !== undefined) return false;
    // Its whole history is new then, and nothing may lie there that the tip has not.
    const { tree, after } = tip;
    const history = tips.flatMap((one) => (one.tree !== undefined && after.includes(one.oid) ? [one.tree] : []));
    return history.every((base) => brokenRule({ tree, base, writer }) === undefined);
  }
  const before = tips.find(({ oid }) => oid === old);
  if (before?.tree === undefined || !tip.after.includes(old)) return false;
  // What a ref holds already is taken for good; only what is new is looked at.
  if (brokenRule({ tree: before.tree, writer }) !== undefined) return false;
  return brokenRule({ tree: tip.tree, base: before.tree, writer }) === undefined;
}

type Answer = { readonly kind: 'accepted' | 'refused' | 'crashed'; readonly text: string };

async function answerTo(text: string, stage: Stage): Promise<Answer> {
  const context = contextOf(stage);
  const server: GitServer = { ...NO_SERVER, newObjects: (commits) => newObjects(stage, commits) };
  try {
    const { exitCode, stderr } = await runHook('pre-receive', text, { context, server });
    if (/[\x00-\x09\x0b-\x1f]/.test(stderr)) return { kind: 'crashed', text: `prints ${JSON.stringify(stderr)}` };
    return { kind: exitCode === 0 ? 'accepted' : 'refused', text: stderr };
  } catch (error) {
    // git shows the words of any error and refuses the push; but only a line that git never writes is a reason for one.
    if (error instanceof CmfError && error.code === 'usage') return { kind: 'refused', text: error.message };
    return { kind: 'crashed', text: String((error as Error).stack) };
  }
}

const unasked = () => Promise.reject(new Error('not asked for by a hook'));
const NO_SERVER = { hooksDirectory: unasked, settings: unasked, addSetting: unasked, removeSetting: unasked };

function contextOf({ store, tips }: Stage): Context {
  const base = memoryGit('/server');
  const refs = {
    ...base.refs,
    isAncestor: async (ancestor: Oid, descendant: Oid) =>
      tips.find(({ oid }) => oid === descendant)?.after.includes(ancestor) === true,
  };
  const repository: GitRepository = { ...base, objects: memoryObjects(store), refs };
  const { effects, reporter } = simulatedMachine().contextOf(1);
  return { repository, disk: simulatedDisk(() => 0), effects: { ...effects, nowMs: () => NOW_MS }, reporter };
}

/** All that a commit brings to a repository that has nothing. */
async function* newObjects({ store }: Stage, commits: readonly Oid[]): AsyncGenerator<Oid> {
  const seen = new Set<string>();
  const waiting: string[] = [...commits];
  for (let oid = waiting.pop(); oid !== undefined; oid = waiting.pop()) {
    const object = store.get(oid);
    if (object === undefined || seen.has(oid)) continue;
    seen.add(oid);
    yield oid as Oid;
    if (object.type === 'tree') for (const inside of idsIn(object.bytes)) waiting.push(inside);
    else if (object.type === 'commit') {
      for (const [, id = ''] of object.bytes.toString().matchAll(/^(?:tree|parent) ([0-9a-f]{40})$/gm))
        waiting.push(id);
    }
  }
}

function idsIn(tree: Buffer): string[] {
  const ids: string[] = [];
  for (let at = 0; at < tree.length; ) {
    const end = tree.indexOf(0, at);
    ids.push(tree.toString('hex', end + 1, end + 21));
    at = end + 21;
  }
  return ids;
}
