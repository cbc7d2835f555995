#!/usr/bin/env bash
# demo.sh - three nodes talk, the host leaves and returns, and nothing is lost
#
# usage: demo/demo.sh    (or: make demo)
#
# Each node is a program of its own with a home of its own, and they meet on
# this machine's loopback. What is typed goes in through a pipe, so this is what
# three people would do at three terminals. At the end the rooms of the three
# are compared.
set -eu
cd "$(dirname "$0")/.."
quickfi=${QUICKFI:-build/quickfi}
room='#lobby'
export LC_ALL=C.UTF-8
unset QUICKFI_HOME XDG_DATA_HOME

dir=$(mktemp -d)
declare -A typing running
said=()

clean_up() {
	kill "${running[@]}" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap clean_up EXIT

tell() {
	printf '\n== %s\n' "$*"
}

# come NAME [OPTION...]: a screen in line mode, which types what say writes
come() {
	local name=$1 pipe
	shift
	rm -f "$dir/$name.typed"
	mkfifo "$dir/$name.typed"
	"$quickfi" --line --no-discovery --port 0 \
		--home "$dir/$name" --name "$name" \
		--listen 127.0.0.1 "$@" <"$dir/$name.typed" >"$dir/$name.screen" &
	running[$name]=$!
	exec {pipe}>"$dir/$name.typed"
	typing[$name]=$pipe
	sees "$name" 'listening on port'
}

# sees NAME TEXT: wait until it is on that screen, and say if it never is
sees() {
	local tries=0
	until grep -qF -- "$2" "$dir/$1.screen"; do
		tries=$((tries + 1))
		if [ $tries -gt 300 ]; then
			echo "demo: $1 never saw: $2" >&2
			sed 's/^/    /' "$dir/$1.screen" >&2
			exit 1
		fi
		sleep 0.05
	done
}

# say NAME TEXT LISTENER...: it is there when every listener has it
say() {
	local name=$1 text=$2
	shift 2
	echo "$text" >&"${typing[$name]}"
	said+=("$name: $text")
	for listener; do
		sees "$listener" "$name: $text"
	done
	echo "$name: $text"
}

leave() {
	local pipe=${typing[$1]}
	echo /quit >&"$pipe"
	exec {pipe}>&-
	wait "${running[$1]}"
	unset "running[$1]"
}

port_of() {
	sed -n 's/.*listening on port \([0-9]*\).*/\1/p' "$dir/$1.screen"
}

tell 'ana hosts; bob links with her, and cem with both'
come ana
come bob --connect "127.0.0.1:$(port_of ana)"
sees bob 'linked with ana'
come cem --connect "127.0.0.1:$(port_of ana)" \
	--connect "127.0.0.1:$(port_of bob)"
sees cem 'linked with ana'
sees cem 'linked with bob'
say ana 'welcome, both of you' bob cem
say bob 'hello ana' ana cem
say cem 'hello from the third seat' ana bob

tell 'the host leaves, and the others talk on'
leave ana
sees bob 'no longer linked with ana'
sees cem 'no longer linked with ana'
say bob 'ana has gone, can you still read me?' cem
say cem 'every word' bob
say bob 'then she will have it when she is back' cem

tell 'the host returns, and has what was said meanwhile'
come ana --connect "127.0.0.1:$(port_of bob)"
for line in "${said[@]: -3}"; do
	sees ana "$line"
	echo "    on her screen: $line"
done
say ana 'I have read it all' bob cem

tell 'what her screen showed since she returned'
sed 's/^/    /' "$dir/ana.screen"
for name in ana bob cem; do
	leave $name
done

tell 'the proof: each home by itself, with no node running'
for name in ana bob cem; do
	"$quickfi" digest "$room" --home "$dir/$name" 2>/dev/null \
		>"$dir/$name.digest"
	"$quickfi" history "$room" -n 1000 --home "$dir/$name" 2>/dev/null |
		sed -n 's/^[0-9][0-9]:[0-9][0-9] //p' >"$dir/$name.lines"
	printf '%s holds %s lines, %s\n' "$name" \
		"$(wc -l <"$dir/$name.lines")" \
		"$(grep '^digest' "$dir/$name.digest")"
done
printf '%s\n' "${said[@]}" >"$dir/said"
for name in ana bob cem; do
	if ! cmp -s "$dir/said" "$dir/$name.lines" ||
		! cmp -s "$dir/ana.digest" "$dir/$name.digest"; then
		echo "demo: $name does not hold what was said" >&2
		exit 1
	fi
done
echo "All three hold the ${#said[@]} lines that were said, each once, in one" \
	'order,'
echo 'and the digests, hashes of all that a room holds, are equal: nothing' \
	'was lost.'
