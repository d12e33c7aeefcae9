//! The provider's metadata, for clients that ask before they begin: RFC 8414 §2 and §3.
//!
//! ```text
//! GET /.well-known/oauth-authorization-server/login/oauth      RFC 8414 §3.1
//! GET /login/oauth/.well-known/openid-configuration            §5, for older clients
//!
//! {"issuer":"http://127.0.0.1:8010/login/oauth","authorization_endpoint":"…",…}
//! ```
//!
//! GitHub publishes its own at the same two paths, as a public preview that is meant for MCP clients.
//! GitHub differs: it names `offline_access` as its only scope, has the device flow besides, and says
//! nothing of how clients authenticate. Left out: a revocation endpoint, because leg 5 isn't RFC
//! 7009's; ID tokens, which nobody gets here. Shown by `tests/suite/alone.rs`.

use serde_json::json;

use super::answer::Answer;
use super::grants::Grants;
use super::scopes::{OFFLINE_ACCESS, SCOPES};
use crate::wire::response::Response;

pub(super) const PATH: &str = "/.well-known/oauth-authorization-server/login/oauth";
pub(super) const OLDER_PATH: &str = "/login/oauth/.well-known/openid-configuration";

pub(super) fn show(grants: &Grants) -> Answer {
    let issuer = &grants.issuer;
    let mut scopes = vec![OFFLINE_ACCESS];
    for scope in &SCOPES {
        scopes.push(scope.name);
    }
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/access_token"),
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    let response = Response::new(200, "application/json", metadata.to_string());
    Answer::right(response, "the metadata (RFC 8414 §3.2)")
}
