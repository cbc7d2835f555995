#!/bin/sh
# check_tree.sh - the laws of src/, held by a test instead of good will
#
# usage: tests/check_tree.sh [--map] [TREE]
#
# Prints each violation as file:line: sentence and exits 1 if there is any.
# --map prints the list of source files, made of their first lines, that stands
# in ARCHITECTURE.md between the lines "<!-- map" and "<!-- end of map".
set -eu

map=0
if [ "${1:-}" = --map ]; then
	map=1
	shift
fi
here=$(cd "$(dirname "$0")" && pwd)
cd "${1:-$here/..}"

{
	find src tests bench -name '*.[ch]'
	find tests -path 'tests/e2e/*' -type f -perm -u+x ! -name '*.[ch]'
} | LC_ALL=C sort | awk -v map="$map" -f "$here/check_tree.awk"
