/**
 * Reachability in a relation that should have no cycles but, since clocks can go back, may.
 */

/**
 * The nodes that a root covers without being covered by them in turn: those reachable from a root in another strongly
 * connected component. Linear in nodes and edges, and without recursion (Tarjan 1972, with an explicit stack).
 */
export function coveredNodes<Id>(
  nodes: Iterable<Id>,
  roots: ReadonlySet<Id>,
  edgesOf: (id: Id) => readonly Id[],
): ReadonlySet<Id> {
  const components = stronglyConnected(nodes, edgesOf);
  const componentOf = new Map<Id, number>();
  components.forEach((members, index) => {
    for (const id of members) componentOf.set(id, index);
  });
  const reached = new Set<number>();
  const covered = new Set<Id>();
  // Tarjan emits a component after all that it reaches, so the reverse order sees coverers first.
  for (let index = components.length - 1; index >= 0; index--) {
    const members = components[index] as Id[];
    if (reached.has(index)) for (const id of members) covered.add(id);
    else if (!members.some((id) => roots.has(id))) continue;
    for (const id of members) {
      for (const below of edgesOf(id)) {
        const other = componentOf.get(below);
        if (other !== undefined && other !== index) reached.add(other);
      }
    }
  }
  return covered;
}

type Frame<Id> = { readonly id: Id; readonly edges: readonly Id[]; next: number };

function stronglyConnected<Id>(nodes: Iterable<Id>, edgesOf: (id: Id) => readonly Id[]): Id[][] {
  const order = new Map<Id, number>();
  const low = new Map<Id, number>();
  const open: Id[] = [];
  const isOpen = new Set<Id>();
  const components: Id[][] = [];
  const frames: Frame<Id>[] = [];
  const lower = (id: Id, value: number) => low.set(id, Math.min(low.get(id) ?? value, value));
  const enter = (id: Id) => {
    order.set(id, order.size);
    low.set(id, order.size - 1);
    open.push(id);
    isOpen.add(id);
    frames.push({ id, edges: edgesOf(id), next: 0 });
  };
  const leave = (id: Id) => {
    frames.pop();
    const parent = frames.at(-1);
    if (parent !== undefined) lower(parent.id, low.get(id) as number);
    if (low.get(id) !== order.get(id)) return;
    const members = open.splice(open.lastIndexOf(id));
    for (const member of members) isOpen.delete(member);
    components.push(members);
  };
  for (const start of nodes) {
    if (!order.has(start)) enter(start);
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const below = frame.edges[frame.next++];
      if (below === undefined) leave(frame.id);
      else if (!order.has(below)) enter(below);
      else if (isOpen.has(below)) lower(frame.id, order.get(below) as number);
    }
  }
  return components;
}
