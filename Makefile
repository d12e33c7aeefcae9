# One command each. `make help` lists them.
CARGO   ?= cargo
PREFIX  ?= /usr/local
DESTDIR ?=
BIN     := target/release/bare-oauth
ARCH    := $(shell uname -m)
MUSL    := $(ARCH)-unknown-linux-musl
GNU     := $(ARCH)-unknown-linux-gnu

.DEFAULT_GOAL := help
.PHONY: help demo run build static install test test-browser check bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## the practice login: no account, no network, no browser needed
	@$(BIN) practice

run: build ## the GitHub login, with CLIENT_ID and CLIENT_SECRET from the environment
	@$(BIN)

build: ## the release binary, target/release/bare-oauth
	@$(CARGO) build --release --locked --quiet

# musl where its target and musl-gcc are installed, glibc otherwise.
static: ## the static release binary, for Linux
	@if [ -d "$$(rustc --print sysroot)/lib/rustlib/$(MUSL)" ] && command -v musl-gcc >/dev/null; then \
		target=$(MUSL); flags=; \
	else \
		target=$(GNU); flags="-C target-feature=+crt-static"; \
	fi; \
	RUSTFLAGS="$$flags" $(CARGO) build --release --locked --quiet --target $$target && \
	ls -l target/$$target/release/bare-oauth

install: build ## copy the release binary to $(DESTDIR)$(PREFIX)/bin
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/bare-oauth

test: ## every test that needs nothing but Rust
	$(CARGO) test --locked

test-browser: ## the tests in a real browser
	@for program in chromium chromedriver; do \
		command -v $$program >/dev/null || { echo "$$program is missing: apt-get install chromium chromium-driver" >&2; exit 1; }; \
	done
	$(CARGO) test --locked --test browser -- --ignored

check: test ## the tests, then fmt, clippy and rustdoc with warnings denied
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

bench: ## measure size, speed and memory of the release build
	@$(CARGO) bench --locked --quiet --bench figures

clean: ## remove what was built
	$(CARGO) clean
