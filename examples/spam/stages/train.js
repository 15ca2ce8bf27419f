/**
 * Stage 3: word counts → logistic regression, by stochastic gradient descent.
 *
 *     node stages/train.js data/features model/model.json --lr 0.5 --epochs 8 --l2 0.000001 --seed 1
 *
 * Prints {"epoch", "loss"} after each epoch: the mean log loss over all training mails. The order of the mails comes from
 * the seed alone, so equal features and parameters give equal bytes.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJsonLines, writeJson } from './json-lines.js';
import { spamProbability, toExample } from './logistic.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    lr: { type: 'string', default: '0.5' },
    epochs: { type: 'string', default: '8' },
    l2: { type: 'string', default: '0.000001' },
    seed: { type: 'string', default: '1' },
  },
});
const [featuresDir, modelPath] = positionals;
const [lr, epochs, l2, seed] = [values.lr, values.epochs, values.l2, values.seed].map(Number);

/** Numbers in [0, 1) from a seed: the mulberry32 generator by Tommy Ettinger (public domain). */
function seededRandom(start) {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fisher–Yates, in place. */
function shuffle(items, random) {
  for (let i = items.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    [items[i], items[j]] = [items[j], items[i]];
  }
}

/** One step down the gradient of one mail's loss; only the weights of its words move, each with its share of the decay. */
function learn(model, example) {
  const error = spamProbability(model, example) - example.label;
  model.bias -= lr * error;
  for (let i = 0; i < example.words.length; i += 1) {
    const word = example.words[i];
    model.weights[word] -= lr * (error * example.values[i] + l2 * model.weights[word]);
  }
}

/** The mean log loss, with probabilities kept off 0 and 1. */
function meanLoss(model, examples) {
  const losses = examples.map((example) => {
    const spam = spamProbability(model, example);
    return -Math.log(Math.max(example.label ? spam : 1 - spam, 1e-12));
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / examples.length;
}

/** Six decimals are more than the data can tell, and keep the model small. */
const round = (value) => Number(value.toFixed(6));

const vocabulary = JSON.parse(readFileSync(join(featuresDir, 'vocabulary.json'), 'utf8'));
const examples = readJsonLines(join(featuresDir, 'train.jsonl')).map(toExample);
const model = { bias: 0, weights: new Float64Array(vocabulary.length) };
const random = seededRandom(seed);
for (let epoch = 1; epoch <= epochs; epoch += 1) {
  shuffle(examples, random);
  for (const example of examples) learn(model, example);
  console.log(JSON.stringify({ epoch, loss: round(meanLoss(model, examples)) }));
}
writeJson(modelPath, { bias: round(model.bias), weights: Array.from(model.weights, round) });
