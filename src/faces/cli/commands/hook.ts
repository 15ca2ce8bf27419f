import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { textsOf } from '../options.ts';

export const command: CommandModule = {
  usage: 'hook NAME',
  description:
    'Does what a git hook asks for: pre-receive reads what git writes to that hook and judges the push; merge-worker merges what was pushed; post-rewrite records which commits amend and rebase replaced. Called by the hooks that git cmf server install and git cmf init --hooks put into a repository, and by hook managers; not by people.',
  takesOperands: true,
  build: (parser) => parser,
  run: async (args, session) => {
    const [name, more] = textsOf(args, '_');
    if (name === undefined || more !== undefined) {
      throw new CmfError('usage', { message: 'hook takes one name', hint: 'git cmf hook -h' });
    }
    const lines: string[] = [];
    for await (const line of session.inputLines()) lines.push(Buffer.from(line).toString('utf8'));
    const { exitCode, stderr } = await session.runHook(name, lines.map((line) => `${line}\n`).join(''));
    session.complain(stderr);
    return exitCode;
  },
};
