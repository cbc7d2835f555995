#!/usr/bin/env bash
# check.sh - builds QuickFi in three ways, runs the tests in each, counts
#
# usage: tests/check.sh [slow]
#
#   plain   gcc, as released       unit sim plain e2e browser tree
#   asan    clang, ASan and UBSan  unit sim e2e, and each fuzz target for 3 s
#   tsan    gcc, TSan              threads e2e
#
# Warnings are errors in all three. With `slow` the slow suite runs in plain,
# and the fuzz targets run 10^8 times. All that is made stays below build/.
# The last line is "N passed, N failed, N skipped"; 0 is returned if nothing
# failed and something passed.
set -u
cd "$(dirname "$0")/.." || exit

# stage NAME COMPILER PATIENCE "SUITE..." [MESON OPTION...]
#
# Tests on a build that is PATIENCE times slower get that much more time. What
# happened is left in build/NAME for tally.py.
stage() {
	local name=$1 compiler=$2 patience=$3 suites=$4 dir=build/$1
	local begun=$SECONDS built
	shift 4

	mkdir -p "$dir"
	rm -rf "$dir"/meson-logs/testlog* "$dir"/report.* "$dir"/status
	printf '%-6s building ... ' "$name"
	if ! build "$dir" "$compiler" "$@" >"$dir/build.log" 2>&1; then
		echo 'failed'
		return
	fi
	built=$((SECONDS - begun))
	printf '%d s, testing ... ' "$built"
	run_tests "$dir" "$patience" "$suites" >"$dir/test.log" 2>&1
	echo $? >"$dir/status"
	printf '%d s\n' $((SECONDS - begun - built))
}

build() {
	local dir=$1 compiler=$2 again=()
	shift 2

	[ -e "$dir/meson-private/coredata.dat" ] && again=(--reconfigure)
	CC=$compiler meson setup "${again[@]}" "$dir" -Dwerror=true "$@" &&
		ninja -C "$dir" -j "$(nproc)"
} </dev/null

# Sanitizers write to files, so that a report counts even if it comes from a
# process whose exit status nobody looks at.
run_tests() {
	local dir=$1 patience=$2 suites=() suite fixed=()
	local report=log_path=$PWD/$dir/report

	for suite in $3; do
		suites+=(--suite "$suite")
	done
	# Kernels that scatter addresses widely leave TSan no room.
	[ "$dir" = build/tsan ] && setarch -R true && fixed=(setarch -R)
	export PATIENCE=$patience
	export ASAN_OPTIONS=$report:handle_segv=2:detect_stack_use_after_return=1
	export UBSAN_OPTIONS=$report:halt_on_error=1:print_stacktrace=1
	export TSAN_OPTIONS=$report:second_deadlock_stack=1
	# Half of the tests wait for others most of the time.
	"${fixed[@]}" meson test -C "$dir" --no-rebuild --print-errorlogs \
		--num-processes "$(($(nproc) * 2))" -t "$patience" "${suites[@]}"
}

asan=(-Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false)
if [ "${1:-}" = slow ]; then
	export FUZZ_SECONDS=
	stage plain gcc 1 slow
	stage asan clang-14 3 fuzz "${asan[@]}"
	exec python3 tests/tally.py build/plain build/asan
fi
stage plain gcc 1 'unit sim plain e2e browser tree'
stage asan clang-14 3 'unit sim e2e fuzz' "${asan[@]}"
stage tsan gcc 5 'threads e2e' -Db_sanitize=thread
exec python3 tests/tally.py build/plain build/asan build/tsan
