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
  /** By key, in the order of their first use. */
  readonly artifacts: ReadonlyMap<string, Artifact>;
  /** Never empty for a use of the view. More than one where digests do not agree, are no aliases, or are ambiguous. */
  readonly artifactsOf: (use: UseView) => readonly Artifact[];
  /** The artifacts that a digest stands for; none when no use names it. */
  readonly resolveDigest: (digest: Digest) => readonly Artifact[];
  readonly useOf: (id: UseId) => UseView | undefined;
  readonly uses: ReadonlyMap<UseId, UseView>;
};

/** A digest with more heads than this stands for itself: a liar must not make every question slow. */
export const HEADS_MAX = 64;

type Aliases = ReadonlyMap<string, ReadonlySet<string>>;

/** Builds the index. Linear in the uses. */
export function artifactIndex(view: View): ArtifactIndex {
  const uses = new Map<UseId, UseView>();
  for (const execution of view.executions.values()) for (const use of execution.uses) uses.set(use.id, use);
  const digests = new Map<string, Digest>();
  const headsOf = headFinder(claimedAliases(uses.values(), digests));
  const keysOf = (use: UseView) => [...new Set(namingDigests(use).flatMap((text) => headsOf(text).keys))];
  const artifacts = groupArtifacts(uses.values(), keysOf, aliasesByHead(digests, headsOf));
  const find = (keys: readonly string[]) => keys.flatMap((key) => artifacts.get(key) ?? []);
  return {
    artifacts,
    artifactsOf: (use) => find(keysOf(use)),
    resolveDigest: (digest) => find(headsOf(formatDigest(digest)).keys),
    useOf: (id) => uses.get(id),
    uses,
  };
}

/** How much a kind's word counts; 0 for a kind that is nobody's alias. */
function rank(kind: string): number {
  if (isStrongKind(kind)) return kind === 'sha256' ? 3 : 4;
  if (isWeakKind(kind)) return kind.startsWith('md5-dos2unix') ? 1 : 2;
  return 0;
}

/** True if the use's digests are one read's. Two digests of one kind contradict each other, and prove nothing. */
function isClaim({ operation: { seen, digests } }: UseView): boolean {
  return seen && new Set(digests.map(({ kind }) => kind)).size === digests.length;
}

/** The digests by which a use names its artifact: of one read only the strongest, besides those that are no aliases. */
function namingDigests(use: UseView): string[] {
  const { digests } = use.operation;
  const strongest = isClaim(use) ? Math.max(...digests.map(({ kind }) => rank(kind))) : 0;
  const names = digests.filter(({ kind }) => rank(kind) === 0 || rank(kind) >= strongest);
  return names.map(formatDigest);
}

/** From each digest to the stronger ones that some use saw with it. Fills `digests` with all that were recorded. */
function claimedAliases(uses: Iterable<UseView>, digests: Map<string, Digest>): Aliases {
  const aliases = new Map<string, Set<string>>();
  for (const use of uses) {
    const ranked = use.operation.digests.map((digest) => ({
      text: formatDigest(digest),
      rank: rank(digest.kind),
      digest,
    }));
    for (const { text, digest } of ranked) digests.set(text, digest);
    if (ranked.length < 2 || !isClaim(use)) continue;
    for (const weak of ranked) {
      for (const strong of ranked) {
        if (weak.rank === 0 || weak.rank >= strong.rank) continue;
        const known = aliases.get(weak.text) ?? new Set();
        aliases.set(weak.text, known.add(strong.text));
      }
    }
  }
  return aliases;
}

type Heads = { readonly keys: readonly string[]; readonly isAmbiguous: boolean };

/** Ranks grow along every alias, so there is no cycle and the recursion is at most as deep as there are ranks. */
function headFinder(aliases: Aliases): (text: string) => Heads {
  const cache = new Map<string, Heads>();
  const find = (text: string): Heads => {
    const stronger = aliases.get(text);
    if (stronger === undefined) return { keys: [text], isAmbiguous: false };
    const known = cache.get(text);
    if (known !== undefined) return known;
    const above = Array.from(stronger, find);
    const keys = new Set(above.flatMap((heads) => heads.keys));
    const isAmbiguous = keys.size > 1 || above.some((heads) => heads.isAmbiguous);
    const heads = { keys: keys.size > HEADS_MAX ? [text] : [...keys].sort(), isAmbiguous };
    cache.set(text, heads);
    return heads;
  };
  return find;
}

type Names = { readonly digests: Digest[]; isAmbiguous: boolean };

/** For each head all digests that stand for it. */
function aliasesByHead(digests: ReadonlyMap<string, Digest>, headsOf: (text: string) => Heads): Map<string, Names> {
  const names = new Map<string, Names>();
  for (const [text, digest] of digests) {
    const heads = headsOf(text);
    for (const key of heads.keys) {
      const known = names.get(key) ?? { digests: [], isAmbiguous: false };
      names.set(key, known);
      known.digests.push(digest);
      known.isAmbiguous ||= heads.isAmbiguous;
    }
  }
  return names;
}

function groupArtifacts(
  uses: Iterable<UseView>,
  keysOf: (use: UseView) => readonly string[],
  names: ReadonlyMap<string, Names>,
): ReadonlyMap<string, Artifact> {
  const artifacts = new Map<string, Artifact & { readonly uses: UseView[] }>();
  for (const use of uses) {
    for (const key of keysOf(use)) {
      const known = artifacts.get(key);
      if (known === undefined) artifacts.set(key, { ...namesOf(key, names), key, uses: [use] });
      else known.uses.push(use);
    }
  }
  return artifacts;
}

/** The name first, then its aliases. */
function namesOf(key: string, names: ReadonlyMap<string, Names>): Pick<Artifact, 'digests' | 'isAmbiguous'> {
  const { digests, isAmbiguous } = names.get(key) ?? { digests: [], isAmbiguous: false };
  const isName = (digest: Digest) => formatDigest(digest) === key;
  const aliases = digests.filter((digest) => !isName(digest)).sort(compareDigests);
  return { digests: [...digests.filter(isName), ...aliases], isAmbiguous };
}
