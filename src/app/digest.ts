/** The digest of a clone: what two clones compare to see that they know the same. */
import type { PipelineId } from '../domain/ids.ts';
import { type JournalState, stateOf } from '../domain/join.ts';
import { FOLD_VERSION, type View, viewOf } from '../domain/view.ts';
import { entriesDigest, viewDigest } from '../domain/view-digest.ts';
import type { Context } from './clone.ts';
import { readState } from './read-state.ts';

export type DigestReport = {
  readonly entries: string;
  readonly view: string;
  readonly foldVersion: number;
  readonly count: number;
  /** Why something is missing; empty when nothing is. */
  readonly partial: readonly string[];
};

/** Digest of all that is known, or of one pipeline with what belongs to none. */
export async function digestOf(context: Context, pipeline: PipelineId | undefined): Promise<DigestReport> {
  const { state: whole, missing } = await readState(context);
  const state = pipeline === undefined ? whole : narrow(whole, pipeline);
  const view = viewOf(state);
  const relevant = missing.filter(({ exceptPipeline }) => pipeline === undefined || exceptPipeline !== pipeline);
  // Of a pipeline that was pulled alone everything is there, whatever else was not.
  const isPulled = pipeline !== undefined && missing.some(({ exceptPipeline }) => exceptPipeline === pipeline);
  const partial = relevant.filter(({ exceptPipeline }) => exceptPipeline === undefined || !isPulled);
  return {
    entries: entriesDigest(state),
    view: viewDigest(view),
    foldVersion: FOLD_VERSION,
    count: state.entries.size,
    partial: [...partial.map(({ reason }) => reason), ...unknown(state, view, pipeline)],
  };
}

/** Two clones agree on a pipeline that neither knows; a name with a slip must not look like that. */
function unknown(state: JournalState, view: View, pipeline: PipelineId | undefined): string[] {
  if (pipeline === undefined || view.pipelines.some(({ id }) => id === pipeline)) return [];
  for (const { bucket } of state.entries.values()) if (bucket === pipeline) return [];
  return [`nothing is known here of pipeline ${pipeline}`];
}

function narrow(state: JournalState, pipeline: PipelineId): JournalState {
  const entries = [...state.entries.values()].filter(({ bucket }) => bucket === pipeline || bucket === '_');
  return stateOf(entries, state.writers.values(), state.purges.values());
}
