#!/bin/sh
# simulator.sh - quickfi-sim finds what is broken, and is the same everywhere
#
# usage: simulator.sh QUICKFI_SIM
#
# The hash of some worlds must be that of a quickfi-sim built by clang without
# optimisation and with sanitizers; so nothing that happens in them depends on
# where things lie in memory, on the time, or on what was never set. And each
# node that tests/sim/broken/ breaks must be found out.
set -eu
sim=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

"$here/build_sim.sh" "$work/clang" whole \
	clang-14 -O0 -fsanitize=address,undefined
ours=$("$sim" --worlds 30 | grep '^hash')
theirs=$("$work/clang" --worlds 30 | grep '^hash')
if [ "$ours" = "$theirs" ]; then
	echo "both compilers: $ours"
else
	echo "gcc: $ours, clang: $theirs"
	failed=1
fi

for patch in "$here"/broken/*.patch; do
	broken=$(basename "$patch" .patch)
	"$here/build_sim.sh" "$work/sim" "$broken" gcc -O1
	if "$work/sim" --worlds 300 >"$work/story"; then
		echo "$broken was not found out"
		failed=1
	else
		echo "$broken: $(head -n 1 "$work/story")"
	fi
done
exit $failed
