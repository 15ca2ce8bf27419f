/** Trees that are odd as trees: modes, names, order, repetitions, depth, kinds of objects. */
import { type PlainEntry, type PlainNode, type PlainTree, plainBlob, sortKey } from './plain-tree.ts';
import type { Random } from './random.ts';

const MODES = [
  '100644',
  '40000',
  '040000',
  '100755',
  '120000',
  '160000',
  '0100644',
  '100664',
  '',
  '0',
  '4000',
  '400000',
];
const NAMES = [
  '.',
  '..',
  '.git',
  '.GIT',
  'blob',
  'ext',
  'seg',
  'SEG',
  'writer.json',
  'Writer.json',
  'cmf-format-1',
  'cmf-format-2',
  'cmf-format-',
  'cmf-format-01',
  '_',
  '2024-01',
  '2024-1',
  '12024-01',
  '00',
  'ff',
  'FF',
  '000',
  'a/b',
  '/',
  '',
  ' ',
  'x'.repeat(300),
  '\xff\xfe',
  '\x01',
  `${'0'.repeat(16)}-${'0'.repeat(64)}.jsonl`,
];

type Change = (entries: PlainEntry[], random: Random) => void;

const CHANGES: readonly Change[] = [
  (entries, random) => replace(entries, random, { mode: random.pick(MODES) }),
  (entries, random) => replace(entries, random, { name: random.pick(NAMES) }),
  (entries, random) => replace(entries, random, { name: changedName(random.pick(entries).name, random) }),
  (entries, random) => replace(entries, random, { node: strangeNode(random) }),
  (entries, random) => void entries.splice(random.below(entries.length), 1),
  (entries, random) => void entries.splice(random.below(entries.length), 0, random.pick(entries)),
  (entries) => void entries.reverse(),
  (entries, random) => void entries.push({ mode: '100644', name: random.pick(NAMES), node: plainBlob('') }),
  (entries, random) => insert(entries, { mode: '40000', name: random.pick(NAMES), node: strangeNode(random) }),
  (entries, random) => insert(entries, { mode: '100644', name: random.pick(NAMES), node: plainBlob('') }),
  (entries, random) => insert(entries, { ...random.pick(entries), name: random.pick(NAMES) }),
  (entries, random) =>
    insert(entries, { ...random.pick(entries), name: changedName(random.pick(entries).name, random) }),
  (entries) => entries.splice(0),
];

function replace(entries: PlainEntry[], random: Random, change: Partial<PlainEntry>): void {
  const at = random.below(entries.length);
  const entry = entries[at];
  if (entry !== undefined) entries[at] = { ...entry, ...change };
  if (random.oneIn(2)) entries.sort(byName);
}

function insert(entries: PlainEntry[], entry: PlainEntry): void {
  entries.push(entry);
  entries.sort(byName);
}

function byName(x: PlainEntry, y: PlainEntry): number {
  return sortKey(x) < sortKey(y) ? -1 : 1;
}

function changedName(name: string, random: Random): string {
  const at = random.below(name.length);
  return name.slice(0, at) + random.pick(['', '0', 'f', 'A', '_', '-', '.', `${name[at] ?? ''}x`]) + name.slice(at + 1);
}

function strangeNode(random: Random): PlainNode {
  return random.pick<PlainNode>([
    plainBlob(''),
    plainBlob('x'),
    { kind: 'missing' },
    { kind: 'commit' },
    { kind: 'tree', entries: [] },
    { kind: 'tree', entries: [{ mode: '100644', name: 'x', node: plainBlob('') }] },
    deep(50),
  ]);
}

function deep(levels: number): PlainTree {
  const inside: PlainNode = levels === 0 ? plainBlob('') : deep(levels - 1);
  return { kind: 'tree', entries: [{ mode: levels === 0 ? '100644' : '40000', name: 'seg', node: inside }] };
}

/** The tree with something changed in one of its folders. */
export function oddTree(tree: PlainTree, random: Random): PlainTree {
  const folders = tree.entries.filter(({ node }) => node.kind === 'tree');
  const entries = [...tree.entries];
  if (folders.length > 0 && random.below(5) > 0) {
    const chosen = random.pick(folders);
    const at = entries.indexOf(chosen);
    if (chosen.node.kind === 'tree') entries[at] = { ...chosen, node: oddTree(chosen.node, random) };
  } else if (entries.length > 0) random.pick(CHANGES)(entries, random);
  else entries.push({ mode: '100644', name: random.pick(NAMES), node: plainBlob('') });
  return { kind: 'tree', entries };
}
