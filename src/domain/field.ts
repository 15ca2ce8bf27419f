/**
 * Mutable fields: multi-value registers whose author says which values it replaces.
 *
 * A claim covers another claim of the same field if
 *   1. it names it in `over`, or
 *   2. it is of the same writer (or one that continues it) and later by (HLC, id), or
 *   3. it covers a claim that covers it, be that one retracted or purged.
 * A value is current if it is not retracted and no unretracted value covers it. Several current values are a conflict:
 * all are kept, the greatest (HLC, writer, id) is shown first. A clock that runs ahead cannot win against a writer who saw
 * the value. Values that cover each other (a clock went back between them) are a conflict too, so covering alone never
 * empties a field. A value that a purge took away covers as if it were still there.
 */
import type { Hlc } from './clock.ts';
import { coveredNodes } from './covering.ts';
import type { EntryId, WriterId } from './ids.ts';
import type { Purge } from './join.ts';
import type { Resolution, Statement } from './resolve.ts';

/** One value that somebody gave to a field. */
export type Claim<Value> = {
  readonly id: EntryId;
  readonly writer: WriterId;
  readonly hlc: Hlc;
  readonly atMs: number | undefined;
  readonly value: Value;
};

/** The current values of a field, the shown one first. More than one is a conflict; none is an unset field. */
export type Field<Value> = readonly Claim<Value>[];

/** A node of the covering relation of one field. */
type Node = {
  readonly id: EntryId;
  readonly writer: WriterId;
  readonly hlc: Hlc;
  readonly over: readonly EntryId[];
};

/** An assignment before it is known whether it is current. */
export type Assignment<Value> = { readonly statement: Statement; readonly value: Value };

/** True if `a` is shown before `b`: greater HLC, then writer, then id. */
export function isGreater(
  a: Pick<Claim<unknown>, 'hlc' | 'writer' | 'id'>,
  b: Pick<Claim<unknown>, 'hlc' | 'writer' | 'id'>,
): boolean {
  if (a.hlc !== b.hlc) return a.hlc > b.hlc;
  if (a.writer !== b.writer) return a.writer > b.writer;
  return a.id > b.id;
}

/**
 * The current values among all assignments to one field.
 * @param purged the purges that took a value of this very field away
 */
export function currentValues<Value>(
  assignments: readonly Assignment<Value>[],
  resolution: Resolution,
  purged: readonly Purge[] = [],
): Field<Value> {
  const [only] = assignments;
  if (only !== undefined && assignments.length === 1 && purged.length === 0) {
    return only.statement.retracted ? [] : [toClaim(only)];
  }
  const live = assignments.filter(({ statement }) => !statement.retracted);
  if (live.length === 0 || (live.length === 1 && purged.length === 0)) return live.map(toClaim);
  const nodes = new Map<EntryId, Node>(purged.map((purge) => [purge.id, purge]));
  for (const { statement } of assignments) nodes.set(statement.id, nodeOf(statement));
  const roots = new Set(live.map(({ statement }) => statement.id));
  for (const { id } of purged) if (!resolution.retractedPurges.has(id)) roots.add(id);
  const byWriter = groupByWriter(nodes);
  const covered = coveredNodes(nodes.keys(), roots, (id) =>
    coveredDirectly(nodes.get(id) as Node, nodes, byWriter, resolution),
  );
  return live
    .filter(({ statement }) => !covered.has(statement.id))
    .map(toClaim)
    .sort((a, b) => (isGreater(a, b) ? -1 : 1));
}

function nodeOf({ id, entry }: Statement): Node {
  return { id, writer: entry.writer, hlc: entry.hlc, over: entry.over };
}

/** An assignment as a value that counts. */
export function toClaim<Value>({ statement, value }: Assignment<Value>): Claim<Value> {
  const { writer, hlc, atMs } = statement.entry;
  return { id: statement.id, writer, hlc, atMs, value };
}

/** Each writer's nodes, oldest first. */
function groupByWriter(nodes: ReadonlyMap<EntryId, Node>): ReadonlyMap<WriterId, readonly Node[]> {
  const groups = new Map<WriterId, Node[]>();
  for (const node of nodes.values()) {
    const group = groups.get(node.writer);
    if (group === undefined) groups.set(node.writer, [node]);
    else group.push(node);
  }
  for (const group of groups.values()) group.sort((a, b) => (isLater(a, b) ? 1 : -1));
  return groups;
}

function isLater(a: Node, b: Node): boolean {
  return a.hlc === b.hlc ? a.id > b.id : a.hlc > b.hlc;
}

function coveredDirectly(
  node: Node,
  nodes: ReadonlyMap<EntryId, Node>,
  byWriter: ReadonlyMap<WriterId, readonly Node[]>,
  resolution: Resolution,
): EntryId[] {
  const covered = node.over.filter((id) => id !== node.id && nodes.has(id));
  for (const writer of resolution.lineageOf(node.writer)) {
    const older = latestBefore(node, byWriter.get(writer) ?? []);
    if (older !== undefined) covered.push(older.id);
  }
  return covered;
}

/** The latest of one writer's nodes before `node`, by binary search; it covers what is older still. */
function latestBefore(node: Node, group: readonly Node[]): Node | undefined {
  let low = 0;
  let high = group.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isLater(node, group[middle] as Node)) low = middle + 1;
    else high = middle;
  }
  return group[low - 1];
}
