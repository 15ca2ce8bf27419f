import yargs, { type Argv } from 'yargs';
import type { CommandEntry, CommandModule } from '../command.ts';

/** What a word that is no option stands for. */
export type OperandKind = 'executions' | 'remotes' | 'storages' | 'files' | 'nothing';

/** A command as a shell needs to know it. */
export type CommandShape = {
  readonly name: string;
  readonly summary: string;
  /** `--long` and `-s`; with `takesValue` the next word belongs to it. */
  readonly options: readonly { readonly name: string; readonly takesValue: boolean }[];
  /** Words of which the first operand is one. Empty: there are none. */
  readonly actions: readonly string[];
  /** What the operands are, behind the action where there is one. */
  readonly operand: OperandKind;
};

/** Loads the commands that people type, and describes them. */
export function describeCommands(table: readonly CommandEntry[]): Promise<CommandShape[]> {
  const shown = table.filter(({ hidden }) => hidden !== true);
  return Promise.all(
    shown.map(async ({ name, summary, load }) => {
      const { command } = await load();
      return { name, summary, options: optionsOf(command), ...operandsOf(command.usage) };
    }),
  );
}

type Options = {
  readonly key: Readonly<Record<string, unknown>>;
  readonly alias: Readonly<Record<string, readonly string[]>>;
  readonly boolean: readonly string[];
};

function optionsOf(command: CommandModule): CommandShape['options'] {
  const parser = command.build(yargs().help(false).version(false)) as Argv & { getOptions(): Options };
  const { key, alias, boolean } = parser.getOptions();
  const given = Object.keys(key).flatMap((name) => [name, ...(alias[name] ?? [])]);
  const named = [...new Set(given)].map((name) => ({
    name: name.length === 1 ? `-${name}` : `--${name}`,
    takesValue: !boolean.includes(name),
  }));
  return [...named, { name: '--help', takesValue: false }];
}

/** Read from the synopsis: `create|apply FILE`, `[REMOTE|URL]`, `[NAME]`, `PATH…`, `ID`, `X`. */
function operandsOf(usage: string): Pick<CommandShape, 'actions' | 'operand'> {
  const [first = '', ...rest] = usage.split(' ').slice(1);
  const isAction = /^[a-z]+(?:\|[a-z]+)*$/.test(first);
  const words = isAction ? rest : [first, ...rest];
  return {
    actions: isAction ? first.split('|') : [],
    operand: words.map(kindOf).find((kind) => kind !== undefined) ?? 'nothing',
  };
}

function kindOf(word: string, index: number, words: readonly string[]): OperandKind | undefined {
  // What follows an option is its value, unless a bracket has closed.
  if (/^\[?\(?-[^\]]*$/.test(words[index - 1] ?? '')) return undefined;
  if (/^\[?REMOTE/.test(word)) return 'remotes';
  if (/^\[?NAME\]?$/.test(word)) return 'storages';
  if (/^\[?(?:PATH|FILE)/.test(word)) return 'files';
  // Of many (`ID…`) they are ids of records, which nobody types from memory.
  return /^(?:ID|X)$/.test(word) ? 'executions' : undefined;
}
