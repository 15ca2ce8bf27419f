import type { CommandShape } from './describe-command.ts';

const OPERANDS: Readonly<Record<CommandShape['operand'], string>> = {
  executions: `compadd -- \${(f)"$(git cmf completion words executions 2>/dev/null)"}`,
  remotes: `compadd -- \${(f)"$(git remote 2>/dev/null)"}`,
  storages: `compadd -- \${(f)"$(git cmf completion words storages 2>/dev/null)"}`,
  files: '_files',
  nothing: 'true',
};

/** The script for zsh: it defines `_git-cmf`, which zsh's completion of git calls. */
export function zshScript(commands: readonly CommandShape[]): string {
  const list = commands.map(({ name, summary }) => `    '${name}:${summary.replaceAll("'", "'\\''")}'`);
  return `#compdef git-cmf
# Completion of git cmf for zsh. In ~/.zshrc, behind compinit:
#     source <(git cmf completion zsh)
_git-cmf () {
  local command action word
  local -a commands
  commands=(
${list.join('\n')}
  )
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $word in
      -*) ;;
      *) if [[ -z $command ]]; then command=$word; elif [[ -z $action ]]; then action=$word; fi ;;
    esac
  done
  case $words[CURRENT-1] in
    -p|--pipeline) compadd -- \${(f)"$(git cmf completion words pipelines 2>/dev/null)"}; return ;;
    -s|--stage) compadd -- \${(f)"$(git cmf completion words stages 2>/dev/null)"}; return ;;
    -e|--execution) compadd -- \${(f)"$(git cmf completion words executions 2>/dev/null)"}; return ;;
    --storage) compadd -- \${(f)"$(git cmf completion words storages 2>/dev/null)"}; return ;;
    --remote) compadd -- \${(f)"$(git remote 2>/dev/null)"}; return ;;
  esac
  case $command in
    '') _describe -t commands 'git cmf command' commands ;;
${commands.map(commandCase).join('\n')}
  esac
}

if (( $+functions[compdef] )); then
  compdef _git-cmf git-cmf
  () {
    local -a known
    zstyle -a ':completion:*:*:git:*' user-commands known
    zstyle ':completion:*:*:git:*' user-commands $known cmf:'record ML pipelines inside git'
  }
fi
`;
}

function commandCase({ name, options, actions, operand }: CommandShape): string {
  const flags = options.map((option) => option.name).join(' ');
  const answer = OPERANDS[operand];
  const words =
    actions.length === 0 ? answer : `if [[ -z $action ]]; then compadd -- ${actions.join(' ')}; else ${answer}; fi`;
  return `    ${name}) if [[ $PREFIX == -* ]]; then compadd -- ${flags}; else ${words}; fi ;;`;
}
