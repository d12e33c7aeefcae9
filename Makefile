# One command each. `make help` lists them.
CARGO   ?= cargo
PREFIX  ?= /usr/local
DESTDIR ?=
# What is built is run and copied from here, whatever the environment says.
export CARGO_TARGET_DIR := target
unexport CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS
BIN     := target/release/bare-oauth
# Static, the login alone; with CLASSROOM=1 the whole.
STATIC  := target/static/bare-oauth$(if $(CLASSROOM),-classroom)
WHAT     = $(if $(CLASSROOM),,--no-default-features)
# Release files hold no path of this machine: 4,096 bytes less, and the same bytes everywhere.
REMAP   := --remap-path-prefix=$(or $(CARGO_HOME),$(HOME)/.cargo)/registry/src=

# The four packages, and how many crates their tree has on Linux: this one, and those of build
# scripts and macros, included.
PACKAGES := serde serde_json ureq webbrowser
CRATES   := 43
TREE      = $(CARGO) tree --locked --edges normal,build --target x86_64-unknown-linux-gnu

# The most lines that `make lines` lets pass, unit tests left out: the core, which is read aloud in an
# hour, the practice provider with the board, and the exam.
CORE_LINES     := 3750
PRACTICE_LINES := 1600
EXAM_LINES     := 1100

# The most that `make size` lets pass: the login alone, in percent of the least program of the same
# packages (tests/bench/least.rs), which is built beside it. `make size` says where the rest goes. The
# aim for the release is 109: without the channel that carries the callback it would be 11 KB less.
RELEASE_BUDGET := 110
STATIC_BUDGET  := 106

# musl where its standard library and a C compiler for it (for ring) are installed, glibc otherwise.
ARCH          := $(shell uname -m)
MUSL          := $(ARCH)-unknown-linux-musl
GNU           := $(ARCH)-unknown-linux-gnu
MUSL_LIB       = $(wildcard $(shell rustc --print target-libdir --target $(MUSL)))
MUSL_CC        = $(shell command -v $(ARCH)-linux-musl-gcc || command -v musl-gcc)
TARGET         = $(if $(and $(MUSL_LIB),$(MUSL_CC)),$(MUSL),$(GNU))
# rustc makes static files position-independent on x86-64; on 64-bit ARM it doesn't.
PIE           := $(filter x86_64,$(ARCH))

# What else is done to the static file with glibc, in bytes less, with Rust 1.95 and its own lld; it
# has 2,961,928 without any of it. Kept, on x86-64 (on ARM GNU ld refuses the script):
#   102,296  relative relocations packed; glibc 2.36 and later unpacks them (musl from 1.2.4 on, but
#            Debian 12 has 1.2.3, so there they aren't packed)
#   307,688  unwind tables dropped, which nothing reads: a panic aborts
# Not kept, each tried on top of these two:
#    39,936  equal code made a function (-C llvm-args=-enable-machine-outliner): LLVM promises
#            nothing of it, and on this processor hardly anybody uses it
#    12,992  identical functions folded (--icf=all; 0 with --icf=safe): C promises that two functions
#            of glibc have two addresses, and only lld can
#     4,096  strings merged (-O2)
#     1,216  `log` messages compiled out (--cfg feature="max_level_off"): LTO has dropped the rest
#         0  unwind tables not made (-C force-unwind-tables=no), -C relocation-model=pie
# Dead sections are dropped by default.
NO_UNWIND := target/static/no-unwind.ld
PIE_FLAGS := -C link-arg=-Wl,-z,pack-relative-relocs -C link-arg=-Wl,--no-eh-frame-hdr,-T,$(NO_UNWIND)
GNU_FLAGS := -C target-feature=+crt-static $(if $(PIE),$(PIE_FLAGS))
STATIC_FLAGS = $(REMAP) $(if $(filter $(GNU),$(TARGET)),$(GNU_FLAGS))

# Where they are installed, `make check` checks the code for these systems as well.
OTHER_TARGETS := $(MUSL) x86_64-pc-windows-gnu x86_64-pc-windows-msvc aarch64-apple-darwin

.DEFAULT_GOAL := help
.PHONY: help demo explain provider run build static size ports dist deps install test test-long test-browser test-static check lines bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## the practice login: no account, no browser, and once built no network needed
	@$(BIN) practice

explain: build ## the same, with each step explained and the bytes of each leg
	@$(BIN) practice --explain

provider: build ## the practice provider alone, for any client, until Ctrl-C
	@$(BIN) provider

run: build ## the GitHub login, with CLIENT_ID and CLIENT_SECRET from the environment
	@$(BIN)

build: ## the release binary, target/release/bare-oauth
	@[ -e $(BIN) ] || echo "building; the first time takes a minute" >&2
	@RUSTFLAGS="$(REMAP)" $(CARGO) build --release --locked --quiet

