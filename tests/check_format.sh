#!/bin/sh
# check_format.sh - clang-format decides how C looks
#
# usage: tests/check_format.sh [-i]
#
# Prints what differs and exits 1; with -i it puts the files right instead.
set -eu
cd "$(dirname "$0")/.."

if ! command -v clang-format-14 >/dev/null; then
	echo "skip: clang-format-14 is not installed"
	exit 77
fi
find src tests bench -name '*.[ch]' -exec \
	clang-format-14 "${1:---dry-run}" -Werror {} +
