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
  const made = parse(context.disk.read(pathOf(context, path)));
  const isSame = made?.digests.join('\n') === digests.map(formatDigest).sort().join('\n');
  return isSame && isUseId(made?.use) ? made.use : undefined;
}

/** Forgets what these uses wrote, in whatever work tree: nothing came from a use that was taken back. */
export function forgetMade(context: Context, uses: ReadonlySet<UseId>): void {
  const directory = madeDirectory(context);
  for (const name of uses.size === 0 ? [] : context.disk.list(directory)) {
    const use = parse(context.disk.read(`${directory}/${name}`))?.use;
    if (isUseId(use) && uses.has(use)) context.disk.remove(`${directory}/${name}`);
  }
}

function parse(bytes: Uint8Array | undefined): Made | undefined {
  try {
    const made = JSON.parse(Buffer.from(bytes ?? []).toString('utf8')) as Made | null;
    return Array.isArray(made?.digests) ? (made ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

function madeDirectory(context: Context): string {
  return `${stateDirectory(context)}/made`;
}

function pathOf(context: Context, path: string): string {
  const { worktree = '' } = context.repository.layout;
  return `${madeDirectory(context)}/${sha256Hex(`${worktree}\n${path}`).slice(0, 32)}`;
}
