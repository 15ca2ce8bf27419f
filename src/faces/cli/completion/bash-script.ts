import type { CommandShape } from './describe-command.ts';

const OPERANDS: Readonly<Record<CommandShape['operand'], string>> = {
  executions: '__gitcomp_nl "$(__git cmf completion words executions 2>/dev/null)"',
  remotes: '__gitcomp_nl "$(__git_remotes)"',
  storages: '__gitcomp_nl "$(__git cmf completion words storages 2>/dev/null)"',
  // Without an answer of ours bash completes file names.
  files: ':',
  nothing: 'compopt +o default +o bashdefault 2>/dev/null',
};

/** The script for bash: it defines `_git_cmf`, which git's own completion calls. */
export function bashScript(commands: readonly CommandShape[]): string {
  return `# Completion of git cmf for bash, beside git's own. In ~/.bashrc, or in a folder for completions:
#     source <(git cmf completion bash)
_git_cmf ()
{
	local at=1 command= action= opts= word
	while [ "$at" -lt "$cword" ] && [ "\${words[at]}" != cmf ]; do at=$((at + 1)); done
	for word in "\${words[@]:at+1:cword-at-1}"; do
		case "$word" in
		-*) ;;
		*) if [ -z "$command" ]; then command=$word; elif [ -z "$action" ]; then action=$word; fi ;;
		esac
	done
	case "$prev" in
	-p|--pipeline) __gitcomp_nl "$(__git cmf completion words pipelines 2>/dev/null)"; return ;;
	-s|--stage) __gitcomp_nl "$(__git cmf completion words stages 2>/dev/null)"; return ;;
	-e|--execution) __gitcomp_nl "$(__git cmf completion words executions 2>/dev/null)"; return ;;
	--storage) __gitcomp_nl "$(__git cmf completion words storages 2>/dev/null)"; return ;;
	--remote) __gitcomp_nl "$(__git_remotes)"; return ;;
	esac
	case "$command" in
	'')
		__gitcomp "${commands.map(({ name }) => name).join(' ')} -h --version" ;;
${commands.map(commandCase).join('\n')}
	esac
}
`;
}

function commandCase({ name, options, actions, operand }: CommandShape): string {
  const flags = options.map((option) => option.name).join(' ');
  const answer = OPERANDS[operand];
  const words =
    actions.length === 0 ? answer : `if [ -z "$action" ]; then __gitcomp "${actions.join(' ')}"; else ${answer}; fi`;
  return `	${name})
		case "$cur" in
		-*) __gitcomp "${flags}" ;;
		*) ${words} ;;
		esac ;;`;
}
