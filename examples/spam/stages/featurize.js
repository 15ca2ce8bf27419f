/**
 * Stage 2: text → word counts.
 *
 *     node stages/featurize.js data/parsed.jsonl data/features --min-df 5 --max-words 20000 --test-percent 20
 *
 * Writes a folder: vocabulary.json (the words that enough training mails hold, the most frequent first), train.jsonl and
 * test.jsonl ({id, label, words, counts}, words as places in the vocabulary).
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readJsonLines, writeJson, writeJsonLines } from './json-lines.js';
import { isTestMail } from './split.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'min-df': { type: 'string', default: '5' },
    'max-words': { type: 'string', default: '20000' },
    'test-percent': { type: 'string', default: '20' },
  },
});
const [parsedPath, outputDir] = positionals;

/** How often each word stands in a mail; all numbers count as the one word "#". */
function countWords(mail) {
  const counts = new Map();
  for (const token of `${mail.subject} ${mail.text}`.toLowerCase().match(/[a-z\u00df-\u00ff]{2,20}|\d+|[$!]/g) ?? []) {
    const word = /^\d/.test(token) ? '#' : token;
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return { id: mail.id, label: mail.label, counts };
}

/** The words that at least `minDf` mails hold, at most `maxWords`; ties in the order of their characters. */
function makeVocabulary(mails, minDf, maxWords) {
  const frequency = new Map();
  for (const { counts } of mails) for (const word of counts.keys()) frequency.set(word, (frequency.get(word) ?? 0) + 1);
  return [...frequency]
    .filter(([, df]) => df >= minDf)
    .sort(([a, dfA], [b, dfB]) => dfB - dfA || (a < b ? -1 : 1))
    .slice(0, maxWords)
    .map(([word]) => word);
}

function toFeatures({ id, label, counts }, places) {
  const known = [...counts]
    .filter(([word]) => places.has(word))
    .map(([word, count]) => [places.get(word), count])
    .sort(([a], [b]) => a - b);
  return { id, label, words: known.map(([place]) => place), counts: known.map(([, count]) => count) };
}

const mails = readJsonLines(parsedPath).map(countWords);
const test = mails.filter((mail) => isTestMail(mail.id, Number(values['test-percent'])));
const held = new Set(test);
const train = mails.filter((mail) => !held.has(mail));
const vocabulary = makeVocabulary(train, Number(values['min-df']), Number(values['max-words']));
const places = new Map(vocabulary.map((word, place) => [word, place]));

writeJson(join(outputDir, 'vocabulary.json'), vocabulary);
writeJsonLines(
  join(outputDir, 'train.jsonl'),
  train.map((mail) => toFeatures(mail, places)),
);
writeJsonLines(
  join(outputDir, 'test.jsonl'),
  test.map((mail) => toFeatures(mail, places)),
);
console.log(JSON.stringify({ words: vocabulary.length, train: train.length, test: test.length }));
