/** Which artifacts a person means: those of pointers in the work tree, or those that the journal tells of. */
import { formatDigest } from '../domain/digest.ts';
import { CmfError } from '../domain/errors.ts';
import type { UseView } from '../domain/execution-view.ts';
import { type Found, find, findExecution } from '../domain/find.ts';
import { type LineageSources, lineage, lineageSources } from '../domain/lineage.ts';
import { artifactsOfUses, type WantedArtifact } from '../domain/wanted-artifact.ts';
import { type ArtifactOut, findOuts } from './artifact-outs.ts';
import type { Context } from './clone.ts';
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
  const names = new Set(wanted.map(({ digest }) => formatDigest(digest)));
  const outs = context.repository.layout.worktree === undefined ? [] : await findOuts(context, files, []);
  return {
    artifacts: wanted,
    outs: outs.filter(({ out }) => out.digest !== undefined && names.has(formatDigest(out.digest))),
    nameless: nameless.map(({ path, digest }) => ({ path, what: `recorded as ${formatDigest(digest)} only` })),
  };
}

function ofPointers(outs: readonly ArtifactOut[]): ScopedArtifacts {
  const artifacts = new Map<string, WantedArtifact>();
  const nameless = [];
  for (const { path, out, isForeign } of outs) {
    if (!out.cached) continue;
    if (out.digest === undefined) nameless.push({ path, what: 'its pointer names no MD5' });
    else {
      const isSent = out.pushed && !isForeign;
      artifacts.set(`${path}\0${formatDigest(out.digest)}`, { path, digest: out.digest, storage: out.storage, isSent });
    }
  }
  return { artifacts: [...artifacts.values()], outs, nameless };
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
