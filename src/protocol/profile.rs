//! Leg 4: this program asks for the profile, with the bearer token, RFC 6750 §2.1.
//!
//! ```text
//! GET /user HTTP/1.1                                             out
//! accept: application/vnd.github+json, application/json
//! authorization: Bearer gho_…
//! user-agent: bare-oauth/0.1.0
//! x-github-api-version: 2022-11-28
//!
//! {"login":"octocat","id":583231,"name":"The Octocat",…}         in
//! ```
//!
//! Left out: caching (`ETag`) and pages, which one profile doesn't need.
//!
//! Shown byte by byte by `tests/suite/login.rs`, and refused by `tests/suite/profile.rs`.

use crate::ask::answer::Answer;
use crate::ask::client::Client;
use crate::ask::json::Object;
use crate::ask::request::Request;
use crate::error::{Error, Leg};
use crate::secret::AccessToken;
use crate::setup::proxy::Destination;

/// A profile: a JSON object, its members in the order received.
#[derive(Clone, Debug)]
pub struct Profile {
    object: Object,
}

impl Profile {
    /// The profile as JSON, as it was received.
    pub fn json(&self) -> &str {
        &self.object.json
    }

    /// The members as lines, `name: value`.
    pub fn lines(&self) -> String {
        self.object.lines()
    }

    /// A member that is text, such as `login`; none if it is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.object.text(name) {
            Ok(Some(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

/// Asks whose token it is.
/// Errors: [`Error::NoAnswer`], [`Error::RateLimited`], [`Error::Refused`], [`Error::BadAnswer`].
pub fn fetch(
    client: &Client,
    user_url: &Destination,
    token: &AccessToken,
) -> Result<Profile, Error> {
    let mut request = Request::get(Leg::Profile, user_url);
    request.header("accept", "application/vnd.github+json, application/json");
    // RFC 6750 §2.1: "Clients SHOULD make authenticated requests with a bearer token using the
    // "Authorization" request header field with the "Bearer" HTTP authorization scheme."
    request.authorize(&format!("Bearer {}", token.expose()));
    request.header("x-github-api-version", "2022-11-28");

    let answer = client.send(&request)?;
    // For --explain. If this leg can't read the answer, the body is withheld: its secrets are unknown.
    match answer.object() {
        Ok(_) => answer.show(),
        Err(_) => answer.withhold(),
    }
    read(&answer)
}

/// Reads the answer to the profile request.
pub fn read(answer: &Answer) -> Result<Profile, Error> {
    answer.ensure_accepted()?;
    let object = answer.object()?.clone();
    Ok(Profile { object })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, headers: &[&'static str], body: &str) -> String {
        read(&Answer::example(Leg::Profile, status, headers, body)).unwrap_err().to_string()
    }

    #[test]
    fn an_answer_that_is_no_profile_is_told_apart() {
        const JSON: &[&str] = &["content-type: application/json"];
        const HTML: &[&str] = &["content-type: text/html; charset=utf-8"];
        for (status, headers, body, problem) in [
            (
                401,
                JSON,
                r#"{"message":"Bad credentials"}"#,
                "`401`, so the provider doesn't accept the token (the provider says: Bad credentials): check that `USER_URL` and `TOKEN_URL` belong together",
            ),
            (403, HTML, "<h1>No</h1>", "`403`: check `USER_URL`"),
            (
                403,
                JSON,
                r#"{"message":"Resource not accessible"}"#,
                "`403` (the provider says: Resource not accessible): check `USER_URL`",
            ),
            (
                404,
                JSON,
                r#"{"message":"Not Found"}"#,
                "`404` (the provider says: Not Found): check `USER_URL`",
            ),
            (500, HTML, "", "`500`: the provider has a problem; try again later"),
            (
                401,
                &["www-authenticate: Bearer"],
                "",
                "`401`, so the provider doesn't accept the token: check that `USER_URL` and `TOKEN_URL` belong \
                 together",
            ),
            (200, HTML, "<h1>Hello</h1>", "an HTML page instead of JSON: check `USER_URL`"),
            (200, JSON, "", "an empty body: check `USER_URL`"),
            (200, JSON, "[{}]", "JSON that isn't an object: check `USER_URL`"),
            (200, JSON, "null", "JSON that isn't an object: check `USER_URL`"),
            (200, JSON, "{\"login\":\"\u{7}\"}", "broken JSON: check `USER_URL`"),
            (204, &[], "", "an empty body: check `USER_URL`"),
        ] {
            let expected = format!("leg 4, the profile request, was answered with {problem}");
            assert_eq!(error(status, headers, body), expected);
        }
    }

    #[test]
    fn a_rate_limit_is_reported() {
        let secondary = r#"{"message":"You have exceeded a secondary rate limit. Please wait."}"#;
        let words = " (the provider says: You have exceeded a secondary rate limit. Please wait.)";
        for (status, headers, body, said) in [
            (403, &["x-ratelimit-remaining: 0"] as &[_], "{}", ""),
            (403, &[], secondary, words),
            (429, &[], "", ""),
        ] {
            let expected =
                format!("leg 4, the profile request, met a rate limit{said}: try again later");
            assert_eq!(error(status, headers, body), expected);
        }
    }

    #[test]
    fn a_refusal_is_reported_with_its_words() {
        for (status, headers, body, said) in [
            (200, &[] as &[_], r#"{"error":"a","message":"b"}"#, "was refused: `a` (b)"),
            (403, &[], r#"{"error":{"code":7,"message":"b"}}"#, "was refused with `403`: `7` (b)"),
            (
                200,
                &[],
                r#"{"errors":[{"message":"b"}]}"#,
                "was answered with `200` (the provider says: b): check `USER_URL`",
            ),
            (
                401,
                &["www-authenticate: Bearer error=\"invalid_token\""],
                "",
                "was refused with `401`: `invalid_token` (Bearer error=\"invalid_token\"): check that \
                 all endpoints belong to one provider",
            ),
            (
                403,
                &[
                    "www-authenticate: Basic realm=\"x\"",
                    "www-authenticate: Bearer error=\"insufficient_scope\"",
                ],
                "",
                "was refused with `403`: `insufficient_scope` (Bearer error=\"insufficient_scope\"): ask for \
                 more in `SCOPE`",
            ),
            (
                410,
                &["sunset: Fri, 10 Mar 2028 00:00:00 GMT"],
                r#"{"message":"Gone"}"#,
                "was answered with `410`, so the provider has retired this version of its API (the provider says: Gone): \
                 get a newer bare-oauth",
            ),
        ] {
            assert_eq!(error(status, headers, body), format!("leg 4, the profile request, {said}"));
        }
    }
}
