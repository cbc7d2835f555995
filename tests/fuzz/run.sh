#!/bin/sh
# run.sh - one fuzz target for a short while, from its corpus
#
# usage: run.sh TARGET CORPUS
#
# Runs for $FUZZ_SECONDS (3). What it finds is kept beside the target and is
# tried first the next time, so a crash stays found until it is mended; the
# corpus in the tree is only read.
set -eu
target=$1
corpus=$2
found=$target.found

mkdir -p "$found"
exec "$target" -seed=1 -max_total_time="${FUZZ_SECONDS:-3}" -timeout=10 \
	-rss_limit_mb=1024 -artifact_prefix="$found/" "$found" "$corpus"
