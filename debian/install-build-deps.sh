#!/bin/sh
# install-build-deps.sh - installs what debian/control lists and is missing
#
# usage: debian/install-build-deps.sh [nocheck]
#
# With `nocheck` what only the tests use is left out. If nothing is missing
# this says nothing, asks nobody and touches no network.
set -eu
cd "$(dirname "$0")/.."
profiles=${1:-}

say() {
	printf '%s\n' "$*" >&2
}

if ! command -v dpkg >/dev/null || ! command -v apt-get >/dev/null; then
	say "This is not Debian, so nothing is installed for you:" \
		"Build-Depends in debian/control lists what QuickFi needs."
	exit 0
fi

# dpkg-dev itself is one of the things that a fresh system lacks.
missing="build-essential"
if command -v dpkg-checkbuilddeps >/dev/null; then
	missing=$(LC_ALL=C DEB_BUILD_PROFILES=$profiles \
		dpkg-checkbuilddeps 2>&1) && exit 0
	missing=${missing##*: }
fi

as_root=
if [ "$(id -u)" -ne 0 ]; then
	as_root=sudo
	if ! command -v sudo >/dev/null; then
		say "QuickFi needs packages that are missing: $missing." \
			"There is no sudo here: run 'make deps' as root."
		exit 1
	fi
fi

apt() {
	$as_root env DEBIAN_FRONTEND=noninteractive \
		DEB_BUILD_PROFILES="$profiles" \
		flock /var/lib/dpkg apt-get -qq -o DPkg::Lock::Timeout=300 "$@" </dev/null >&2
}

say "Installing what is missing: $missing"
if ! { apt update && apt --no-install-recommends -y build-dep ./; }; then
	say "Could not install: $missing. apt-get's own words are above;" \
		"the list is Build-Depends in debian/control."
	exit 1
fi
