/** Counts what was tried and what went wrong. */
export class Tally {
  private readonly kinds = new Map<string, { good: number; bad: number }>();
  readonly failures: string[] = [];

  /** Notes one try of a kind. */
  count(kind: string, isGood: boolean): void {
    const counts = this.kinds.get(kind) ?? { good: 0, bad: 0 };
    counts[isGood ? 'good' : 'bad'] += 1;
    this.kinds.set(kind, counts);
  }

  fail(what: string): void {
    this.failures.push(what);
  }

  get total(): number {
    return this.good + this.bad;
  }

  get good(): number {
    return [...this.kinds.values()].reduce((sum, { good }) => sum + good, 0);
  }

  get bad(): number {
    return [...this.kinds.values()].reduce((sum, { bad }) => sum + bad, 0);
  }

  /** One line per kind, and one for all. */
  render(title: string): string {
    const lines = [...this.kinds]
      .sort(([x], [y]) => (x < y ? -1 : 1))
      .map(([kind, { good, bad }]) => {
        return `  ${kind.padEnd(24)} ${String(good).padStart(6)} to accept ${String(bad).padStart(6)} to refuse\n`;
      });
    const head = `${title}: ${this.total} mutants, ${this.good} to accept, ${this.bad} to refuse, `;
    return `${head}${this.failures.length} judged otherwise\n${lines.join('')}${this.failures
      .slice(0, 20)
      .map((line) => `  ${line}\n`)
      .join('')}`;
  }
}
