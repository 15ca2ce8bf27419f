/** `artifact push` and `artifact pull`, which `push --artifacts` and `pull --artifacts` do too. */
import { type CheckedOut, checkoutArtifacts } from '../../app/artifact-checkout.ts';
import type { ArtifactOut } from '../../app/artifact-outs.ts';
import { pullArtifacts } from '../../app/artifact-pull.ts';
import { pushArtifacts } from '../../app/artifact-push.ts';
import { artifactsInScope, type Scope, type ScopedArtifacts } from '../../app/artifact-scope.ts';
import { failureOf, type StorageTransfer, type TransferOptions } from '../../app/artifact-transfer.ts';
import type { Context } from '../../app/clone.ts';
import type { Files } from '../../app/track.ts';
import { visible } from '../../domain/visible.ts';
import { versionPlaces } from '../../domain/wanted-artifact.ts';
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
  const transfers = await pullArtifacts(context, files, session.storages(context), scoped.artifacts, options);
  const checkedOut = options.checksOut ? await checkOut(context, files, scope, scoped, options) : [];
  if (!options.quiet) session.print(renderTransfers({ direction: 'pull', transfers, checkedOut }, options.json));
  throwFailure(transfers, 'come');
  return 0;
}

/** In the work tree only what its pointers name; in another folder all that was asked for, each version beside the others. */
async function checkOut(
  context: Context,
  files: Files,
  scope: Scope,
  { artifacts, outs }: ScopedArtifacts,
  { force, to }: FetchOptions,
): Promise<CheckedOut[]> {
  if (to === undefined || scope.kind === 'pointers') {
    return checkoutArtifacts(context, files, outs, { force, ...(to === undefined ? {} : { to }) });
  }
  const versions = [...versionPlaces(artifacts)].map(
    ([{ digest }, path]): ArtifactOut => ({
      pointer: '',
      path,
      isForeign: false,
      out: {
        path,
        digest,
        claim: undefined,
        sizeBytes: undefined,
        nfiles: undefined,
        executable: false,
        cached: true,
        pushed: true,
        storage: undefined,
        members: [],
      },
    }),
  );
  return checkoutArtifacts(context, files, versions, { force, to });
}

function sayNameless({ reporter }: Context, { nameless }: ScopedArtifacts): void {
  for (const { path, what } of nameless) reporter.warn(`no storage can have ${visible(path)}: ${what}`);
}

function throwFailure(transfers: readonly StorageTransfer[], what: 'go' | 'come'): void {
  const failure = failureOf(transfers, what);
  if (failure !== undefined) throw failure;
}
