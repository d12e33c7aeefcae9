//! A GitHub login by the OAuth 2.0 authorization code flow, with nothing between the reader and the
//! protocol.
//!
//! A leg of the protocol is a file, and the files stand in the order in which the bytes travel:
//!
//! ```text
//!  environment, flags                     the person's browser                     the provider
//!         │                                      │                                      │
//!         ▼                                      │                                      │
//!    Config ──► flow::authorize ── URL ─────────►│──── leg 1: GET authorize ───────────►│
//!                     │ (state, verifier stay)   │◄─── 302 to the redirect URI ─────────│
//!                     ▼                          │
//!  flow::listener ─► flow::callback ◄── leg 2: GET /callback?code&state
//!                     │  mpsc: Arrival { answer, tab }
//!                     ▼
//!               flow::token ─────────────── leg 3: POST code + secret + verifier ──────►│
//!                     │ AccessToken ◄───────────────────────────────────────────────────│
//!                     ▼
//!              flow::profile ────────────── leg 4: GET /user, Bearer ──────────────────►│
//!                     │ Profile ◄───────────────────────────────────────────────────────│
//!                     ▼
//!      tab.show(page)  +  terminal (profile on stdout, everything else on stderr)  +  exit code
//! ```
//!
//! Read in this order: [`login`], which is the whole flow in one file; the legs in [`flow`]; the
//! octets in [`wire`]; the arithmetic in [`secret`]; then what surrounds them. [`explain`] puts the
//! steps into words, and [`practice`] is the other side of the wire.
//!
//! The library exists for the program and its tests; it promises no stable interface.

#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

pub mod login;

pub mod flow;

pub mod wire;

pub mod secret;

pub mod browser;
pub mod cli;
pub mod config;
pub mod error;
pub mod explain;
pub mod page;
pub mod terminal;

pub mod practice;
