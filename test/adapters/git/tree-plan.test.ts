import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openRepository } from '../../../src/adapters/git/open-repository.ts';
import type { Oid, TreeChange } from '../../../src/ports/git.ts';
import { git, makeRepository, sealedEnv } from '../../helpers/sealed-git.ts';

const test = suite('tree plan');

const name = fc.constantFrom('a', 'b', 'a-', 'a.b', 'a0', 'Z', 'é');
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const change: fc.Arbitrary<TreeChange> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ path, bytes: fc.constantFrom('', 'x', 'y\n') }) },
  { weight: 1, arbitrary: fc.record({ path, oid: fc.constant(undefined) }) },
);
const changes = fc.array(change, { maxLength: 12 });

/** What the changes mean, said in the simplest way: a map from paths to contents. */
function applyToModel(model: Map<string, string>, edits: readonly TreeChange[]): void {
  for (const edit of edits) {
    const isWrite = 'bytes' in edit;
    for (const present of [...model.keys()]) {
      const isBelow = present.startsWith(`${edit.path}/`);
      if (present === edit.path || isBelow || (isWrite && edit.path.startsWith(`${present}/`))) model.delete(present);
    }
    if (isWrite) model.set(edit.path, String(edit.bytes));
  }
}

for (const objectFormat of ['sha1', 'sha256'] as const) {
  test(`gives the tree that git's own index gives (${objectFormat})`, async () => {
    const directory = await makeRepository({ bare: true, objectFormat });
    const repository = await openRepository(directory, { env: sealedEnv() });
    const treeOfModel = async (model: Map<string, string>): Promise<Oid> => {
      const env = { GIT_INDEX_FILE: `${directory}/model-index` };
      const lines: string[] = [];
      for (const [file, content] of model) {
        const blob = await git(['hash-object', '-w', '--stdin'], { cwd: directory, input: content });
        lines.push(`100644 ${blob.stdout.trim()}\t${file}\0`);
      }
      const input = Buffer.from(lines.join(''), 'latin1');
      await git(['read-tree', '--empty'], { cwd: directory, env });
      await git(['update-index', '-z', '--index-info'], { cwd: directory, env, input });
      return (await git(['write-tree'], { cwd: directory, env })).stdout.trim() as Oid;
    };
    const property = fc.asyncProperty(changes, changes, async (first, second) => {
      const model = new Map<string, string>();
      applyToModel(model, first);
      const base = await repository.writer.writeTree(undefined, first);
      assert.is(base, await treeOfModel(model));
      applyToModel(model, second);
      assert.is(await repository.writer.writeTree(base, second), await treeOfModel(model));
    });
    await fc.assert(property, { numRuns: 12 });
    await repository.close();
  });
}

test.run();
