//! The program as its users and its enemies meet it: the real binary as a child process, real
//! sockets, and each test a sentence. The pure parts have their tables beside them in `src`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

mod alone;
mod anywhere;
mod break_it;
mod certified;
mod command_line;
mod configuration;
#[cfg(unix)]
mod elsewhere;
mod endpoints;
mod exam;
mod explain;
mod fuzz;
mod handout;
mod login;
mod port;
mod practice;
mod tls;
