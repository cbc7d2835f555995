#!/bin/sh
# run.sh - one fuzz target for a short while, from its corpus
#
# usage: run.sh TARGET CORPUS RUNS
#
# Runs for $FUZZ_SECONDS (3), or RUNS times if that is empty. What it finds is
# kept beside the target and is tried first the next time, so a crash stays
# found until it is mended; the corpus in the tree is only read.
set -eu
target=$1
corpus=$2
found=$target.found
seconds=${FUZZ_SECONDS-3}

if [ "$seconds" ]; then
	until=-max_total_time=$seconds
else
	until=-runs=$3
fi
mkdir -p "$found"
exec "$target" -seed=1 "$until" -timeout=10 -rss_limit_mb=1024 \
	-print_final_stats=1 -artifact_prefix="$found/" "$found" "$corpus"
