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
//!      flow::port ─► flow::callback ◄── leg 2: GET /callback?code&state
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
//! With `--revoke`, [`flow::revoke`] then ends the token in a leg 5.
//!
//! Read in this order: [`login`], which is the whole flow in one file; the legs in [`flow`]; the
//! bytes in [`wire`]; the arithmetic in [`secret`]; then what surrounds them. [`narrator`] puts the
//! legs into words, and [`practice`] is the other side. The library promises no stable interface.

// Tests may unwrap.
#![cfg_attr(test, allow(clippy::restriction))]

pub mod browser;
pub mod cli;
pub mod config;
pub mod error;
pub mod flow;
pub mod limits;
pub mod login;
pub mod narrator;
pub mod page;
#[cfg(feature = "classroom")]
pub mod practice;
pub mod secret;
pub mod terminal;
pub mod wire;
