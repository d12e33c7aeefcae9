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
//! Left out: scopes, which here open nothing and close nothing.

use super::answer::Answer;
use super::fault::Fault;
use super::grants::Grants;
use crate::wire::request::Request;
use crate::wire::response::Response;

/// A whole profile in GitHub's shape, its nested `plan` and its nulls included.
pub const PROFILE: &str = r#"{
  "login": "octocat",
  "id": 583231,
  "node_id": "MDQ6VXNlcjU4MzIzMQ==",
  "avatar_url": "https://avatars.githubusercontent.com/u/583231?v=4",
  "gravatar_id": "",
  "url": "https://api.github.com/users/octocat",
  "html_url": "https://github.com/octocat",
  "followers_url": "https://api.github.com/users/octocat/followers",
  "following_url": "https://api.github.com/users/octocat/following{/other_user}",
  "gists_url": "https://api.github.com/users/octocat/gists{/gist_id}",
  "starred_url": "https://api.github.com/users/octocat/starred{/owner}{/repo}",
  "subscriptions_url": "https://api.github.com/users/octocat/subscriptions",
  "organizations_url": "https://api.github.com/users/octocat/orgs",
  "repos_url": "https://api.github.com/users/octocat/repos",
  "events_url": "https://api.github.com/users/octocat/events{/privacy}",
  "received_events_url": "https://api.github.com/users/octocat/received_events",
  "type": "User",
  "user_view_type": "private",
  "site_admin": false,
  "name": "The Octocat",
  "company": "@github",
  "blog": "https://github.blog",
  "location": "San Francisco",
  "email": null,
  "hireable": null,
  "bio": null,
  "twitter_username": null,
  "notification_email": null,
  "public_repos": 8,
  "public_gists": 8,
  "followers": 20000,
  "following": 9,
  "created_at": "2011-01-25T18:44:36Z",
  "updated_at": "2026-01-22T11:24:14Z",
  "private_gists": 0,
  "total_private_repos": 2,
  "owned_private_repos": 2,
  "disk_usage": 10000,
  "collaborators": 1,
  "two_factor_authentication": true,
  "plan": {
    "name": "free",
    "space": 976562499,
    "collaborators": 0,
    "private_repos": 10000
  }
}
"#;

const JSON: &str = "application/json; charset=utf-8";

/// Answers the profile request; `now` is in seconds since 1970.
#[must_use]
pub fn show(request: &Request, grants: &Grants, now: u64) -> Answer {
    if request.header("user-agent").is_none_or(str::is_empty) {
        let body = "<html><body>Request forbidden by administrative rules. Please make sure your request has a \
                    User-Agent header.</body></html>\n";
        let page = Response::new(403, "text/html; charset=utf-8", body.to_owned());
        return Answer::wrong(page, "there is no User-Agent (a rule of GitHub's)");
    }
    let versions = ["2022-11-28", "2026-03-10"];
    if request.header("x-github-api-version").is_some_and(|version| !versions.contains(&version)) {
        let answer = message(400, "The API version is not supported.");
        return Answer::wrong(answer, "X-GitHub-Api-Version is not one of GitHub's");
    }
    // RFC 9110 §11.1: "a case-insensitive token to identify the authentication scheme".
    let credentials = request.header("authorization").and_then(|value| value.split_once(' '));
    let token = match credentials {
        // GitHub differs: it takes `token` as well.
        Some((scheme, token))
            if ["bearer", "token"].contains(&scheme.to_ascii_lowercase().as_str()) =>
        {
            token
        }
        Some(_) => {
            let answer = message(401, "Bad credentials");
            return Answer::wrong(answer, "the scheme is not Bearer (RFC 6750 §2.1)");
        }
        None => {
            let answer = message(401, "Requires authentication");
            return Answer::wrong(answer, "there is no Authorization header (RFC 6750 §3)");
        }
    };
    let checked = "the token (RFC 6750 §2.1)";
    match grants.token(token) {
        None => Answer::wrong(
            message(401, "Bad credentials"),
            "no such token is good here (RFC 6750 §3.1)",
        ),
        Some(Some(fault @ Fault::RevokedToken)) => {
            Answer::checked(message(401, "Bad credentials"), checked).broken_by(fault)
        }
        Some(Some(fault @ Fault::RateLimit)) => {
            let limit = message(403, "API rate limit exceeded for user ID 583231.")
                .with("x-ratelimit-limit", "5000")
                .with("x-ratelimit-remaining", "0")
                .with("x-ratelimit-reset", (now + 600).to_string());
            Answer::checked(limit, checked).broken_by(fault)
        }
        Some(_) => Answer::checked(Response::new(200, JSON, PROFILE.to_owned()), checked),
    }
}

fn message(status: u16, text: &str) -> Response {
    let body = format!(
        r#"{{"message":"{text}","documentation_url":"https://docs.github.com/rest","status":"{status}"}}"#
    );
    let response = Response::new(status, JSON, body);
    // RFC 9110 §11.6.1: "A server generating a 401 (Unauthorized) response MUST send a
    // WWW-Authenticate header field".
    if status == 401 { response.with("WWW-Authenticate", "Bearer") } else { response }
}
