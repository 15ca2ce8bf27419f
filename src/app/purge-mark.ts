/**
 * Which purges have been carried out here, so that nobody looks for their bytes again:
 *
 *     <common git dir>/cmf/purges.json     {"applied": "<mark>", "removed": ["<object>"…]}
 *
 * A hint: lost, everything is looked through once more. While it is there, a flush asks which entries are purged.
 */
import { isJsonObject } from '../domain/canonical-json.ts';
import { sha256Hex } from '../domain/digest.ts';
import type { Oid } from '../ports/git.ts';
import { type Context, stateDirectory } from './clone.ts';
import type { KnownPurges } from './control.ts';

type Stored = {
  readonly applied: string;
  /** Files that held purged bytes; git keeps them, unreachable, until it collects garbage. */
  readonly removed: readonly Oid[];
};

/** Names a set of applied purges; empty for none. */
export function purgeMark({ applied }: Pick<KnownPurges, 'applied'>): string {
  return applied.size === 0 ? '' : sha256Hex([...applied.keys()].sort().join('\n'));
}

/** True when these purges have been carried out on all that lies here. */
export function isCarriedOut(context: Context, purges: KnownPurges): boolean {
  return purges.applied.size === 0 || readStored(context)?.applied === purgeMark(purges);
}

/** True once purges have been met here. */
export function hasPurges(context: Context): boolean {
  return context.disk.stat(pathOf(context)) !== undefined;
}

/** Files that a purge took out of our refs, as far as is remembered. */
export function removedFiles(context: Context): readonly Oid[] {
  return readStored(context)?.removed ?? [];
}

/** Remembers that purges are being carried out (mark empty), or have been, and which files they took out. */
export function rememberPurges(context: Context, mark: string, removed: Iterable<Oid>): void {
  const stored: Stored = { applied: mark, removed: [...new Set([...removedFiles(context), ...removed])].sort() };
  context.disk.writeHint(pathOf(context), JSON.stringify(stored));
}

function pathOf(context: Context): string {
  return `${stateDirectory(context)}/purges.json`;
}

function readStored(context: Context): Stored | undefined {
  const bytes = context.disk.read(pathOf(context));
  if (bytes === undefined) return undefined;
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!isJsonObject(json)) return undefined;
    const { applied, removed } = json;
    const isSound = typeof applied === 'string' && Array.isArray(removed);
    return isSound ? { applied, removed: removed.filter(isOid) } : undefined;
  } catch {
    return undefined;
  }
}

function isOid(text: unknown): text is Oid {
  return typeof text === 'string' && /^[0-9a-f]{40,64}$/.test(text);
}
