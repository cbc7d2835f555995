# quickfi.bash - completion of the program's command line in bash

_quickfi()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local commands='serve send tail history status digest connect who contacts'
	local options='--home --name --connect --join --json --help --version'
	local command= i

	for ((i = 1; i < COMP_CWORD; i++)); do
		case " $commands " in
		*" ${COMP_WORDS[i]} "*)
			command=${COMP_WORDS[i]}
			break
			;;
		esac
	done
	case $before in
	--home)
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return
		;;
	--export | --import)
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--name | --port | --listen | --connect | -n | --lines | --wait-copies)
		return
		;;
	esac
	case $command in
	'') options+=' --port --listen --line --cli -cli' ;;
	serve) options+=' --port --listen' ;;
	send) options+=' --wait-copies' ;;
	tail) options+=' --lines --follow' ;;
	history) options+=' --lines' ;;
	contacts) options+=' --export --import' ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ -z $command && $before != --join ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
	else
		case $before in
		--join | send | tail | history | digest | who)
			mapfile -t COMPREPLY < <(compgen -W "'#lobby'" -- "$word")
			;;
		esac
	fi
}

complete -F _quickfi quickfi
