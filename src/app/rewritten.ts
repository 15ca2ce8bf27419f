/**
 * Commits that amend and rebase replaced. The post-rewrite hook only leaves what git told it in
 * `<common git dir>/cmf/rewritten/<random>.pairs`, since git waits for it; push and pull record it.
 */
import { prepareRewrites } from '../domain/code-rewrites.ts';
import { type Clone, stateDirectory } from './clone.ts';
import { recordNow } from './executions.ts';

/** More than this is not what git told a hook. */
const QUEUED_BYTES_MAX = 64 * 1024 * 1024;

/** Records what git tells a post-rewrite hook. Returns how many entries that gave. */
export function recordRewrites(clone: Clone, text: string): number {
  const drafts = prepareRewrites(text);
  if (drafts.length > 0) recordNow(clone, drafts);
  return drafts.length;
}

/**
 * Records what the hook left. A crash between recording and forgetting records it twice, which says the same.
 */
export function recordQueuedRewrites(clone: Clone): void {
  const { disk } = clone;
  const folder = `${stateDirectory(clone)}/rewritten`;
  const queued = disk.list(folder).filter((name) => name.endsWith('.pairs'));
  const paths = queued.sort().map((name) => `${folder}/${name}`);
  const texts = paths.map((path) =>
    (disk.stat(path)?.sizeBytes ?? 0) > QUEUED_BYTES_MAX ? undefined : disk.read(path),
  );
  recordRewrites(clone, texts.map((text) => Buffer.from(text ?? '').toString('utf8')).join('\n'));
  for (const path of paths) disk.remove(path);
}
