import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CmfError } from '../../domain/errors.ts';
import { checkRefName, coversRef, sortByName } from '../../domain/ref-name.ts';
import type { GitRefs, HistoryCommit, NewCommit, Oid, Ref, RefUpdate } from '../../ports/git.ts';
import { failed, LOCKED, NOT_FOUND, numberOf } from './cannot.ts';
import { commitOf, history } from './history.ts';
import { newCommits } from './new-commits.ts';
import type { Nodegit, Reference, Repository, Transaction } from './nodegit-api.ts';
import { deleteRefs } from './packed-refs.ts';
import { reflogCommits } from './reflogs.ts';
import type { NodegitStore } from './store.ts';

/** How long to wait for another process's lock: like `core.filesRefLockTimeout` in the other way to reach git. */
const LOCK_WAIT_MS = 10;
const LOCK_LIMIT_MS = 2_000;

/** libgit2's number for a name that it does not take for one. */
const INVALID_NAME = -12;

/** Who stands in a reflog, where the user asked for one. */
const NAME = 'git cmf';
const EMAIL = 'git-cmf@localhost';

/** Reads and moves refs with libgit2: locks all of them, compares, and only then writes. No hook runs. */
export class NodegitRefs implements GitRefs {
  private readonly nodegit: Nodegit;
  private readonly repository: Repository;
  private readonly commonDir: string;
  private readonly store: NodegitStore;

  constructor(nodegit: Nodegit, repository: Repository, commonDir: string, store: NodegitStore) {
    this.nodegit = nodegit;
    this.repository = repository;
    this.commonDir = commonDir;
    this.store = store;
  }

  async list(prefixes: readonly string[]): Promise<Ref[]> {
    for (const prefix of prefixes) checkRefName(prefix);
    if (prefixes.length === 0) return [];
    const names = await this.nodegit.Reference.list(this.repository);
    const wanted = names.filter((name) => prefixes.some((prefix) => coversRef(prefix, name)));
    const refs: Ref[] = [];
    for (const name of new Set(wanted)) {
      const oid = await this.read(name);
      if (oid !== undefined) refs.push({ name, oid });
    }
    return sortByName(refs);
  }

  async resolve(name: string): Promise<Oid | undefined> {
    checkRefName(name);
    return this.read(name);
  }

  async update(updates: readonly RefUpdate[]): Promise<boolean> {
    for (const { name } of updates) checkRefName(name);
    if (updates.length === 0) return true;
    const names = updates.map(({ name }) => name).sort();
    if (new Set(names).size < names.length) throw failed('update refs', new Error('a ref is named twice'));
    const gone = new Set(updates.filter(({ to }) => to === undefined).map(({ name }) => name));
    const setting = await this.nodegit.Transaction.create(this.repository);
    const deleting = await this.nodegit.Transaction.create(this.repository);
    let isSettled = false;
    try {
      const stuck = await this.lockAll(names, (name) => (gone.has(name) ? deleting : setting));
      if (await this.somebodyWasFirst(updates)) return false;
      if (stuck !== undefined) throw stuck;
      await this.prepare(setting, updates);
      isSettled = true;
      check('write refs', setting.commit());
      // What a ref was moved to stands before the ref that it was moved from goes.
      await deleteRefs(this.commonDir, gone);
      return true;
    } finally {
      // These were asked for nothing, so this only gives their locks back.
      if (!isSettled) setting.commit();
      deleting.commit();
    }
  }

  async isAncestor(ancestor: Oid, descendant: Oid): Promise<boolean> {
    const [first, second] = [this.nodegit.Oid.fromString(ancestor), this.nodegit.Oid.fromString(descendant)];
    try {
      for (const oid of [first, second]) await this.nodegit.Commit.lookup(this.repository, oid);
      return ancestor === descendant || (await this.nodegit.Graph.descendantOf(this.repository, second, first)) === 1;
    } catch (error) {
      const message = `cannot compare ${ancestor} with ${descendant}: a commit is missing`;
      throw new CmfError('damaged', { message, cause: error });
    }
  }

