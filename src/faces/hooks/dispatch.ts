/** What `git cmf hook NAME` does: the part of a hook that is more than a few lines of sh. */
import { beginWriting } from '../../app/begin-writing.ts';
import { type Context, isInitialised } from '../../app/clone.ts';
import { PURGE_REFS, readPurges } from '../../app/control.ts';
import { rememberValidated, runMergeWorker } from '../../app/merge-worker.ts';
import { isCarriedOut, purgeMark } from '../../app/purge-mark.ts';
import { checkPush, type PushedRef } from '../../app/receive.ts';
import { recordRewrites } from '../../app/rewritten.ts';
import { CmfError } from '../../domain/errors.ts';
import { REFS } from '../../domain/ids.ts';
import type { Oid } from '../../ports/git.ts';
import type { GitServer } from '../../ports/git-server.ts';

export type HookDependencies = {
  readonly context: Context;
  readonly server: GitServer;
};

export type HookResult = {
  readonly exitCode: number;
  readonly stderr: string;
  /** True when this process has merged what was pushed. */
  readonly hasMerged?: boolean;
};

/**
 * Runs a hook.
 * @param stdinText what git wrote to the hook
 * @throws CmfError `usage` for a name that is no hook of git cmf
 */
export async function runHook(name: string, stdinText: string, dependencies: HookDependencies): Promise<HookResult> {
  switch (name) {
    case 'pre-receive':
      return preReceive(stdinText, dependencies);
    case 'merge-worker':
      return { exitCode: 0, stderr: '', hasMerged: (await runMergeWorker(dependencies.context)).kind === 'merged' };
    case 'post-rewrite':
      if (isInitialised(dependencies.context)) recordRewrites(await beginWriting(dependencies.context), stdinText);
      return { exitCode: 0, stderr: '' };
    default:
      throw new CmfError('usage', {
        message: `'${name}' is not a hook of git cmf: pre-receive, merge-worker or post-rewrite`,
        hint: 'git cmf server install',
      });
  }
}

async function preReceive(stdinText: string, { context, server }: HookDependencies): Promise<HookResult> {
  const updates = stdinText
    .split('\n')
    .filter((line) => line !== '')
    .map(parseLine);
  // In one question, for a client waits: starting a git takes longer than most of what follows.
  const seen = await context.repository.refs.list([...PURGE_REFS, REFS.mergedAll]);
  const purges = await readPurges(context, seen);
  const isPurging = !isCarriedOut(context, purges);
  const merged = { tip: seen.find(({ name }) => name === REFS.mergedAll)?.oid };
  const facts = { nowMs: context.effects.nowMs(), purged: purges.applied, isPurging, merged };
  const { refusals, validated } = await checkPush({ repository: context.repository, server }, updates, facts);
  if (refusals.length === 0) {
    leaveHint(context, validated, purgeMark(purges));
    return { exitCode: 0, stderr: '' };
  }
  const lines = [...refusals, 'nothing of this push was stored'];
  return { exitCode: 1, stderr: lines.map((line) => `git cmf: ${line}\n`).join('') };
}

/** Spares the merge some reading. It is no reason to refuse a push that this user may not write to the server's folder. */
function leaveHint(context: Context, validated: readonly Oid[], mark: string): void {
  try {
    rememberValidated(context, validated, mark);
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
  }
}

/** `<old id> <new id> <ref>`; an id of zeros stands for no object. */
function parseLine(line: string): PushedRef {
  const [, old, next, ref] = /^([0-9a-f]{40,64}) ([0-9a-f]{40,64}) (.+)$/s.exec(line) ?? [];
  if (old === undefined || next === undefined || ref === undefined) {
    throw new CmfError('usage', { message: 'pre-receive reads lines of OLD NEW REF, as git writes them' });
  }
  return { ref, old: toOid(old), new: toOid(next) };
}

function toOid(text: string): Oid | undefined {
  return /^0+$/.test(text) ? undefined : (text as Oid);
}
