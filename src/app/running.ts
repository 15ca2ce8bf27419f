/**
 * Executions that were started in this clone and have not finished: one small file each, so that a writing command need
 * not read the journal to know what it speaks of. A hint: after a crash the journal still knows, and `-e` or `resume` finds it.
 */
import { isAttemptId, isBucket, isExecutionId } from '../domain/ids.ts';
import type { Target } from '../domain/prepare.ts';
import { type Context, stateDirectory } from './clone.ts';
import { attemptHint } from './hint.ts';

export type Running = Target & {
  readonly pipeline: string;
  readonly stage: string;
  /** The work tree it was started in. */
  readonly worktree: string;
  /** Milliseconds since the epoch. */
  readonly startedMs: number;
};

function pathOf(context: Context, execution: string): string {
  return `${stateDirectory(context)}/running/${execution}`;
}

/** Notes that an execution runs. A disk that refuses is a warning. */
export function noteRunning(context: Context, running: Running): void {
  attemptHint(context, () => {
    // Whoever took the clone from somewhere else may have left out what was empty.
    context.disk.makeDirectory(`${stateDirectory(context)}/running`);
    context.disk.writeHint(pathOf(context, running.execution), JSON.stringify(running));
  });
}

/**
 * Remembers of a running execution that others may have spoken of it: what is set then must name what it replaces. A disk
 * that refuses is a warning.
 */
export function noteShared(context: Context, execution: string): void {
  attemptHint(context, () => context.disk.writeHint(sharedPathOf(context, execution), ''));
}

/** True if others may have spoken of it. */
export function isShared(context: Context, execution: string): boolean {
  return sharedMark(context, execution) !== undefined;
}

/** Undefined while nobody else may have spoken of it; then a text that changes each time somebody may have said more. */
export function sharedMark(context: Context, execution: string): string | undefined {
  const stat = context.disk.stat(sharedPathOf(context, execution));
  return stat === undefined ? undefined : `${stat.inode} ${stat.modifiedMs}`;
}

/** A file of its own, so that noting it cannot bring back the note of an execution that ends meanwhile. */
function sharedPathOf(context: Context, execution: string): string {
  return `${pathOf(context, execution)}.shared`;
}

/** Forgets it; no error when it was not noted, a warning when the disk refuses. */
export function forgetRunning(context: Context, execution: string): void {
  attemptHint(context, () => {
    context.disk.remove(pathOf(context, execution));
    context.disk.remove(sharedPathOf(context, execution));
  });
}

/**
 * Forgets all of them. The journal still knows them, and `resume` finds them.
 * @returns how many there were
 */
export function forgetAllRunning(context: Context): number {
  const running = listRunning(context);
  for (const { execution } of running) forgetRunning(context, execution);
  return running.length;
}

/** One running execution; undefined when it was not started here, or its note is gone or unreadable. */
export function findRunning(context: Context, execution: string): Running | undefined {
  if (!isExecutionId(execution)) return undefined;
  const bytes = context.disk.read(pathOf(context, execution));
  return bytes === undefined ? undefined : parse(Buffer.from(bytes).toString('utf8'));
}

/** All running executions of this clone, oldest first. */
export function listRunning(context: Context): Running[] {
  return context.disk
    .list(`${stateDirectory(context)}/running`)
    .flatMap((name) => findRunning(context, name) ?? [])
    .sort((a, b) => a.startedMs - b.startedMs || (a.execution < b.execution ? -1 : 1));
}

function parse(text: string): Running | undefined {
  try {
    const json = JSON.parse(text) as Running;
    return isExecutionId(json.execution) && isAttemptId(json.attempt) && isBucket(json.bucket) ? json : undefined;
  } catch {
    return undefined;
  }
}
