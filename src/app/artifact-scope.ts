/** Which artifacts a person means: those of pointers in the work tree, or those that the journal tells of. */
import { type Digest, formatDigest } from '../domain/digest.ts';
import { createDigestSet } from '../domain/digest-set.ts';
import { CmfError } from '../domain/errors.ts';
import type { UseView } from '../domain/execution-view.ts';
import { type Found, find, findExecution } from '../domain/find.ts';
import { type LineageSources, lineage, lineageSources } from '../domain/lineage.ts';
import { artifactsOfUses, namesOf, versionPlaces, type WantedArtifact } from '../domain/wanted-artifact.ts';
import { type CheckedOut, type CheckoutOptions, checkoutArtifacts } from './artifact-checkout.ts';
import { type ArtifactOut, findOuts } from './artifact-outs.ts';
import type { Context } from './clone.ts';
import { cachePlaceOf } from './dvc-settings.ts';
import { findPipeline } from './find-pipeline.ts';
import { findThing } from './find-thing.ts';
import { readView } from './read-state.ts';
import type { Files } from './track.ts';

export type Scope =
  /** Pointers at or below these paths, absolute; all of the work tree for none. */
  | { readonly kind: 'pointers'; readonly paths: readonly string[] }
  /** All that the executions of a pipeline used. */
  | { readonly kind: 'pipeline'; readonly typed: string }
  /** All that one execution used. */
  | { readonly kind: 'execution'; readonly typed: string }
  /** An artifact, what it was made from, and what was made of it. @param directory where a relative path begins */
  | { readonly kind: 'lineage'; readonly typed: string; readonly directory: string };

export type ScopedArtifacts = {
  readonly artifacts: readonly WantedArtifact[];
  /** Of those, each content once, by one of its names. */
  readonly contents: readonly WantedArtifact[];
  /** The pointers of the work tree that name one of them; only these may change the work tree. */
  readonly outs: readonly ArtifactOut[];
  /** Artifacts that were recorded without a digest by which a storage could know them. */
  readonly nameless: readonly { readonly path: string; readonly what: string }[];
};

/** @throws CmfError `not-found`, `ambiguous`, `usage`, `no-data`; those of findOuts */
export async function artifactsInScope(context: Context, files: Files, scope: Scope): Promise<ScopedArtifacts> {
  if (scope.kind === 'pointers') return ofPointers(await findOuts(context, files, scope.paths));
  const sources = lineageSources(await readView(context));
  const { index } = sources;
  const uses = await usesInScope(context, files, scope, sources);
  const { wanted, nameless } = artifactsOfUses(index, uses);
  const outs = context.repository.layout.worktree === undefined ? [] : await findOuts(context, files, []);
  const contents = wanted.map((artifact) => asTracked(artifact, outs));
  const artifacts = [...contents, ...contents.flatMap((content) => byOtherNames(content, outs))];
  const names = createDigestSet(artifacts.map(({ digest }) => digest));
  return {
    artifacts,
    contents,
    outs: outs.filter(({ out }) => out.digest !== undefined && names.has(out.digest)),
    nameless: nameless.map(({ path, digest }) => ({ path, what: `recorded as ${formatDigest(digest)} only` })),
  };
}

/**
 * What the work tree says of the same content, or of the same path, holds for what was recorded too. A pointer's name comes
 * first: by it the content goes into the work tree.
 */
function asTracked(artifact: WantedArtifact, outs: readonly ArtifactOut[]): WantedArtifact {
  const names = namesOf(artifact);
  const own = createDigestSet(names);
  const related = outs.filter(
    ({ path, out }) => path === artifact.path || (out.digest !== undefined && own.has(out.digest)),
  );
  const tracked = createDigestSet(related.flatMap(({ out }) => out.digest ?? []));
  const digest = names.find((name) => tracked.has(name)) ?? artifact.digest;
  const storage = related.find(({ out }) => out.storage !== undefined)?.out.storage;
  const isKept = artifact.isKept || related.some(({ out }) => out.cached);
  const aliases = names.filter((name) => name !== digest);
  return { ...artifact, digest, aliases, storage, isKept, isSent: related.every(isSendable) };
}

