//! The answers of GitHub's API: a profile, or a message about a request that it refuses.
//!
//! ```text
//! {"login":"octocat","id":583231,…}                                          200
//! {"message":"Bad credentials","documentation_url":"…","status":"401"}       401
//! ```

use crate::wire::response::Response;

/// A profile in GitHub's shape, with its nested `plan` and its nulls, but only some of its members.
pub const PROFILE: &str = include_str!("profile.json");

/// The media type of profiles and messages.
pub(super) const JSON: &str = "application/json; charset=utf-8";

/// A refusal, or another message without a profile. `text` must need no escape in JSON.
pub(super) fn message(status: u16, text: &str) -> Response {
    let body = format!(
        r#"{{"message":"{text}","documentation_url":"https://docs.github.com/rest","status":"{status}"}}"#
    );
    let response = Response::new(status, JSON, body);
    // RFC 9110 §11.6.1: "A server generating a 401 (Unauthorized) response MUST send a
    // WWW-Authenticate header field".
    if status == 401 { response.with("WWW-Authenticate", "Bearer") } else { response }
}
