import { beginWriting } from '../../../app/begin-writing.ts';
import { openRecordSession } from '../../../app/record-lines.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { isSet } from '../options.ts';

export const command: CommandModule = {
  usage: 'record --stdin',
  description: `Records what a program says, one JSON object a line on standard input:

  {"op":"start","pipeline":"p","stage":"s","params":{"lr":0.1}}
      answers {"execution":ID}
  {"op":"param","values":{"seed":1}}
  {"op":"metric","values":{"loss":0.5},"step":1}
  {"op":"use","direction":"output","path":"m.bin","digests":["md5:…"]}
  {"op":"finish","status":"succeeded"}

"execution" names another execution than the one started last. NaN and infinities are {"$num":"NaN"}, bytes that are not UTF-8 {"$bytes":"<base64>"}. Each line is durable when the next is read; a line that is refused ends the stream.`,
  build: (parser) => parser.option('stdin', { type: 'boolean', describe: 'read from standard input' }),
  run: async (args, session) => {
    if (!isSet(args, 'stdin'))
      throw new CmfError('usage', { message: 'record reads from --stdin', hint: 'git cmf record -h' });
    const clone = await beginWriting(await session.context());
    const stream = openRecordSession(clone, session.environment['CMF_EXECUTION']);
    try {
      for await (const bytes of session.inputLines()) {
        const answer = await stream.line(bytes);
        if (answer !== undefined) session.print(`${answer}\n`);
      }
    } finally {
      await stream.end();
    }
    return 0;
  },
};