/** The same content once more for each pointer that calls it otherwise: its object is another one. */
function byOtherNames(content: WantedArtifact, outs: readonly ArtifactOut[]): WantedArtifact[] {
  return content.aliases.flatMap((digest) => {
    const one = outs.find(({ out }) => out.digest !== undefined && formatDigest(out.digest) === formatDigest(digest));
    const aliases = namesOf(content).filter((name) => name !== digest);
    return one === undefined ? [] : [{ ...content, path: one.path, digest, aliases }];
  });
}

function isSendable({ out, isForeign }: Pick<ArtifactOut, 'out' | 'isForeign'>): boolean {
  return out.pushed && !isForeign;
}

function ofPointers(outs: readonly ArtifactOut[]): ScopedArtifacts {
  const artifacts = new Map<string, WantedArtifact>();
  const nameless = [];
  for (const { path, out, isForeign } of outs) {
    if (!out.cached) continue;
    if (out.digest === undefined) nameless.push({ path, what: 'its pointer names no MD5' });
    else {
      const { digest, storage } = out;
      artifacts.set(path, { path, digest, aliases: [], storage, isSent: isSendable({ out, isForeign }), isKept: true });
    }
  }
  const all = [...artifacts.values()];
  return { artifacts: all, contents: all, outs, nameless };
}

async function usesInScope(
  context: Context,
  files: Files,
  scope: Exclude<Scope, { kind: 'pointers' }>,
  sources: LineageSources,
): Promise<readonly UseView[]> {
  const { view } = sources;
  switch (scope.kind) {
    case 'execution':
      return findExecution(view, scope.typed).uses;
    case 'pipeline': {
      const id = await findPipeline(context, scope.typed);
      const executions = [...view.executions.values()].filter(({ pipeline }) => pipeline === id);
      // What is not its name may be the beginning of an id; `find` also says what is wrong with it.
      if (executions.length === 0) requirePipeline(find(sources, `pipeline:${scope.typed}`));
      return executions.flatMap(({ uses }) => uses);
    }
    case 'lineage': {
      const { typed, directory } = scope;
      const start = await findThing(context, files, sources, { typed, directory });
      if (start.kind === 'pipeline' || start.kind === 'stage') {
        throw new CmfError('usage', {
          message: `'${typed}' is a ${start.kind}; lineage begins with an artifact or an execution`,
          hint: `-p ${typed}`,
        });
      }
      const { nodes } = lineage(sources, start, { directions: ['up', 'down'] });
      return [...nodes.values()].flatMap((node) => (node.kind === 'artifact' ? node.artifact.uses : []));
    }
  }
}

function requirePipeline({ kind }: Found): void {
  if (kind !== 'pipeline') throw new CmfError('internal', { message: `a search for a pipeline found a ${kind}` });
}

/**
 * Checks out what is in the cache: in the work tree only what its pointers name; in another folder all of it, each version
 * beside the others.
 * @throws CmfError those of checkoutArtifacts
 */
export async function checkoutScoped(
  context: Context,
  files: Files,
  scope: Scope,
  { contents, outs }: ScopedArtifacts,
  options: CheckoutOptions,
): Promise<CheckedOut[]> {
  if (options.to === undefined || scope.kind === 'pointers') return checkoutArtifacts(context, files, outs, options);
  const place = await cachePlaceOf(context, files.config);
  const came = (artifact: WantedArtifact): Digest =>
    namesOf(artifact).find((name) => files.objects.has(place, name)) ?? artifact.digest;
  const versions = Array.from(versionPlaces(contents), ([artifact, path]) => outFor(path, came(artifact)));
  return checkoutArtifacts(context, files, versions, options);
}

/** As a pointer would name it, if there were one. */
function outFor(path: string, digest: Digest): ArtifactOut {
  const out = { path, digest, executable: false, cached: true, pushed: true, members: [] };
  const unsaid = { claim: undefined, sizeBytes: undefined, nfiles: undefined, storage: undefined };
  return { pointer: '', path, isForeign: false, out: { ...out, ...unsaid } };
}
