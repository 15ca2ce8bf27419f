/**
 * Stage 1: mails → readable text.
 *
 *     node stages/parse.js data/mails data/parsed.jsonl --max-chars 20000
 *
 * The label is the mail's folder: spam-* is spam, the rest is ham. One line per mail, in the order of the paths, so equal
 * mails give equal bytes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeJsonLines } from './json-lines.js';
import { mailText } from './mail-text.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'max-chars': { type: 'string', default: '20000' } },
});
const [mailsDir, outputPath] = positionals;
const maxChars = Number(values['max-chars']);

/** Reads as Latin-1, since the corpus mixes character sets: every byte is a character, none is refused. */
function parseMail(id) {
  const { subject, text } = mailText(readFileSync(join(mailsDir, id), 'latin1'));
  return { id, label: id.startsWith('spam') ? 1 : 0, subject, text: text.slice(0, maxChars) };
}

const ids = readdirSync(mailsDir)
  .flatMap((group) => readdirSync(join(mailsDir, group)).map((name) => `${group}/${name}`))
  .sort();
const mails = ids.map(parseMail);
writeJsonLines(outputPath, mails);
console.log(JSON.stringify({ mails: mails.length, spam: mails.filter((mail) => mail.label === 1).length }));
