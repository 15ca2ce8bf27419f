import fc from 'fast-check';

/** How many histories all law files together try when nobody says otherwise; each law has its share of them. */
const RUNS_TOTAL = 20_000;

/** Counts the histories of one law file. */
export type LawChecker = {
  /**
   * Tries a law on random cases. A failure prints the seed, the path and the smallest case that was found.
   * @param share how many cases, if all laws together try RUNS_TOTAL; CMF_LAW_RUNS sets another total
   */
  check<Case>(share: number, cases: fc.Arbitrary<Case>, law: (one: Case) => void): void;
  /** Prints how many were tried; for the suite's `after`. */
  report(): void;
};

/** A checker for the laws of one file. */
export function lawChecker(): LawChecker {
  let count = 0;
  return {
    check(share, cases, law) {
      const property = fc.property(cases, (one) => {
        count++;
        law(one);
      });
      fc.assert(property, { numRuns: runsOf(share) });
    },
    report() {
      process.stdout.write(`\n${count} random histories\n`);
    },
  };
}

function runsOf(share: number): number {
  const total = Number(process.env['CMF_LAW_RUNS']) || RUNS_TOTAL;
  return Math.max(1, Math.ceil((share * total) / RUNS_TOTAL));
}
