/** `artifact push` and `artifact pull`, which `push --artifacts` and `pull --artifacts` do too. */
import type { CheckedOut } from '../../app/artifact-checkout.ts';
import { pullArtifacts } from '../../app/artifact-pull.ts';
import { pushArtifacts } from '../../app/artifact-push.ts';
import { artifactsInScope, checkoutScoped, type Scope, type ScopedArtifacts } from '../../app/artifact-scope.ts';
import { failureOf, type StorageTransfer, type TransferOptions } from '../../app/artifact-transfer.ts';
import type { Context } from '../../app/clone.ts';
import { CmfError } from '../../domain/errors.ts';
import { visible } from '../../domain/visible.ts';
import { renderTransfers } from './render/transfers.ts';
import type { Session } from './session.ts';

export type SendOptions = TransferOptions & {
  readonly json: boolean;
  /** True: only failures are told. */
  readonly quiet: boolean;
};

export type FetchOptions = SendOptions & {
  /** False: only into the cache. */
  readonly checksOut: boolean;
  readonly force: boolean;
  /** A folder that takes the place of the work tree, absolute. */
  readonly to?: string;
};

/**
 * Sends artifacts and prints what went.
 * @throws CmfError `check-failed` after the report, where something failed; those of pushArtifacts
 */
export async function sendArtifacts(session: Session, scope: Scope, options: SendOptions): Promise<number> {
  const context = await session.context();
  const scoped = await artifactsInScope(context, session.files(context), scope);
  sayNameless(context, scoped);
  const transfers = await pushArtifacts(
    context,
    session.files(context),
    session.storages(context),
    scoped.artifacts,
    options,
  );
  const excluded = scoped.artifacts.filter(({ isSent }) => !isSent);
  if (!options.quiet) session.print(renderTransfers({ direction: 'push', transfers, excluded }, options.json));
  throwFailure(transfers, 'go');
  return 0;
}

/**
 * Gets artifacts, checks them out and prints what came.
 * @throws CmfError `check-failed` after the report; those of pullArtifacts and checkoutArtifacts
 */
export async function fetchArtifacts(session: Session, scope: Scope, options: FetchOptions): Promise<number> {
  const context = await session.context();
  const files = session.files(context);
  const scoped = await artifactsInScope(context, files, scope);
  sayNameless(context, scoped);
  const { force, to, checksOut, quiet, json } = options;
  refuseWorktree(context, scope, to);
  const transfers = await pullArtifacts(context, files, session.storages(context), scoped.artifacts, options);
  let checkedOut: readonly CheckedOut[] = [];
  let failure: CmfError | undefined;
  try {
    const place = to === undefined ? { force } : { force, to };
    if (checksOut) checkedOut = await checkoutScoped(context, files, scope, scoped, place);
  } catch (error) {
    // What came is told all the same.
    if (!(error instanceof CmfError) || error.code === 'internal') throw error;
    failure = error;
  }
  if (!quiet) session.print(renderTransfers({ direction: 'pull', transfers, checkedOut }, json));
  throwFailure(transfers, 'come');
  if (failure !== undefined) throw failure;
  return 0;
}

/** Recorded paths may be anybody's: they are not written beside the files of the work tree. */
function refuseWorktree({ repository }: Context, scope: Scope, to: string | undefined): void {
  const { worktree } = repository.layout;
  const isAround = to !== undefined && worktree !== undefined && `${worktree}/`.startsWith(to === '/' ? to : `${to}/`);
  if (scope.kind === 'pointers' || !isAround) return;
  throw new CmfError('refused', {
    message: `${to} holds the work tree, and what was recorded is written to a folder of its own`,
    hint: `--to ${to}/versions`,
  });
}

function sayNameless({ reporter }: Context, { nameless }: ScopedArtifacts): void {
  for (const { path, what } of nameless) reporter.warn(`no storage can have ${visible(path)}: ${what}`);
}

function throwFailure(transfers: readonly StorageTransfer[], what: 'go' | 'come'): void {
  const failure = failureOf(transfers, what);
  if (failure !== undefined) throw failure;
}
