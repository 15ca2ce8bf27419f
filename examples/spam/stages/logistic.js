/** A mail as a vector of length one: the logarithm of each count, so a long mail weighs no more than a short one. */
export function toExample({ label, words, counts }) {
  const values = Float64Array.from(counts, (count) => Math.log1p(count));
  const length = Math.hypot(...values) || 1;
  return { label, words, values: values.map((value) => value / length) };
}

/** The probability that a mail is spam. */
export function spamProbability({ bias, weights }, { words, values }) {
  let sum = bias;
  for (let i = 0; i < words.length; i += 1) sum += weights[words[i]] * values[i];
  return 1 / (1 + Math.exp(-sum));
}