static: ## the login alone as a static file, target/static/bare-oauth; CLASSROOM=1: all of it, …-classroom
	@$(if $(MUSL_LIB),,echo "musl is not installed: rustup target add $(MUSL)";) \
	$(if $(MUSL_CC),,echo "its C compiler is not installed: apt-get install musl-tools";) \
	echo "building for $(TARGET)"
	@mkdir -p $(dir $(STATIC))
	@echo 'SECTIONS { /DISCARD/ : { *(.eh_frame* .gcc_except_table*) } } INSERT AFTER .text;' > $(NO_UNWIND)
	@RUSTFLAGS="$(STATIC_FLAGS)" $(CARGO) build --release --locked --quiet --target $(TARGET) --bin bare-oauth $(WHAT)
	@cp target/$(TARGET)/release/bare-oauth $(STATIC)
	@LC_ALL=C readelf -hldSW $(STATIC) > $(STATIC).readelf
	@! grep -E 'INTERP|\(NEEDED\)|\.symtab' $(STATIC).readelf && \
		grep -q 'Type: *$(if $(PIE),DYN,EXEC\|DYN)' $(STATIC).readelf || \
		{ echo "$(STATIC) is not static, stripped$(if $(PIE), and position-independent)" >&2; exit 1; }
	@echo "static: no INTERP, nothing NEEDED; stripped: no .symtab$(if $(PIE),; position-independent: DYN)"
	@$(STATIC) --version || { echo "it does not run: is this glibc older than 2.36?" >&2; exit 1; }
	@wc -c $(STATIC)

size: static ## what the login alone adds to the least program of its packages; fails over budget
	@RUSTFLAGS="$(REMAP)" tests/bench/size.sh $(RELEASE_BUDGET)
	@RUSTFLAGS="$(STATIC_FLAGS)" tests/bench/size.sh $(STATIC_BUDGET) $(TARGET)

ports: ## build and run it for other systems: Linux with musl on x86-64 and ARM, Windows
	@tests/ports/ports.sh

dist: ## the archives for those systems, target/dist, built twice to the same bytes
	@tests/ports/dist.sh

deps: ## the tree of packages; fails where there is a fifth, or a crate more than there were
	@$(TREE)
	@direct=$$(sed -n '/^name = "bare-oauth"$$/,/^]/s/^ "\([^" ]*\).*/\1/p' Cargo.lock | xargs); \
	[ "$$direct" = "$(PACKAGES)" ] || \
		{ echo "the direct dependencies are $$direct; they must be $(PACKAGES)" >&2; exit 1; }
	@crates=$$($(TREE) --prefix none --no-dedupe --format '{p}' | sort -u | wc -l); \
	echo "$$crates crates"; \
	[ $$crates -le $(CRATES) ] || \
		{ echo "there are $$crates crates, and the Makefile allows $(CRATES): do without the new one" >&2; exit 1; }

lines: ## count the lines of the source; fails where a part is over its budget
	@set -f; for part in "CORE_LINES $(CORE_LINES) ! -path src/practice/* ! -path src/exam/*" \
			"PRACTICE_LINES $(PRACTICE_LINES) -path src/practice/*" \
			"EXAM_LINES $(EXAM_LINES) -path src/exam/*"; do \
		set -- $$part; name=$$1; budget=$$2; shift 2; \
		lines=$$(find src -name '*.rs' ! -name tests.rs "$$@" \
			-exec awk 'FNR == 1 {counts = 1} /#\[cfg\(test\)\]/ {counts = 0} counts' {} + | wc -l); \
		echo "$$lines lines; $$name in the Makefile allows $$budget"; \
		[ $$lines -le $$budget ] || { echo "$$name could be raised there, but a program that is" \
			"read aloud has to stay short: take something out instead" >&2; exit 1; }; \
	done

install: build ## copy the release binary to $(DESTDIR)$(PREFIX)/bin
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -m 755 $(BIN) "$(DESTDIR)$(PREFIX)/bin/bare-oauth"

# Most tests wait more than they work, so that more of them than there are cores go side by side.
test: ## every test that needs nothing but Rust and a few seconds
	RUST_TEST_THREADS=8 $(CARGO) test --locked

test-long: ## the tests that need other programs, or half a minute
	RUST_TEST_THREADS=8 $(CARGO) test --locked --test suite -- --ignored

test-browser: ## the tests in a real browser
	@for program in chromium chromedriver; do \
		command -v $$program >/dev/null || { echo "$$program is missing: apt-get install chromium chromium-driver" >&2; exit 1; }; \
	done
	$(CARGO) test --locked --test browser -- --ignored

test-static: ## the tests of the static files, in an empty root
	@for program in unshare ip openssl; do \
		command -v $$program >/dev/null || { echo "$$program is missing: apt-get install util-linux iproute2 openssl" >&2; exit 1; }; \
	done
	@$(MAKE) --no-print-directory static
	@$(MAKE) --no-print-directory static CLASSROOM=1
	BARE_OAUTH_BIN=$(CURDIR)/target/static/bare-oauth \
		$(CARGO) test --locked --no-default-features --test static -- --ignored
	BARE_OAUTH_BIN=$(CURDIR)/target/static/bare-oauth-classroom \
		$(CARGO) test --locked --test static -- --ignored

# For another system's `cargo check` no C is compiled: ring's build script finds `true` for a
# compiler.
check: test test-long ## all of the suite, then fmt, clippy, rustdoc, packages, lines, other systems
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --all-targets --no-default-features -- -D warnings
	RUST_TEST_THREADS=8 $(CARGO) test --locked --no-default-features --test suite
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps
	@$(MAKE) --no-print-directory deps >/dev/null
	@$(MAKE) --no-print-directory lines
	@for target in $(OTHER_TARGETS); do \
		if [ -d "$$(rustc --print target-libdir --target $$target)" ]; then \
			echo "checking for $$target"; CC=true AR=true $(CARGO) check --locked --target $$target || exit 1; \
		else echo "not checked for $$target: its standard library is not installed"; fi; \
	done

bench: build ## measure size, speed and memory; BENCH_BUILD=0 leaves the clean build out
	@RUSTFLAGS="$(REMAP)" $(CARGO) bench --locked --quiet --bench figures

clean: ## remove what was built
	$(CARGO) clean
