/**
 * Stage 4: model + test mails → metrics.
 *
 *     node stages/evaluate.js data/features model/model.json metrics/metrics.json --threshold 0.5
 *
 * Spam is the positive class. Prints what it writes: accuracy, precision, recall, f1, auc.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJsonLines, writeJson } from './json-lines.js';
import { spamProbability, toExample } from './logistic.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threshold: { type: 'string', default: '0.5' } },
});
const [featuresDir, modelPath, metricsPath] = positionals;
const threshold = Number(values.threshold);

/**
 * The area under the ROC curve: the chance that a spam mail scores above a ham mail, a tie counting half. Computed from
 * the sum of the spam mails' ranks (Mann–Whitney U), where equal scores share the mean of their ranks.
 */
function areaUnderCurve(scored) {
  const sorted = [...scored].sort((a, b) => a.score - b.score);
  const positives = sorted.filter((mail) => mail.label === 1).length;
  const negatives = sorted.length - positives;
  let rankSum = 0;
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    while (end < sorted.length && sorted[end].score === sorted[start].score) end += 1;
    const meanRank = (start + 1 + end) / 2;
    rankSum += meanRank * sorted.slice(start, end).filter((mail) => mail.label === 1).length;
  }
  return ratio(rankSum - (positives * (positives + 1)) / 2, positives * negatives);
}

/** A quotient with six decimals; 0 where there is nothing to divide by. */
function ratio(part, whole) {
  return whole === 0 ? 0 : Number((part / whole).toFixed(6));
}

function measure(scored) {
  const count = (label, called) =>
    scored.filter((mail) => mail.label === label && mail.score >= threshold === called).length;
  const [hits, misses, alarms, passes] = [count(1, true), count(1, false), count(0, true), count(0, false)];
  return {
    accuracy: ratio(hits + passes, scored.length),
    precision: ratio(hits, hits + alarms),
    recall: ratio(hits, hits + misses),
    f1: ratio(2 * hits, 2 * hits + alarms + misses),
    auc: areaUnderCurve(scored),
  };
}

const model = JSON.parse(readFileSync(modelPath, 'utf8'));
const scored = readJsonLines(join(featuresDir, 'test.jsonl')).map((mail) => ({
  label: mail.label,
  score: spamProbability(model, toExample(mail)),
}));
const metrics = measure(scored);
writeJson(metricsPath, metrics);
console.log(JSON.stringify(metrics));
