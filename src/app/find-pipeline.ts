/** From what a user typed after `-p` to a pipeline id. */
import { isPipelineId, type PipelineId, pipelineId } from '../domain/ids.ts';
import type { Context } from './clone.ts';

/** An id as it is, else the id that the name has in this clone's namespace. The pipeline need not be known here. */
export async function findPipeline(context: Context, typed: string): Promise<PipelineId> {
  if (isPipelineId(typed)) return typed;
  const namespace = (await context.repository.worktree.config('cmf.namespace')) ?? '';
  return pipelineId(namespace.normalize('NFC'), typed.normalize('NFC'));
}
