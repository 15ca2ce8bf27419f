import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PATIENT, pauseMs } from '../../src/domain/retry.ts';

const test = suite('retry');
const chances = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('law: pauses grow, stay below their bound, and end', () => {
  fc.assert(
    fc.property(
      fc.record({
        triesMax: fc.integer({ min: 1, max: 20 }),
        firstPauseMs: fc.integer({ min: 1, max: 1000 }),
        pauseMaxMs: fc.integer({ min: 1, max: 60_000 }),
      }),
      chances,
      (policy, chance) => {
        const pauses = Array.from({ length: policy.triesMax }, (_, i) => pauseMs(policy, i + 1, chance));
        assert.is(pauses.pop(), undefined);
        for (const [i, pause] of pauses.entries()) {
          if (pause === undefined) throw new Error('too few tries');
          assert.ok(pause >= (pauses[i - 1] ?? 0) && pause <= policy.pauseMaxMs);
        }
      },
    ),
  );
});

test('who failed together comes back apart, within the upper half', () => {
  assert.equal(
    [0, 0.5, 0.999].map((chance) => pauseMs(PATIENT, 1, chance)),
    [250, 375, 500],
  );
  assert.is(pauseMs(PATIENT, PATIENT.triesMax, 0), undefined);
});

test.run();
