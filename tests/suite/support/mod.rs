//! What the tests play: the shell that starts the program, the browser, and the provider.

mod browser;
mod person;
mod program;
mod provider;
pub(crate) mod tls;

pub(crate) use browser::{Page, accept, connect, get, read, request, send};
pub(crate) use person::{post, press, ticket};
pub(crate) use program::{
    Authorization, EXPORT, Finished, PATIENCE, Program, Running, holding, program, python,
    quiet_port, shell,
};
pub(crate) use provider::{Provider, Reply, reply};

/// What the tests register as, and expect never to see printed.
pub(crate) const CLIENT_SECRET: &str = "s3cr3t-0f-the-cl1ent";
/// The code that the tests bring.
pub(crate) const CODE: &str = "c0de-0123456789abcdef";
/// The callback that brings it, `STATE` standing for the right state.
pub(crate) const GRANTED: &str = "code=c0de-0123456789abcdef&state=STATE";
/// The token that the tests' provider gives.
pub(crate) const TOKEN: &str = "gho_t0ken0123456789abcdefghijklmnopqrstu";
/// The refresh token beside it.
pub(crate) const REFRESH_TOKEN: &str = "ghr_refresh0123456789abcdefghijklmnop";

/// What an answer says of its body.
pub(crate) const JSON: &str = "Content-Type: application/json\r\n";
pub(crate) const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";
pub(crate) const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
