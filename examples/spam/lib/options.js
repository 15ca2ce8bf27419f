import { parseArgs } from 'node:util';

export const USAGE = `usage: node examples/spam/run.js [options]

  --mails N          take N mails (100 or more), spread over the whole corpus, instead of all
  --change-one-mail  then change one mail, run again, and compare the models' digests
  --dir FOLDER       work in this folder, which must be empty or absent, and keep it
  --keep             keep the scratch folder
  -h, --help         print this
`;

/** With fewer mails hardly a word stands in as many of them as a feature must. */
const FEWEST_MAILS = 100;

/** Words on the command line that the example does not understand. */
export class UsageError extends Error {}

/** Reads the command line; refuses what it does not know. */
export function readOptions(words) {
  const { values } = parseWords(words);
  const mails = values.mails === undefined ? Number.POSITIVE_INFINITY : Number(values.mails);
  if (!(mails >= FEWEST_MAILS)) throw new UsageError(`--mails wants a number from ${FEWEST_MAILS} on`);
  return {
    mails: Math.floor(mails),
    dir: values.dir,
    keep: values.keep,
    changeOneMail: values['change-one-mail'],
    help: values.help,
  };
}

function parseWords(words) {
  try {
    return parseArgs({
      args: words,
      options: {
        mails: { type: 'string' },
        dir: { type: 'string' },
        keep: { type: 'boolean', default: false },
        'change-one-mail': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error.message);
  }
}
