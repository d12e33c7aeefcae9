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
//! Left out: scopes, which open nothing and close nothing here. Shown by
//! `tests/suite/practice.rs` and `tests/suite/provider.rs`.

use super::account::Account;
use super::answer::Answer;
use super::fault::Breaks;
use super::grants::Grants;
use super::profile::{JSON, PROFILE, message};
use crate::wire::request::Request;
use crate::wire::response::Response;

const FORBIDDEN: &str = "<html><body>Request forbidden by administrative rules. Please make sure your request has a \
                         User-Agent header.</body></html>\n";

/// The versions of GitHub's API.
const VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// Answers the profile request.
pub(super) fn show(request: &Request, grants: &Grants) -> Answer {
    if request.header("user-agent").unwrap_or_default().is_empty() {
        let page = Response::new(403, "text/html; charset=utf-8", FORBIDDEN.to_owned());
        return Answer::refused(page, "there is no User-Agent (a rule of GitHub's)");
    }
    let version = request.header("x-github-api-version");
    if version.is_some_and(|version| !VERSIONS.contains(&version)) {
        let message = message(400, "The API version is not supported.");
        return Answer::refused(message, "X-GitHub-Api-Version is not one of GitHub's");
    }
    let token = match bearer(request) {
        Ok(token) => token,
        Err(none) => return Answer::refused(message(401, none.message), none.said),
    };
    let Some(granted) = grants.tokens.of_access_token(token, grants.now) else {
        let said = "this token was never given, has expired, or was revoked (RFC 6750 §3.1)";
        return Answer::refused(message(401, "Bad credentials"), said);
    };
    let profile = Response::new(200, JSON, granted.account.profile(PROFILE));
    let mut answer = Answer::right(profile, "the token is right (RFC 6750 §2.1)");
    answer.login = granted.login;
    answer.account = Some(granted.account);
    if granted.account == Account::Mallory {
        answer.remarks("the profile is mallory's, who isn't the person at the browser");
    }
    if let Some(fault) = granted.fault {
        match fault.breaks {
            Breaks::ProfileReply(reply) => {
                answer.reply = reply(&grants.issuer);
                answer.broken_by = Some(fault);
            }
            Breaks::UnusableToken(_) => {
                answer.falls_for_it("but a good client doesn't use a token like this one");
            }
            _ => {}
        }
    }
    answer
}

/// Why there is no token: what the client is told, and the log.
struct NoToken {
    message: &'static str,
    said: &'static str,
}

/// The token of the Authorization header.
fn bearer(request: &Request) -> Result<&str, NoToken> {
    let Some(header) = request.header("authorization") else {
        let said = "there is no Authorization header (RFC 6750 §2.1)";
        return Err(NoToken { message: "Requires authentication", said });
    };
    let Some((scheme, token)) = header.split_once(' ') else {
        let said =
            "the Authorization header lacks the scheme Bearer before the token (RFC 6750 §2.1)";
        return Err(NoToken { message: "Requires authentication", said });
    };
    // RFC 9110 §11.1: "a case-insensitive token to identify the authentication scheme". GitHub
    // differs: it takes `token` as well.
    if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") {
        return Ok(token);
    }
    let said = "the scheme is not Bearer (RFC 6750 §2.1)";
    Err(NoToken { message: "Bad credentials", said })
}
