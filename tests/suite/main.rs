//! The program as its users and its enemies meet it: the real binary as a child process, real
//! sockets, and each test a sentence. The pure parts have their tables beside them in `src`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg_attr(not(feature = "classroom"), allow(dead_code, unused_imports))]
mod support;

#[cfg(feature = "classroom")]
mod alone;
mod anywhere;
#[cfg(feature = "classroom")]
mod break_it;
mod certified;
mod command_line;
mod configuration;
#[cfg(unix)]
mod elsewhere;
mod endpoints;
#[cfg(feature = "classroom")]
mod exam;
mod explain;
mod fuzz;
#[cfg(feature = "classroom")]
mod handout;
mod login;
mod port;
#[cfg(feature = "classroom")]
mod practice;
mod tls;
