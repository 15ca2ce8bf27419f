/**
 * yargs' complaint about a command line in our words: options as they are typed, and what to give instead.
 */
export function usageMessage(complaint: string): string {
  for (const [pattern, say] of COMPLAINTS) {
    const found = pattern.exec(complaint);
    if (found !== null) return say(found.slice(1).map((part) => part ?? ''));
  }
  return complaint.split('\n').join(' ');
}

const COMPLAINTS: readonly (readonly [RegExp, (parts: readonly string[]) => string])[] = [
  [/^Unknown arguments?: (.*)$/, ([names = '']) => `there is no option ${list(names, ', ', 'and')}`],
  [/^Missing required arguments?: (.*)$/, ([names = '']) => `${list(names, ', ', 'and')} must be given`],
  [/^(?:Not enough|Missing) arguments? (?:following|for): (\S+)$/, ([name = '']) => `${dashed(name)} needs a value`],
  [
    /^Invalid values:\n\s*Argument: (\S+), Given: "(.*)", Choices: (.*)/,
    ([name = '', given = '', choices = '']) =>
      `${dashed(name)} takes ${joined(choices.replaceAll('"', '').split(', '), 'or')}, not '${given}'`,
  ],
];

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function list(names: string, separator: string, word: string): string {
  return joined(names.split(separator).map(dashed), word);
}

function joined(words: readonly string[], last: string): string {
  const end = words.at(-1) ?? '';
  return words.length < 2 ? end : `${words.slice(0, -1).join(', ')} ${last} ${end}`;
}
