import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CmfError } from '../../domain/errors.ts';
import { readable } from '../../domain/readable.ts';
import type { Oid, PushOutcome } from '../../ports/git.ts';
import type { NewObject } from '../../ports/git-store.ts';
import { cannot } from './cannot.ts';
import { locate } from './locate.ts';
import { newCommits } from './new-commits.ts';
import type { Nodegit } from './nodegit-api.ts';
import { type Opened, openLocated } from './opened.ts';
import type { Environment } from './settings.ts';

/** The hooks that git would run in a repository that is pushed to (githooks(5)). */
const HOOKS = [
  'pre-receive',
  'update',
  'proc-receive',
  'post-receive',
  'post-update',
  'reference-transaction',
  'push-to-checkout',
];

/** Settings of the other side that change nothing for a push that only moves refs forward. */
const HARMLESS = /^(?:receive|transfer)\.(?:denynonfastforwards|denydeletes|autogc|unpacklimit|updateserverinfo)$/;

/** Objects on their way to the other side. */
const COPIED_AT_ONCE_BYTES = 64 * 1024 * 1024;

/** Opens a repository that a remote names by path: the path itself, or with `.git` in or behind it, as git tries them. */
export async function openHub(nodegit: Nodegit, path: string, from: string, env: Environment): Promise<Opened> {
  const full = resolve(from, path);
  // Nothing above the path is meant, and no variable either.
  const plain = { ...env, GIT_DIR: undefined, GIT_CEILING_DIRECTORIES: undefined };
  for (const gitDir of [join(full, '.git'), full, join(`${full}.git`, '.git'), `${full}.git`]) {
    const located = existsSync(gitDir) ? locate(full, { ...plain, GIT_DIR: linked(gitDir) }) : undefined;
    if (located !== undefined) return openLocated(nodegit, located, env);
  }
  throw new CmfError('no-remote', {
    message: `the remote ${path} does not exist or does not answer: there is no repository`,
    hint: 'git remote -v',
  });
}

/** What a `.git` file points at. */
function linked(gitDir: string): string {
  try {
    const target = /^gitdir: (.*?)\n*$/s.exec(readFileSync(gitDir, 'utf8'))?.[1];
    return target === undefined ? gitDir : resolve(gitDir, '..', target);
  } catch {
    return gitDir;
  }
}

/**
 * Copies what the tips need from one repository to another, all of it durable when it returns. Walks everything that the
 * other side has not, so what arrives is whole; rejects with `damaged` if it is not.
 */
export async function copyNew(from: Opened, to: Opened, tips: readonly Oid[]): Promise<void> {
  const known: Oid[] = [];
  for (const { oid } of await to.refs.list(['refs/'])) if (await isCommit(from, oid)) known.push(oid);
  let batch: NewObject[] = [];
  let sizeBytes = 0;
  for await (const { commit, brings } of newCommits(from.nodegit, from.repository, tips, known)) {
    for (const oid of [...brings, commit]) {
      const object = await readNew(from, oid);
      batch.push(object);
      sizeBytes += object.bytes.length;
      if (sizeBytes < COPIED_AT_ONCE_BYTES) continue;
      await to.store.write(batch);
      [batch, sizeBytes] = [[], 0];
    }
  }
  await to.store.write(batch);
}

async function readNew(from: Opened, oid: Oid): Promise<NewObject> {
  const found = await from.store.read(oid);
  if (found?.bytes === undefined || found.info.type === 'tag') {
    throw new CmfError('damaged', { message: `object ${oid} is missing`, hint: 'git fsck' });
  }
  return { oid, type: found.info.type, bytes: found.bytes };
}

async function isCommit(repository: Opened, oid: Oid): Promise<boolean> {
  return (await repository.store.info(oid))?.type === 'commit';
}

/**
 * Pushes to a repository of this machine the way `git receive-pack` would: objects first, then each ref by
 * compare-and-swap. Rejects if the other side has hooks or rules that only git itself would obey.
 */
export async function pushToHub(
  own: Opened,
  hub: Opened,
  refspecs: readonly { readonly from: Oid; readonly to: string }[],
): Promise<PushOutcome[]> {
  checkOpenToPushes(hub);
  const outcomes: PushOutcome[] = [];
  for (const { from, to } of refspecs) outcomes.push(await pushOne(own, hub, from, to));
  return outcomes;
}

async function pushOne(own: Opened, hub: Opened, from: Oid, ref: string): Promise<PushOutcome> {
  const expected = await hub.refs.resolve(ref);
  if (expected === from) return { ref, status: 'up-to-date' };
  const reason = await refusal(own, hub, from, ref, expected);
  if (reason !== undefined) return { ref, status: 'rejected', reason };
  await copyNew(own, hub, [from]);
  try {
    const isMoved = await hub.refs.update([{ name: ref, to: from, expected }]);
    return isMoved ? { ref, status: 'ok' } : { ref, status: 'rejected', reason: 'fetch first' };
  } catch (error) {
    if (!(error instanceof CmfError)) throw error;
    return { ref, status: 'rejected', reason: readable(error.message) };
  }
}

/** Why a ref may not move so, in git's words. */
async function refusal(
  own: Opened,
  hub: Opened,
  from: Oid,
  ref: string,
  expected: Oid | undefined,
): Promise<string | undefined> {
  if (hub.repository.isBare() !== 1 && (await isCheckedOut(hub, ref))) return 'branch is currently checked out';
  if (expected === undefined) return undefined;
  if (!(await own.store.has(expected))) return 'fetch first';
  return (await own.refs.isAncestor(expected, from)) ? undefined : 'non-fast-forward';
}

async function isCheckedOut({ located }: Opened, ref: string): Promise<boolean> {
  return readFileSync(join(located.gitDir, 'HEAD'), 'utf8').trim() === `ref: ${ref}`;
}

function checkOpenToPushes({ located, settings }: Opened): void {
  const rule = settings.find(({ key }) => /^(?:receive|transfer)\./.test(key) && !HARMLESS.test(key));
  if (rule !== undefined) throw cannot(`push to ${located.gitDir}, which has a rule for pushes (${rule.key})`);
  const configured = settings.findLast(({ key }) => key === 'core.hookspath')?.value;
  const folder = configured === undefined ? join(located.commonDir, 'hooks') : resolve(located.gitDir, configured);
  const hook = HOOKS.find((name) => isExecutable(join(folder, name)));
  if (hook !== undefined) throw cannot(`push to ${located.gitDir}, which has the hook ${hook}`);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
