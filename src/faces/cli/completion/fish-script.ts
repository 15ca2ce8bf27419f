import type { CommandShape } from './describe-command.ts';

const OPERANDS: Readonly<Record<CommandShape['operand'], string | undefined>> = {
  executions: "-f -a '(git cmf completion words executions 2>/dev/null)'",
  remotes: "-f -a '(git remote 2>/dev/null)'",
  storages: "-f -a '(git cmf completion words storages 2>/dev/null)'",
  files: '-F',
  nothing: '-f',
};

/** What the value of an option may be. */
const VALUES: Readonly<Record<string, string>> = {
  '-p': 'git cmf completion words pipelines',
  '--pipeline': 'git cmf completion words pipelines',
  '-s': 'git cmf completion words stages',
  '--stage': 'git cmf completion words stages',
  '-e': 'git cmf completion words executions',
  '--execution': 'git cmf completion words executions',
  '--storage': 'git cmf completion words storages',
  '--remote': 'git remote',
};

/** The script for fish, beside its own completion of git. */
export function fishScript(commands: readonly CommandShape[]): string {
  return `# Completion of git cmf for fish: git cmf completion fish > ~/.config/fish/completions/git-cmf.fish
# and in ~/.config/fish/config.fish: source ~/.config/fish/completions/git-cmf.fish
function __git_cmf_words
    set -l words (commandline -opc)
    set -l at (contains -i -- cmf $words); or return 1
    string match -v -- '-*' $words[$at..-1]
end
function __git_cmf_at
    set -l words (__git_cmf_words); or return 1
    test (count $words) -eq $argv[1]; or return 1
    test (count $argv) -lt 2; or test "$words[2]" = "$argv[2]"
end
function __git_cmf_in
    set -l words (__git_cmf_words); or return 1
    test "$words[2]" = "$argv[1]"
end
${commands.map(commandLines).join('\n')}
`;
}

function commandLines({ name, summary, options, actions, operand }: CommandShape): string {
  const lines = [`complete -c git -n '__git_cmf_at 1' -f -a ${name} -d '${summary.replaceAll("'", "\\'")}'`];
  const isOperand = `__git_cmf_in ${name}${actions.length > 0 ? `; and not __git_cmf_at 2 ${name}` : ''}`;
  if (actions.length > 0) lines.push(`complete -c git -n '__git_cmf_at 2 ${name}' -f -a '${actions.join(' ')}'`);
  lines.push(`complete -c git -n '${isOperand}' ${OPERANDS[operand]}`);
  for (const option of options) {
    const flag = option.name.startsWith('--') ? `-l ${option.name.slice(2)}` : `-s ${option.name.slice(1)}`;
    const value = VALUES[option.name];
    const words = !option.takesValue ? '' : value === undefined ? ' -r' : ` -x -a '(${value} 2>/dev/null)'`;
    lines.push(`complete -c git -n '__git_cmf_in ${name}' ${flag}${words}`);
  }
  return lines.join('\n');
}
