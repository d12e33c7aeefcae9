//! What the provider can do, for clients that ask before they begin: RFC 8414 §2 and §3.
//!
//! ```text
//! GET /.well-known/oauth-authorization-server/login/oauth      RFC 8414 §3.1
//! GET /login/oauth/.well-known/openid-configuration            §5, for older clients
//!
//! {"issuer":"http://127.0.0.1:8010/login/oauth","authorization_endpoint":"…",…}
//! ```
//!
//! GitHub differs: it publishes none. Left out: a revocation endpoint, because leg 5 isn't RFC 7009's;
//! ID tokens, which nobody gets here. Shown by `tests/suite/alone.rs`.

use super::{answer::Answer, grants::Grants};
use crate::wire::response::Response;

pub(super) const PATH: &str = "/.well-known/oauth-authorization-server/login/oauth";
pub(super) const OLDER_PATH: &str = "/login/oauth/.well-known/openid-configuration";

pub(super) fn show(grants: &Grants) -> Answer {
    let json = include_str!("metadata.json").replace("ISSUER", &grants.issuer);
    Answer::right(Response::new(200, "application/json", json), "the metadata (RFC 8414 §3.2)")
}
