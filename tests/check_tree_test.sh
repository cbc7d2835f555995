#!/bin/sh
# check_tree_test.sh - each law of check_tree.sh catches the one who breaks it
#
# Builds a small tree that keeps all laws, breaks one at a time in a copy, and
# wants to see that violation, with its line. The results are TAP.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
count=0
failed=0

# A C file whose first line is right; the lines of standard input follow.
c_file() {
	mkdir -p "$(dirname "$1")"
	{
		echo "/* ${1##*/} - a file of a small tree */"
		cat
	} >"$1"
}

good_tree() {
	c_file src/main.c <<-'C'
		#include "config.h"
		#include "net/engine.h"
	C
	c_file src/config.c <<-'C'
		#include "config.h"
	C
	c_file src/config.h </dev/null
	c_file src/core/bytes.c <<-'C'
		#include "bytes.h"

		#include <sodium.h>
		#include <string.h>
	C
	c_file src/core/bytes.h <<-'C'
		#include <stdint.h>
	C
	c_file src/core/step.h <<-'C'
		#include "bytes.h"
	C
	c_file src/store/store.c <<-'C'
		#include "core/bytes.h"

		#include <sqlite3.h>
		#include <sys/file.h>
	C
	c_file src/net/engine.h <<-'C'
		#include "core/step.h"

		#include <pthread.h>
		#include <uv.h>
	C
	c_file tests/unit/test_bytes.c <<-'C'
		#include <cmocka.h>
	C
	c_file bench/fanout.c <<-'C'
		#include <uv.h>
	C
	mkdir -p tests/e2e
	echo '#!/bin/sh' >tests/e2e/two_nodes.sh
	chmod +x tests/e2e/two_nodes.sh
	echo "'config.c', 'core/bytes.c', 'store/store.c'" >src/meson.build
	echo "'unit/test_bytes.c', 'e2e/two_nodes.sh'" >tests/meson.build
	echo "'fanout.c'" >bench/meson.build
	echo "'src/main.c'" >meson.build
	{
		echo '# A small tree'
		echo '<!-- map -->'
		echo '```'
		"$here/check_tree.sh" --map .
		echo '```'
		echo '<!-- end of map -->'
	} >ARCHITECTURE.md
}

verdict() {
	count=$((count + 1))
	if [ "$1" = ok ]; then
		echo "ok $count - $2"
	else
		failed=1
		echo "not ok $count - $2"
		sed 's/^/# /' "$work/said"
	fi
}

# caught CLAIM WANTED: the tree in ./ is broken so that WANTED is the one line
# that is said of it, or its beginning. A new tree follows.
caught() {
	status=0
	"$here/check_tree.sh" . >"$work/said" 2>&1 || status=$?
	said=$(cat "$work/said")
	case $status:$said in
	1:*"
"*) verdict no "$1" ;;
	1:"$2"*) verdict ok "$1" ;;
	*) verdict no "$1" ;;
	esac
	renew
}

renew() {
	cd "$work"
	rm -rf tree
	cp -R good tree
	cd tree
}

mkdir "$work/good"
cd "$work/good"
good_tree
renew

if "$here/check_tree.sh" . >"$work/said" 2>&1; then
	verdict ok 'a tree that keeps the laws is left in peace'
else
	verdict no 'a tree that keeps the laws is left in peace'
fi

echo '#include <sqlite3.h>' >>src/core/bytes.c
caught 'a library outside its folder' 'src/core/bytes.c:6: <sqlite3.h>'

echo '#include <uv.h>' >>src/main.c
caught 'libuv in main.c' 'src/main.c:4: <uv.h> is for net/'

echo '#include <pthread.h>' >>src/store/store.c
caught 'threads outside net/' 'src/store/store.c:6: <pthread.h>'

echo '#include <curl/curl.h>' >>src/net/engine.h
caught 'a library that has no folder' 'src/net/engine.h:6: <curl/curl.h>'

echo '#include <cmocka.h>' >>src/config.c
caught 'cmocka in the product' 'src/config.c:3: <cmocka.h>'

echo '#include <cmocka.h>' >>bench/fanout.c
caught 'cmocka in a benchmark' 'bench/fanout.c:3: <cmocka.h>'

echo '#include <unistd.h>' >>src/core/step.h
caught 'a system call in a pure folder' 'src/core/step.h:3: core/ is pure'

echo '#include <sys/socket.h>' >>src/core/step.h
caught 'a socket in a pure folder' 'src/core/step.h:3: core/ is pure'

echo 'randombytes_buf(key, sizeof key);' >>src/core/bytes.c
caught 'randomness in a pure folder' 'src/core/bytes.c:6: core/ is pure'

echo '#include "net/engine.h"' >>src/store/store.c
caught 'a layer that looks up' 'src/store/store.c:6: store/ may not include'

echo '#include "config.h"' >>src/store/store.c
caught 'a layer that includes config.h' 'src/store/store.c:6: store/ may not'

echo '#include "nowhere.h"' >>src/store/store.c
caught 'a header that is not there' 'src/store/store.c:6: "nowhere.h"'

echo '#include "step.h"' >>src/core/bytes.h
caught 'a cycle of includes' 'src/core/step.h:2: closes a cycle'

echo 'int x;' >src/config.c
caught 'a first line that says nothing' 'src/config.c:1: the first line'

sed 's/bytes.c/wire.c/' src/core/bytes.c >x && mv x src/core/bytes.c
caught 'a first line with the wrong name' 'src/core/bytes.c:1: the first line'

yes '' | head -n 800 >>src/config.c
caught 'a file over 800 lines' 'src/config.c:801: over 800 lines'

c_file tests/unit/time_helper.h </dev/null
caught 'a file named helper' 'tests/unit/time_helper.h:1: a file is named'

echo >src/meson.build "'config.c', 'core/bytes.c'"
caught 'a source that is not built' 'src/store/store.c:1: no meson.build'

echo >tests/meson.build "'e2e/two_nodes.sh'"
caught 'a unit test that is not run' 'tests/unit/test_bytes.c:1: no meson'

echo >tests/meson.build "'unit/test_bytes.c'"
caught 'a script that is not run' 'tests/e2e/two_nodes.sh:1: no meson'

rm ARCHITECTURE.md
caught 'no map' 'ARCHITECTURE.md:1: is missing'

c_file src/core/err.h </dev/null
caught 'a file that the map lacks' 'ARCHITECTURE.md:7: the map'

sed '/end of map/i extra' ARCHITECTURE.md >x && mv x ARCHITECTURE.md
caught 'a line too many in the map' 'ARCHITECTURE.md:11: the map'

sed '2,$d' ARCHITECTURE.md >x && mv x ARCHITECTURE.md
caught 'an empty map' 'ARCHITECTURE.md:1: the map'

echo 'See core/gone.c.' >>ARCHITECTURE.md
caught 'a name of a file that is gone' 'ARCHITECTURE.md:12: there is no'

echo "1..$count"
exit $failed
