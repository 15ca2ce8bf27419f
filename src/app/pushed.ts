/**
 * A hint for `git cmf status`: which tip of this clone's journal a remote took last. Lost or wrong, it changes what status
 * says and nothing else; the next push writes it again.
 *
 *     <common git dir>/cmf/pushed.json     {"<hash of the remote's name or URL>": "<commit>"}
 *
 * The URL itself is not stored: it may hold a password.
 */
import { isJsonObject } from '../domain/canonical-json.ts';
import { sha256Hex } from '../domain/digest.ts';
import type { Oid } from '../ports/git.ts';
import { type Context, stateDirectory } from './clone.ts';
import { attemptHint } from './hint.ts';

function pathOf(context: Context): string {
  return `${stateDirectory(context)}/pushed.json`;
}

function keyOf(remote: string): string {
  return sha256Hex(remote).slice(0, 32);
}

/** The tip that the remote took last; undefined when nothing is remembered. */
export function readPushed(context: Context, remote: string): Oid | undefined {
  const tip = readAll(context).get(keyOf(remote));
  return typeof tip === 'string' && /^[0-9a-f]{40,64}$/.test(tip) ? (tip as Oid) : undefined;
}

/** Remembers it. A disk that refuses is a warning. */
export function rememberPushed(context: Context, remote: string, tip: Oid): void {
  const all = readAll(context);
  if (all.get(keyOf(remote)) === tip) return;
  all.set(keyOf(remote), tip);
  attemptHint(context, () => context.disk.writeHint(pathOf(context), JSON.stringify(Object.fromEntries(all))));
}

/** Forgets all of it: what was pushed is not what this clone holds any more. */
export function forgetPushed(context: Context): void {
  context.disk.remove(pathOf(context));
}

function readAll(context: Context): Map<string, unknown> {
  const bytes = context.disk.read(pathOf(context));
  if (bytes === undefined) return new Map();
  try {
    const json: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return isJsonObject(json) ? new Map(Object.entries(json)) : new Map();
  } catch {
    return new Map();
  }
}
