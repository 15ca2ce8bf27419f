/**
 * Which artifacts a use speaks of.
 *
 * A digest is a node; a use that names several digests of one read (`seen`) is a claim that the weaker ones are aliases
 * of the stronger: md5 of DVC 2 < md5 < sha256 < BLAKE3. A digest stands for the strongest digests that are reached from
 * it, its heads; one that is an alias of nothing is its own head and names the artifact. Several heads (a collision, a
 * lie, or two texts that differ in line ends only) are all followed and marked ambiguous. Kinds that are not known here
 * and `etag` are never aliases: they name what they name. Depends on the set of uses only, never on their order.
 */
import { compareDigests, type Digest, formatDigest, isStrongKind, isWeakKind } from './digest.ts';
import type { UseView } from './execution-view.ts';
import type { UseId } from './ids.ts';
import type { View } from './view.ts';

/** What an artifact is called, and who read or wrote it. */
export type Artifact = {
  /** The recorded digest that names it, `kind:value`. */
  readonly key: string;
  /** That digest, then its aliases in the order of compareDigests. All were recorded by somebody. */
  readonly digests: readonly Digest[];
  /** In the order of the view: by execution, oldest first. */
  readonly uses: readonly UseView[];
  /** One of its digests also names another artifact. */
  readonly isAmbiguous: boolean;
};

/** Answers about the artifacts of one view. */
export type ArtifactIndex = {
  /** In the order of their first use. */
  readonly artifacts: readonly Artifact[];
  /** In the order of the view. */
  readonly uses: readonly UseView[];
  readonly useOf: (id: UseId) => UseView | undefined;
  /** Never empty for a use of the view. More than one where digests do not agree, are no aliases, or are ambiguous. */
  readonly artifactsOf: (use: UseView) => readonly Artifact[];
  /** The artifacts that a digest stands for; none when no use names it. */
  readonly resolveDigest: (digest: Digest) => readonly Artifact[];
};

/** A digest with more heads than this stands for itself: a liar must not make every question slow. */
export const HEADS_MAX = 64;

/** A digest that somebody recorded. One object per digest, so that comparing is cheap. */
type Name = {
  readonly text: string;
  readonly digest: Digest;
  readonly rank: number;
  /** The stronger digests that some use saw with it. */
  stronger: Set<Name> | undefined;
  heads: Heads | undefined;
  /** The artifact of which this is the head, once a use has named it. */
  artifact: OpenArtifact | undefined;
};

type Heads = { readonly names: readonly Name[]; readonly isAmbiguous: boolean };
type OpenArtifact = Artifact & { readonly digests: Digest[]; readonly uses: UseView[]; isAmbiguous: boolean };
type UseRecord = { readonly use: UseView; readonly named: readonly Name[]; artifacts: readonly OpenArtifact[] };

/** Builds the index. Linear in the uses. */
export function artifactIndex(view: View): ArtifactIndex {
  const names = new Map<string, Name>();
  const records = new Map<UseId, UseRecord>();
  for (const execution of view.executions.values()) {
    for (const use of execution.uses) records.set(use.id, { use, named: readClaim(use, names), artifacts: [] });
  }
  const artifacts: OpenArtifact[] = [];
  for (const record of records.values()) record.artifacts = enter(record, artifacts);
  nameArtifacts(names.values(), artifacts);
  return {
    artifacts,
    uses: Array.from(records.values(), ({ use }) => use),
    useOf: (id) => records.get(id)?.use,
    artifactsOf: (use) => records.get(use.id)?.artifacts ?? [],
    resolveDigest: (digest) => {
      const name = names.get(formatDigest(digest));
      return name === undefined ? [] : headsOf(name).names.flatMap(({ artifact }) => artifact ?? []);
    },
  };
}

/** How much a kind's word counts; 0 for a kind that is nobody's alias. */
function rank(kind: string): number {
  if (isStrongKind(kind)) return kind === 'sha256' ? 3 : 4;
  if (isWeakKind(kind)) return kind.startsWith('md5-dos2unix') ? 1 : 2;
  return 0;
}

/** Notes the aliases that a use claims, and gives the digests by which it names its artifact. */
function readClaim(use: UseView, names: Map<string, Name>): readonly Name[] {
  const { seen, digests } = use.operation;
  const all = digests.map((digest) => intern(digest, names));
  // Two digests of one kind cannot come from one read: such a claim contradicts itself and proves nothing.
  if (!seen || all.length < 2 || hasKindTwice(digests)) return all;
  let strongest = 0;
  for (const name of all) strongest = Math.max(strongest, name.rank);
  for (const weak of all) {
    if (weak.rank === 0 || weak.rank === strongest) continue;
    weak.stronger ??= new Set();
    for (const strong of all) if (weak.rank < strong.rank) weak.stronger.add(strong);
  }
  return all.filter((name) => name.rank === 0 || name.rank === strongest);
}

function hasKindTwice(digests: readonly Digest[]): boolean {
  const [first, second] = digests;
  if (digests.length === 2) return first?.kind === second?.kind;
  return new Set(digests.map(({ kind }) => kind)).size < digests.length;
}

function intern(digest: Digest, names: Map<string, Name>): Name {
  const text = formatDigest(digest);
  const known = names.get(text);
  if (known !== undefined) return known;
  const name: Name = {
    text,
    digest,
    rank: rank(digest.kind),
    stronger: undefined,
    heads: undefined,
    artifact: undefined,
  };
  names.set(text, name);
  return name;
}

/** Ranks grow along every alias, so there is no cycle and the recursion is at most as deep as there are ranks. */
function headsOf(name: Name): Heads {
  if (name.heads !== undefined) return name.heads;
  if (name.stronger === undefined) {
    name.heads = { names: [name], isAmbiguous: false };
    return name.heads;
  }
  const above = Array.from(name.stronger, headsOf);
  const heads = new Set(above.flatMap(({ names }) => names));
  const isAmbiguous = heads.size > 1 || above.some((one) => one.isAmbiguous);
  const isOwn = heads.size > HEADS_MAX;
  name.heads = { names: isOwn ? [name] : [...heads].sort(compareNames), isAmbiguous };
  return name.heads;
}

/** Lists a use under each of its artifacts, and gives them. */
function enter({ use, named }: UseRecord, artifacts: OpenArtifact[]): readonly OpenArtifact[] {
  const [only, another] = named;
  const heads =
    only !== undefined && another === undefined
      ? headsOf(only).names
      : [...new Set(named.flatMap((name) => headsOf(name).names))];
  return heads.map((head) => {
    if (head.artifact === undefined) {
      head.artifact = { key: head.text, digests: [head.digest], uses: [], isAmbiguous: false };
      artifacts.push(head.artifact);
    }
    head.artifact.uses.push(use);
    return head.artifact;
  });
}

/** Gives each artifact all the digests that stand for it, its own first. */
function nameArtifacts(names: Iterable<Name>, artifacts: readonly OpenArtifact[]): void {
  for (const name of names) {
    const heads = headsOf(name);
    for (const head of heads.names) {
      if (head.artifact === undefined) continue;
      if (head !== name) head.artifact.digests.push(name.digest);
      head.artifact.isAmbiguous ||= heads.isAmbiguous;
    }
  }
  for (const { digests } of artifacts) {
    if (digests.length < 3) continue;
    for (const alias of digests.splice(1).sort(compareDigests)) digests.push(alias);
  }
}

function compareNames(a: Name, b: Name): number {
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}
