# One command each. `make help` lists them. Budgets are in tests/budgets, bounds in tests/house.py.
CARGO   ?= cargo
PREFIX  ?= /usr/local
DESTDIR ?=
# What is built is run and copied from here, whatever the environment says.
export CARGO_TARGET_DIR := target
unexport CARGO_BUILD_TARGET CARGO_ENCODED_RUSTFLAGS
# Most tests wait more than they work, so more of them than there are cores run side by side.
export RUST_TEST_THREADS := 8
BIN     := target/release/bare-oauth
RELEASE := RUSTFLAGS="$$(tests/flags.sh release)"
# Every test that fails is shown, not only those of the first file that has one.
TEST    := $(CARGO) test --locked --no-fail-fast

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo explain provider run build static size ports dist install clean \
	lint house deps test test-alone test-long test-faults exam-clients test-browser test-static others oldest needs check-quick check \
	bench bench-others

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
	@$(RELEASE) $(CARGO) build --release --locked --quiet

install: build ## the release binary, its manual page and completions, to $(DESTDIR)$(PREFIX)
	@tests/needs.sh install
	@tests/dist/install.sh "$(DESTDIR)$(PREFIX)"

static: ## the login alone as a static file, target/static/bare-oauth; CLASSROOM=1: all of it, …-classroom
	@tests/static.sh $(if $(CLASSROOM),--classroom)

ports: ## build and run it for other systems: Linux with musl on x86-64 and ARM, Windows
	@tests/ports/ports.sh

dist: ## the archives for other systems, target/dist: what is committed, built twice, opened and run like make ports
	@tests/dist/dist.sh

lint: ## formatting, lints and documentation
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --all-targets --no-default-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

house: ## the source in figures: minutes to read it aloud, circles, long functions and files, density
	@tests/house.py --self-test
	@tests/house.py

deps: ## the tree of packages; fails where there is a fifth, or a crate more than there were
	@tests/deps.sh

test: ## every test that needs nothing but Rust and a quarter of a minute
	$(TEST)

test-alone: ## the suite, for the login alone
	$(TEST) --no-default-features --test suite

test-long: ## the tests that need other programs, or minutes
	$(TEST) --test suite -- --ignored

test-faults: ## logins in which a system call fails, each by each plausible error
	@tests/needs.sh test-faults
	$(CARGO) build --locked
	@tests/faults.py

test-browser: ## the tests in a real browser
	@tests/needs.sh test-browser
	$(TEST) --test browser -- --ignored

test-static: ## the tests of the static files, in an empty root
	@tests/needs.sh test-static
	@tests/static.sh
	BARE_OAUTH_BIN=$(CURDIR)/target/static/bare-oauth $(TEST) --no-default-features --test static -- --ignored
	@tests/static.sh --classroom
	BARE_OAUTH_BIN=$(CURDIR)/target/static/bare-oauth-classroom $(TEST) --test static -- --ignored

exam-clients: build ## examine eight real clients, which it gets from the package registries
	@tests/clients/run.sh

others: ## check the types for other systems
	@tests/others.sh

oldest: ## build and test with the oldest Rust that Cargo.toml allows, if Debian has that very version
	@tests/oldest.sh

check-quick: lint house test ## for each change: formatting, lints, the house, and the tests that need nothing else

check: needs lint house deps test test-alone test-long others ## before a change lands: lints, bounds, and all tests but those of a browser and of other builds
	@if tests/needs.sh test-faults; then $(MAKE) --no-print-directory test-faults; \
	else echo "make test-faults is left out"; fi

needs:
	@tests/needs.sh check

size: ## what the login alone adds to the least program of its packages; fails over budget
	@tests/bench/size.sh release
	@tests/bench/size.sh static

bench: build ## measure size, speed and memory; BENCH_BUILD=0 leaves the clean build out
	@$(RELEASE) $(CARGO) bench --locked --quiet --bench figures

bench-others: build ## what make ports and make static built, beside gh, git-credential-oauth, rclone, the original
	@$(RELEASE) $(CARGO) bench --locked --quiet --bench compare

clean: ## remove what was built
	$(CARGO) clean
