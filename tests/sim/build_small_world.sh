#!/bin/sh
# build_small_world.sh - the checker of the smallest world, or of a broken one
#
# usage: build_small_world.sh PROGRAM BROKEN CC...
#
# Makes PROGRAM of copies of the simulator and of src/core in which some sizes
# are small, and which tests/sim/broken/BROKEN.patch breaks, unless that is
# "whole". A size or a patch that no longer fits ends the build.
set -eu
program=$1
broken=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
work=$program.d
rm -rf "$work"
mkdir -p "$work"
work=$(cd "$work" && pwd)

# small FILE NAME VALUE
small() {
	file=$work/core/$1
	if [ "$(grep -c "\\<$2 = [0-9]" "$file")" != 1 ]; then
		echo "$1 has no size $2" >&2
		exit 1
	fi
	sed -i "s/\\<$2 = [0-9]*/$2 = $3/" "$file"
}

cp -R "$here/../../src/core" "$here" "$work"
# Three envelopes take all the ways that thousands do ...
small reconcile.h QF_RECON_BRANCH 2
small reconcile.h QF_RECON_LIST_MAX 1
small reconcile.c ROOT_LIST 1
small limits.h QF_OLDER_MAX 1
small limits.h QF_PUSH_COUNT_MAX 1
small limits.h QF_RING_FRAMES_MAX 2
# ... and what is copied for each state is short.
small here.h QF_HERE_TEXT_BYTES_MAX 7
small idmap.c SLOTS_MIN 8
small keep.h QF_HOST_BYTES_MAX 7
small limits.h QF_PEERS_MAX 4
small limits.h QF_RINGS_FRAMES_MAX 4
small limits.h QF_ROOM_NAME_BYTES_MAX 15
small limits.h QF_ROOTS_MAX 4
small limits.h QF_SETTLE_MS 0
small limits.h QF_USER_NAME_BYTES_MAX 7
small list.c FIRST 1
small session.c NAMED_MAX 16
small session.h QF_HERES_MAX 1
small session.h QF_MARKS_MAX 4
small talk.c READ_COUNT 8
if [ "$broken" != whole ]; then
	patch --batch --silent --fuzz=0 --ignore-whitespace -p1 -d "$work" \
		<"$here/broken/$broken.patch"
fi
# The sizes make gcc see what cannot be; src/ is built with warnings elsewhere.
set -- "$@" -std=gnu11 -D_GNU_SOURCE -O2 -g -U_FORTIFY_SOURCE \
	-fno-builtin-malloc -I.
(cd "$work" && "$@" -w -c core/*.c)
(cd "$work" && "$@" -Wall -Wextra -Werror -c sim/arena.c sim/cable.c \
	sim/disk.c sim/fifo.c sim/host.c sim/law.c sim/moves.c sim/search.c \
	sim/small_world.c sim/state.c sim/world.c)
"$@" -o "$program" "$work"/*.o -lsodium -lutf8proc
rm -rf "$work"
