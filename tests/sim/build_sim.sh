#!/bin/sh
# build_sim.sh - quickfi-sim of any compiler, or of a node that is broken
#
# usage: build_sim.sh PROGRAM BROKEN CC...
#
# Makes PROGRAM of copies of the simulator and of src/core, which
# tests/sim/broken/BROKEN.patch breaks, unless that is "whole".
set -eu
program=$1
broken=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
work=$program.d
rm -rf "$work"
mkdir -p "$work"
work=$(cd "$work" && pwd)

cp -R "$here/../../src/core" "$here" "$work"
if [ "$broken" != whole ]; then
	patch --batch --silent --fuzz=0 --ignore-whitespace -p1 -d "$work" \
		<"$here/broken/$broken.patch"
fi
set -- "$@" -std=gnu11 -D_GNU_SOURCE -g -I.
(cd "$work" && "$@" -w -c core/*.c sim/cable.c sim/disk.c sim/fifo.c \
	sim/host.c sim/law.c sim/play.c sim/plot.c sim/quickfi_sim.c \
	sim/seals.c sim/shrink.c sim/world.c)
"$@" -o "$program" "$work"/*.o -Wl,--wrap=qf_identity_sign \
	-Wl,--wrap=qf_key_verify -lsodium -lutf8proc
rm -rf "$work"
