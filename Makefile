# Makefile - the front door; meson.build is the house
#
# make run ARGS='serve --port 0' passes arguments on, and so do sim and bench.

.NOTPARALLEL:
.PHONY: build run demo sim check prove coverage bench format clean deps deps-to-run

build: build/build.ninja
	@ninja -C build --quiet quickfi </dev/null

build/build.ninja:
	@command -v meson >/dev/null || \
		{ echo "meson is missing: run 'make deps' first" >&2; exit 1; }
	@meson setup build -Dtests=false </dev/null

run: deps-to-run build
	@exec build/quickfi $(ARGS)

demo: deps-to-run build
	@demo/demo.sh

sim: deps-to-run build/build.ninja
	@ninja -C build --quiet quickfi-sim </dev/null
	@build/quickfi-sim $(ARGS)

check: deps
	@tests/check.sh

prove: deps
	@tests/check.sh slow

coverage: deps
	@[ -d build/coverage ] || meson setup build/coverage -Db_coverage=true \
		</dev/null
	@ninja -C build/coverage --quiet </dev/null
	@meson test -C build/coverage --no-rebuild --quiet -t 5 --suite unit \
		--suite sim
	@gcovr --root . --filter src/core/ --branches --print-summary \
		--exclude-branches-by-pattern '.*assert\(.*' build/coverage

bench: deps
	@[ -d build/bench ] || meson setup build/bench -Dbuildtype=release \
		</dev/null
	@ninja -C build/bench --quiet quickfi bench/quickfi-bench bench/limit \
		bench/bench_commit bench/sign bench/inside bench/discard \
		tests/hostile </dev/null
	@python3 bench/run.py $(ARGS)

format:
	@tests/check_format.sh -i

clean:
	@rm -rf build

deps:
	@debian/install-build-deps.sh

deps-to-run:
	@debian/install-build-deps.sh nocheck
