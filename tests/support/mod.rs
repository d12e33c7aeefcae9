//! The other sides, which the tests play: the shell that starts the program, the browser, the person
//! at the consent page, and the provider.

#![allow(dead_code, unused_imports, reason = "four crates share it, and each needs a part of it")]

mod browser;
mod folder;
mod golden;
mod legs;
mod person;
mod program;
mod provider;
pub(crate) mod tls;
mod waiting;

pub(crate) use browser::{Page, accept, connect, get, read, request, send};
pub(crate) use folder::Folder;
pub(crate) use golden::assert_golden;
pub(crate) use legs::{assert_leg_3_fails, assert_leg_4_fails, assert_login_fails};
pub(crate) use person::{post, press, ticket};
pub(crate) use program::{
    Authorization, EXPORT, Finished, PATIENCE, Program, Running, free_port, log_in_explained,
    open_on_a_free_port, program, python, run_in_shell, start_practice_provider,
};
pub(crate) use provider::{Provider, Reply, chunked, reply};
pub(crate) use waiting::{assert_login, assert_login_within_5_seconds, start_waiting};

/// The secret that the tests register with, and expect never to see printed.
pub(crate) const CLIENT_SECRET: &str = "s3cr3t-0f-the-cl1ent";
/// The code that the tests bring.
pub(crate) const CODE: &str = "c0de-0123456789abcdef";
/// The callback that brings it, `STATE` standing for the right state.
pub(crate) const GRANTED: &str = "code=c0de-0123456789abcdef&state=STATE";
/// The token that the tests' provider gives.
pub(crate) const TOKEN: &str = "gho_t0ken0123456789abcdefghijklmnopqrstu";
/// The refresh token beside it.
pub(crate) const REFRESH_TOKEN: &str = "ghr_refresh0123456789abcdefghijklmnop";

/// The header that names the kind of a body.
pub(crate) const JSON: &str = "Content-Type: application/json\r\n";
pub(crate) const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";
pub(crate) const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
