//! The practice provider's side of leg 4: token in, profile out. RFC 6750 §2.1, §3.
//!
//! ```text
//! authorization: Bearer gho_…                                                in
//! user-agent: bare-oauth/0.1.0
//!
//! {"login":"octocat","id":583231,…}                                          out, 200
//! {"message":"Bad credentials","documentation_url":"…","status":"401"}       out, 401
//! ```
//!
//! Left out: scopes, which open nothing and close nothing here. Shown by `tests/suite/practice.rs`.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{answer::Answer, fault::Fault, grants::Grants, token::elsewhere};
use crate::wire::form::Form;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// A profile in GitHub's shape, with its nested `plan` and its nulls, but without most of its URLs.
pub const PROFILE: &str = include_str!("profile.json");

/// In JSON: a colour, a carriage return, and a mark that turns the text around.
const ESCAPES: &str = "\\u001b[31mThe\\r\\u202e";

const JSON: &str = "application/json; charset=utf-8";

/// Answers the profile request.
pub(super) fn show(request: &Request, grants: &Grants) -> Answer {
    if request.header("user-agent").is_none_or(str::is_empty) {
        let body = "<html><body>Request forbidden by administrative rules. Please make sure your request has a \
                    User-Agent header.</body></html>\n";
        let page = Response::new(403, "text/html; charset=utf-8", body.to_owned());
        return Answer::refused(page, "there is no User-Agent (a rule of GitHub's)");
    }
    let refused = |status, text, said: &str| Answer::refused(message(status, text), said);
    let versions = ["2022-11-28", "2026-03-10"];
    if request.header("x-github-api-version").is_some_and(|version| !versions.contains(&version)) {
        let said = "X-GitHub-Api-Version is not one of GitHub's";
        return refused(400, "The API version is not supported.", said);
    }
    let in_address = Form::decode(&request.query).ok().filter(|_| grants.registration.is_examined);
    let in_address = in_address.as_ref().and_then(|form| form.get("access_token").ok()?);
    let credentials = request.header("authorization").and_then(|value| value.split_once(' '));
    let Some((scheme, token)) = credentials.or(in_address.map(|token| ("bearer", token))) else {
        let said = match request.header("authorization") {
            None => "there is no Authorization header (RFC 6750 §2.1)",
            Some(_) => {
                "the Authorization header lacks the scheme Bearer before the token (RFC 6750 §2.1)"
            }
        };
        return refused(401, "Requires authentication", said);
    };
    let bad = |said| refused(401, "Bad credentials", said);
    // RFC 9110 §11.1: "a case-insensitive token to identify the authentication scheme". GitHub
    // differs: it takes `token` as well.
    if !["bearer", "token"].contains(&scheme.to_ascii_lowercase().as_str()) {
        return bad("the scheme is not Bearer (RFC 6750 §2.1)");
    }
    let Some(granted) = grants.of_token(token) else {
        return bad("this token was never given, or was revoked (RFC 6750 §3.1)");
    };
    let response = match granted.fault {
        Some(Fault::RevokedToken) => message(401, "Bad credentials"),
        Some(Fault::RateLimit) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            message(403, "API rate limit exceeded for user ID 583231.")
                .with("x-ratelimit-limit", "5000")
                .with("x-ratelimit-remaining", "0")
                .with("x-ratelimit-reset", (now.as_secs() + 600).to_string())
        }
        Some(Fault::ProfileRedirect) => elsewhere(302, &grants.issuer),
        Some(Fault::ProfileEscapes) => Response::new(
            200,
            JSON,
            PROFILE.replace("The ", ESCAPES).replacen("\"octo", &format!("\"{ESCAPES}octo"), 1),
        ),
        _ => Response::new(200, JSON, PROFILE.replace("octocat", granted.account)),
    };
    let broken_by = granted.fault.filter(|fault| fault.button().leg == 4);
    let mut said = "the token is right (RFC 6750 §2.1)".to_owned();
    if let Some(Fault::TokenType | Fault::TokenNewline) = granted.fault {
        said += "; but a good client doesn't use a token like this one";
    }
    Answer { login: granted.login, broken_by, ..Answer::right(response, said) }
}

pub(super) fn message(status: u16, text: &str) -> Response {
    let body = format!(
        r#"{{"message":"{text}","documentation_url":"https://docs.github.com/rest","status":"{status}"}}"#
    );
    let response = Response::new(status, JSON, body);
    // RFC 9110 §11.6.1: "A server generating a 401 (Unauthorized) response MUST send a
    // WWW-Authenticate header field".
    if status == 401 { response.with("WWW-Authenticate", "Bearer") } else { response }
}
