/**
 * A hint: which tip of a journal of this clone a remote took last. Lost or wrong, `git cmf status` counts differently and a
 * writer that cannot go on seals more again than it must, which says the same twice; the next push writes it again.
 *
 *     <common git dir>/cmf/pushed.json     {"<writer> <hash of the remote's name or URL>": "<commit>"}
 *
 * The URL itself is not stored: it may hold a password.
 */
import { isJsonObject } from '../domain/canonical-json.ts';
import { sha256Hex } from '../domain/digest.ts';
import type { WriterId } from '../domain/ids.ts';
import type { Oid } from '../ports/git.ts';
import { type Clone, type Context, stateDirectory } from './clone.ts';
import { attemptHint } from './hint.ts';

/** Whose journal it is, and where the hint lies. */
type Owner = Context & Pick<Clone, 'writer'>;

function pathOf(context: Context): string {
  return `${stateDirectory(context)}/pushed.json`;
}

function keyOf(writer: WriterId, remote: string): string {
  return `${writer} ${sha256Hex(remote).slice(0, 32)}`;
}

/** The tip that the remote took last; undefined when nothing is remembered. */
export function readPushed(owner: Owner, remote: string): Oid | undefined {
  return tipOf(readAll(owner).get(keyOf(owner.writer, remote)));
}

/** The tips of one writer's journal that remotes took last, in no order. */
export function pushedTips(context: Context, writer: WriterId): Oid[] {
  return [...readAll(context)].flatMap(([key, tip]) => (key.startsWith(`${writer} `) ? (tipOf(tip) ?? []) : []));
}

/** Remembers it. A disk that refuses is a warning. */
export function rememberPushed(owner: Owner, remote: string, tip: Oid): void {
  const all = readAll(owner);
  const key = keyOf(owner.writer, remote);
  if (all.get(key) === tip) return;
  all.set(key, tip);
  attemptHint(owner, () => owner.disk.writeHint(pathOf(owner), JSON.stringify(Object.fromEntries(all))));
}

function tipOf(text: unknown): Oid | undefined {
  return typeof text === 'string' && /^[0-9a-f]{40,64}$/.test(text) ? (text as Oid) : undefined;
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
