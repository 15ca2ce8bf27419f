import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';

export const command: CommandModule = {
  usage: 'hook NAME',
  description:
    'Does what a git hook asks for: pre-receive reads what git writes to that hook and judges the push; merge-worker merges what was pushed; post-rewrite records which commits amend and rebase replaced. Called by the hooks that git cmf server install and git cmf init --hooks put into a repository, and by hook managers; not by people.',
  takesOperands: true,
  build: (parser) => parser,
  // A call with one name never comes here: the program hands it to the hook at once.
  run: () => {
    throw new CmfError('usage', { message: 'hook takes one name', hint: 'git cmf hook -h' });
  },
};
