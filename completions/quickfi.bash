# quickfi.bash - completion of the program's command line in bash

_quickfi()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
	local commands='serve send tail history status digest connect who contacts'
	commands+=' map doctor qr gui account'
	local options='--home --name --connect --join --discovery'
	options+=' --no-discovery --json --help --version'
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
	--discovery)
		mapfile -t COMPREPLY < <(compgen -W 'on no-sweep off' -- "$word")
		return
		;;
	--irc-plain)
		mapfile -t COMPREPLY < <(compgen -W 'yes no' -- "$word")
		return
		;;
	--name | --port | --listen | --threads | --connect | --classic | -n | --lines | --wait-copies | \
	--irc-name | --irc-history | --irc-rate | --irc-trust | --irc-port)
		return
		;;
	esac
	case $command in
	'') options+=' --port --listen --threads --irc-name --irc-history --irc-rate --irc-trust --irc-plain --line --cli -cli' ;;
	serve) options+=' --port --listen --threads --hub --classic --classic-room --irc-name --irc-history --irc-rate --irc-trust --irc-plain --irc-port' ;;
	connect) options+=' --classic --classic-room' ;;
	gui) options+=' --port --listen --threads --irc-name --irc-history --irc-rate --irc-trust --irc-plain' ;;
	send) options+=' --wait-copies' ;;
	tail) options+=' --lines --follow' ;;
	history) options+=' --lines' ;;
	contacts) options+=' --export --import' ;;
	map) options+=' --svg' ;;
	account) options+=' list add passwd cert remove' ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
	elif [[ -z $command && $before != --join && $before != --classic-room ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
	else
		case $before in
		--join | --classic-room | send | tail | history | digest | who | qr)
			mapfile -t COMPREPLY < <(compgen -W "'#lobby'" -- "$word")
			;;
		esac
	fi
}

complete -F _quickfi quickfi
