/**
 * What was written last at each path of a work tree, and by which use: so that an input that is that very output can say
 * where it came from, without reading the journal.
 *
 *     <common git dir>/cmf/made/<hash of work tree and path>     JSON: the use and its digests
 *
 * A hint: where it is missing, lineage follows the content.
 */
import { type Digest, formatDigest, sha256Hex } from '../domain/digest.ts';
import { isUseId, type UseId } from '../domain/ids.ts';
import { type Context, stateDirectory } from './clone.ts';
import { attemptHint } from './hint.ts';

type Made = { readonly use: string; readonly digests: readonly string[] };

/** Remembers who wrote these bytes at this path. A disk that refuses is a warning. */
export function noteMade(context: Context, path: string, use: UseId, digests: readonly Digest[]): void {
  const made: Made = { use, digests: digests.map(formatDigest).sort() };
  attemptHint(context, () => context.disk.writeHint(pathOf(context, path), JSON.stringify(made)));
}

/** The use that wrote what lies at this path now; undefined when it is not known or the bytes are others. */
export function findMade(context: Context, path: string, digests: readonly Digest[]): UseId | undefined {
  const bytes = context.disk.read(pathOf(context, path));
  if (bytes === undefined) return undefined;
  try {
    const made = JSON.parse(Buffer.from(bytes).toString('utf8')) as Made;
    const isSame = made.digests.join('\n') === digests.map(formatDigest).sort().join('\n');
    return isSame && isUseId(made.use) ? made.use : undefined;
  } catch {
    return undefined;
  }
}

function pathOf(context: Context, path: string): string {
  const { worktree = '' } = context.repository.layout;
  return `${stateDirectory(context)}/made/${sha256Hex(`${worktree}\n${path}`).slice(0, 32)}`;
}
