import { completionWords, isWordKind, storageWords } from '../../../app/completion-words.ts';
import { CmfError } from '../../../domain/errors.ts';
import type { CommandModule } from '../command.ts';
import { bashScript } from '../completion/bash-script.ts';
import { type CommandShape, describeCommands } from '../completion/describe-command.ts';
import { fishScript } from '../completion/fish-script.ts';
import { zshScript } from '../completion/zsh-script.ts';
import { textsOf } from '../options.ts';

const SHELLS: Readonly<Record<string, (commands: readonly CommandShape[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const command: CommandModule = {
  usage: 'completion bash|zsh|fish',
  description: `Prints a script that lets a shell complete commands, options, and the names of what is recorded and of storages, beside git's own completion:

  bash   source <(git cmf completion bash)     in ~/.bashrc
  zsh    source <(git cmf completion zsh)      in ~/.zshrc, behind compinit
  fish   git cmf completion fish | source      in ~/.config/fish/config.fish`,
  takesOperands: true,
  build: (parser) => parser,
  run: async (args, session, table) => {
    const [shell, kind, more] = textsOf(args, '_');
    // What the scripts ask when a name is to be completed: `words KIND`.
    if (shell === 'words' && (kind === 'storages' || isWordKind(kind)) && more === undefined) {
      const context = await session.context();
      const words =
        kind === 'storages' ? await storageWords(session.storages(context)) : await completionWords(context, kind);
      session.print(words.map((word) => `${word}\n`).join(''));
      return 0;
    }
    const script = Object.hasOwn(SHELLS, shell ?? '') ? SHELLS[shell ?? ''] : undefined;
    if (script === undefined || kind !== undefined) {
      throw new CmfError('usage', { message: 'completion takes one shell: bash, zsh or fish' });
    }
    session.print(script(await describeCommands(table)));
    return 0;
  },
};
