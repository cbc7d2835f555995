# Makefile - the front door; meson.build is the house
#
# make run ARGS='serve --port 0' passes arguments on.

.NOTPARALLEL:
.PHONY: build run demo check prove format clean deps deps-to-run

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

check: deps
	@tests/check.sh

prove: deps
	@tests/check.sh slow

format:
	@tests/check_format.sh -i

clean:
	@rm -rf build

deps:
	@debian/install-build-deps.sh

deps-to-run:
	@debian/install-build-deps.sh nocheck
