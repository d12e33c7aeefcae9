# One command each. `make help` lists them.
CARGO   ?= cargo
PREFIX  ?= /usr/local
DESTDIR ?=
BIN     := target/release/bare-oauth

.DEFAULT_GOAL := help
.PHONY: help demo run build install test check clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: build ## the practice login: no account, no network, no browser needed
	@$(BIN) practice

run: build ## the GitHub login, with CLIENT_ID and CLIENT_SECRET from the environment
	@$(BIN)

build: ## the release binary
	@$(CARGO) build --release --locked --quiet

install: build ## copy the binary to $(DESTDIR)$(PREFIX)/bin
	install -D -m 755 $(BIN) $(DESTDIR)$(PREFIX)/bin/bare-oauth

test: ## every test that needs nothing but Rust
	$(CARGO) test --locked

check: test ## the tests, then fmt, clippy and rustdoc with warnings denied
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

clean: ## remove what was built
	$(CARGO) clean
