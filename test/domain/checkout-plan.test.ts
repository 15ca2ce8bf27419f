import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CheckoutPlan, planCheckout } from '../../src/domain/checkout-plan.ts';
import { countDifferences, diffDirectories, differencesBetween, inOrder } from '../../src/domain/directory-diff.ts';
import type { DvcDirEntry } from '../../src/domain/dvc-dir.ts';

const test = suite('checkout-plan');

/** A directory as a map from path to content; contents are few, so that they often meet. */
const directory = fc.dictionary(
  fc.constantFrom('a', 'a-b', 'a/b', 'b', 'c', '\ufb01', '\u{1f600}'),
  fc.constantFrom<string>('1', '2', '3'),
);
const stored = fc.uniqueArray(fc.constantFrom<string>('1', '2', '3'));

function entries(of: Readonly<Record<string, string>>): readonly DvcDirEntry[] {
  return inOrder(Object.entries(of).map(([relpath, md5]) => ({ relpath, md5 })));
}

/** What the directory holds when the plan is carried out. */
function carriedOut(present: Readonly<Record<string, string>>, { removes, writes }: CheckoutPlan) {
  const after = new Map(Object.entries(present));
  for (const path of removes) after.delete(path);
  for (const { relpath, md5 } of writes) after.set(relpath, md5);
  return Object.fromEntries(after);
}

test('a plan without obstacles makes the directory what it should be', () => {
  fc.assert(
    fc.property(directory, directory, stored, fc.boolean(), (wanted, present, kept, force) => {
      const plan = planCheckout(
        differencesBetween(entries(wanted), entries(present)),
        (md5) => kept.includes(md5),
        force,
      );
      if (plan.absent.length > 0) return;
      assert.equal(carriedOut(present, plan), { ...wanted });
    }),
  );
});

test('without force nothing goes that is not stored, and all that would go is named', () => {
  fc.assert(
    fc.property(directory, directory, stored, (wanted, present, kept) => {
      const plan = planCheckout(
        differencesBetween(entries(wanted), entries(present)),
        (md5) => kept.includes(md5),
        false,
      );
      const after = carriedOut(present, plan);
      const gone = Object.entries(present).filter(([path, md5]) => after[path] !== md5 || wanted[path] !== md5);
      const dear = gone.filter(([, md5]) => !kept.includes(md5)).map(([path]) => path);
      assert.equal([...plan.lost].sort(), dear.sort());
    }),
  );
});

test('force gives up everything and invents nothing', () => {
  fc.assert(
    fc.property(directory, directory, stored, (wanted, present, kept) => {
      const plan = planCheckout(
        differencesBetween(entries(wanted), entries(present)),
        (md5) => kept.includes(md5),
        true,
      );
      assert.equal(plan.lost, []);
      assert.is([...plan.writes].length, plan.writesTotal);
      for (const { md5 } of plan.writes) assert.ok(kept.includes(md5));
      assert.is(plan.kept, Object.entries(wanted).filter(([path, md5]) => present[path] === md5).length);
    }),
  );
});

test('an equal directory needs nothing, whatever is stored', () => {
  fc.assert(
    fc.property(directory, (same) => {
      const plan = planCheckout(differencesBetween(entries(same), entries(same)), () => false, false);
      const { writes, ...others } = plan;
      assert.equal([...writes], []);
      assert.equal(others, { removes: [], writesTotal: 0, kept: Object.keys(same).length, lost: [], absent: [] });
      assert.equal(countDifferences(diffDirectories(entries(same), entries(same))), {
        added: 0,
        changed: 0,
        removed: 0,
      });
    }),
  );
});

test.run();
