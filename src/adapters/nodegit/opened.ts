import { CmfError } from '../../domain/errors.ts';
import { cannot, reasonOf } from './cannot.ts';
import { checkRepository, trustedUserIds } from './check-repository.ts';
import type { Located } from './locate.ts';
import type { Nodegit, Repository } from './nodegit-api.ts';
import { NodegitRefs } from './refs.ts';
import { type Environment, type FoundSetting, readSettings } from './settings.ts';
import { NodegitStore } from './store.ts';

/** `GIT_REPOSITORY_OPEN_NO_SEARCH`: this folder and no other. */
const NO_SEARCH = 1;

/** A repository that libgit2 opened after it was found fit for it. */
export type Opened = {
  readonly nodegit: Nodegit;
  readonly located: Located;
  readonly repository: Repository;
  readonly store: NodegitStore;
  readonly refs: NodegitRefs;
  readonly settings: readonly FoundSetting[];
};

/** Opens a repository that was located. Rejects, before libgit2 sees it, what `checkRepository` refuses. */
export async function openLocated(nodegit: Nodegit, located: Located, env: Environment): Promise<Opened> {
  const settings = readSettings(env, located.commonDir);
  checkRepository(located, settings, trustedUserIds(env));
  const repository = await open(nodegit, located);
  const store = await NodegitStore.open(nodegit, repository, located.commonDir);
  const refs = new NodegitRefs(nodegit, repository, located.commonDir, store);
  return { nodegit, located, repository, store, refs, settings };
}

async function open(nodegit: Nodegit, { gitDir, link }: Located): Promise<Repository> {
  try {
    return await nodegit.Repository.openExt(link ?? gitDir, NO_SEARCH, '');
  } catch (error) {
    if (/unsupported|extension/i.test(reasonOf(error))) throw cannot(`open ${gitDir}: ${reasonOf(error)}`);
    throw new CmfError('no-repository', { message: `libgit2 refuses the repository at ${gitDir}: ${reasonOf(error)}` });
  }
}