  async *newCommits(tip: Oid, base: Oid | undefined): AsyncGenerator<NewCommit> {
    const known = base === undefined ? [] : [base];
    for (const oid of known) await this.isAncestor(oid, oid);
    yield* newCommits(this.nodegit, this.repository, [tip], known);
  }

  async *history(tips: readonly Oid[]): AsyncGenerator<HistoryCommit> {
    yield* history(this.nodegit, this.repository, tips);
  }

  reflogCommits(): Promise<readonly Oid[]> {
    return reflogCommits(this.nodegit, this.repository, this.commonDir);
  }

  commitOf(revision: string): Promise<Oid | undefined> {
    return commitOf(this.nodegit, this.repository, revision);
  }

  /** What a ref stands for, through symbolic ones; undefined for one that is absent or broken, as git shows it. */
  private async read(name: string): Promise<Oid | undefined> {
    try {
      const reference = await this.nodegit.Reference.lookup(this.repository, name);
      return await targetOf(reference);
    } catch (error) {
      if ([NOT_FOUND, INVALID_NAME].includes(Number(numberOf(error)))) return undefined;
      throw failed(`read the ref ${name}`, error);
    }
  }

  /** Locks all names, in their order, so that two callers never wait for each other. The error if one stays locked. */
  private async lockAll(names: readonly string[], by: (name: string) => Transaction): Promise<CmfError | undefined> {
    const until = Date.now() + LOCK_LIMIT_MS;
    for (const name of names) {
      let code = by(name).lockRef(name);
      while (code === LOCKED && Date.now() < until) {
        await wait(LOCK_WAIT_MS);
        code = by(name).lockRef(name);
      }
      if (code === 0) continue;
      const lock = join(this.commonDir, `${name}.lock`);
      if (code !== LOCKED) return failed(`lock the ref ${name}`, new Error(`error ${code}; a ref may be in its way`));
      return new CmfError('environment', {
        message: `the ref ${name} stays locked`,
        hint: `if no git process is running here, remove ${lock}`,
      });
    }
    return undefined;
  }

  private async somebodyWasFirst(updates: readonly RefUpdate[]): Promise<boolean> {
    for (const { name, expected } of updates) if ((await this.read(name)) !== expected) return true;
    return false;
  }

  /** Checks all that could make a later write fail, then says what is to be written. */
  private async prepare(transaction: Transaction, updates: readonly RefUpdate[]): Promise<void> {
    const signature = this.nodegit.Signature.create(NAME, EMAIL, Math.floor(Date.now() / 1000), 0);
    for (const { to } of updates) {
      if (to !== undefined && !(await this.store.has(to))) throw failed('update refs', new Error(`${to} is missing`));
    }
    await this.checkPlaces(updates);
    for (const { name, to } of updates) {
      if (to === undefined) continue;
      check(`set ${name}`, transaction.setTarget(name, this.nodegit.Oid.fromString(to), signature, 'git cmf'));
    }
  }

  /** A ref and a folder of refs cannot have one name; libgit2's transactions do not look at packed refs for that. */
  private async checkPlaces(updates: readonly RefUpdate[]): Promise<void> {
    const added = updates.filter(({ to, expected }) => to !== undefined && expected === undefined);
    if (added.length === 0) return;
    const names = [...(await this.nodegit.Reference.list(this.repository)), ...added.map(({ name }) => name)];
    for (const { name } of added) {
      const other = names.find((each) => each.startsWith(`${name}/`) || name.startsWith(`${each}/`));
      if (other !== undefined) throw failed('update refs', new Error(`${name} cannot be beside ${other}`));
    }
  }
}

async function targetOf(reference: Reference): Promise<Oid | undefined> {
  const target = reference.target() ?? (await reference.resolve()).target();
  return target?.toString() as Oid | undefined;
}

function check(what: string, code: number): void {
  if (code !== 0) throw failed(what, new Error(`error ${code}`));
}
