import { CmfError } from '../../domain/errors.ts';
import type { CommitRequest, CommitResult, GitObjects, GitRefs, GitWriter, Oid, TreeChange } from '../../ports/git.ts';
import type { GitStore, NewObject } from '../../ports/git-store.ts';
import { hashObject, type ObjectFormat } from './object-id.ts';
import { planTree, type TreePlan } from './tree-plan.ts';

/** Nobody wrote these commits by hand, and who recorded what is inside them, signed. */
const AUTHOR = 'git cmf <git-cmf@localhost>';

/**
 * Writes commits by handing the store all their objects at once, then moving the ref by compare-and-swap.
 */
export class StoredWriter implements GitWriter {
  private readonly store: GitStore;
  private readonly format: ObjectFormat;
  private readonly objects: GitObjects;
  private readonly refs: GitRefs;

  constructor(store: GitStore, format: ObjectFormat, objects: GitObjects, refs: GitRefs) {
    this.store = store;
    this.format = format;
    this.objects = objects;
    this.refs = refs;
  }

  async commit(request: CommitRequest): Promise<CommitResult> {
    const { ref, expected } = request;
    const [current, plan] = await Promise.all([
      this.refs.resolve(ref),
      this.plan(request.fresh === true ? undefined : request.parents[0], request.changes),
      this.checkNamed(request.changes, request.parents),
    ]);
    if (current !== expected) return { kind: 'lost' };
    const isAlways = request.always === true;
    if (!isAlways && expected !== undefined && (await this.objects.treeOf(expected)) === plan.root) {
      return { kind: 'unchanged', commit: expected };
    }
    const commit = this.commitObject(request, plan.root);
    await this.store.write([...plan.objects, commit]);
    const moved = await this.refs.update([{ name: ref, to: commit.oid, expected }]);
    return moved ? { kind: 'moved', commit: commit.oid, tree: plan.root } : { kind: 'lost' };
  }

  async writeTree(base: Oid | undefined, changes: readonly TreeChange[]): Promise<Oid> {
    await this.checkNamed(changes, []);
    const plan = await this.plan(base, changes);
    // What is there already is not written again, so comparing works in a repository that can only be read.
    if (!(await this.areStored(plan.objects))) await this.store.write(plan.objects);
    return plan.root;
  }

  private async areStored(objects: readonly NewObject[]): Promise<boolean> {
    const infos = await this.objects.infos(objects.map(({ oid }) => oid));
    return infos.every((info) => info !== undefined);
  }

  private async plan(base: Oid | undefined, changes: readonly TreeChange[]): Promise<TreePlan> {
    const tree = base === undefined ? undefined : await this.objects.treeOf(base);
    return planTree(this.format, (oid) => this.objects.readTree(oid), tree, changes);
  }

  /** git stores a tree that names a missing object without a word; the damage would show up much later, elsewhere. */
  private async checkNamed(changes: readonly TreeChange[], parents: readonly Oid[]): Promise<void> {
    const named = changes.flatMap((change) => {
      if ('bytes' in change || change.oid === undefined) return [];
      return [{ oid: change.oid, type: change.mode === '040000' ? 'tree' : 'blob' }];
    });
    named.push(...parents.map((oid) => ({ oid, type: 'commit' })));
    const infos = await this.objects.infos(named.map(({ oid }) => oid));
    for (const [index, { oid, type }] of named.entries()) {
      if (infos[index]?.type === type) continue;
      throw new CmfError('damaged', {
        message: `${oid} should be a ${type}; here it is ${infos[index]?.type ?? 'missing'}`,
      });
    }
  }

  private commitObject(request: CommitRequest, tree: Oid): NewObject {
    const signature = `${AUTHOR} ${request.timeSeconds} +0000`;
    const lines = [
      `tree ${tree}`,
      ...request.parents.map((parent) => `parent ${parent}`),
      `author ${signature}`,
      `committer ${signature}`,
      '',
      request.message.endsWith('\n') ? request.message : `${request.message}\n`,
    ];
    const bytes = Buffer.from(lines.join('\n'));
    return { type: 'commit', oid: hashObject(this.format, 'commit', bytes), bytes };
  }
}
