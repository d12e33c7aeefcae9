//! A GitHub login by the OAuth 2.0 authorization code flow, with nothing between the reader and the
//! protocol.
//!
//! A leg of the protocol is a file. In the order in which the bytes travel:
//!
//! ```text
//! before  receive::port         listens, before the browser leaves
//! leg 1   protocol::authorize   the browser carries the question; the verifier stays here
//! leg 2   protocol::callback    the browser brings the answer, and its tab waits
//! leg 3   protocol::token       code, client secret and verifier for a token
//! leg 4   protocol::profile     the token for the profile
//! after   receive::page         the tab is told what has happened
//! leg 5   protocol::revoke      with `--revoke`: the token ends
//! ```
//!
//! Begin with [`login`], which is the whole flow, and read [`wire`] and [`secret`] after the legs.
//! [`narrator`] puts the legs into words, [`practice`] is the other side, and [`exam`] grades other
//! clients. The library promises no stable interface.

// Tests may unwrap, and a table of theirs is one function.
#![cfg_attr(test, allow(clippy::restriction, clippy::too_many_lines))]

pub mod ask;
pub mod error;
#[cfg(feature = "classroom")]
pub mod exam;
pub mod login;
pub mod narrator;
#[cfg(feature = "classroom")]
pub mod practice;
pub mod protocol;
pub mod receive;
pub mod secret;
pub mod setup;
pub mod show;
pub mod wire;
