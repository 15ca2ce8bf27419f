const FACTORS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['k', 2 ** 10],
  ['m', 2 ** 20],
  ['g', 2 ** 30],
  ['t', 2 ** 40],
]);

/**
 * A size as git's settings write one: `4096`, `200k`, `50M`, `2g`. The letters stand for powers of 1024 (git-config,
 * "integer"); `t` goes on where git ends.
 * @returns bytes; undefined for any other text
 */
export function parseByteSize(text: string): number | undefined {
  const [, digits, letter = ''] = /^([0-9]{1,15})([kmgt]?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (FACTORS.get(letter.toLowerCase()) ?? Number.NaN);
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
