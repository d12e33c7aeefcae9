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
//! Left out: caching (`ETag`) and pages, which one profile doesn't need. Shown byte by byte in
//! `tests/suite/login.rs`, and refused in `tests/suite/profile.rs`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::ask::answer::Answer;
use crate::ask::client::Client;
use crate::ask::json::Object;
use crate::ask::request::Request;
use crate::error::{Error, Leg};
use crate::secret::AccessToken;
use crate::wire::date::http_date;
use crate::wire::url::Endpoint;

/// A profile: a JSON object, its members in the order received.
#[derive(Clone, Debug)]
pub struct Profile(pub(crate) Object);

impl Profile {
    /// A member that is text, such as `login`; none if it is empty.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.text(name) {
            Ok(Some(text)) if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}

/// Asks whose token it is.
/// Errors: [`Error::NoAnswer`], [`Error::RateLimited`] or [`Error::BadAnswer`].
pub fn fetch(client: &Client, user_url: &Endpoint, token: &AccessToken) -> Result<Profile, Error> {
    let mut request = Request::get(Leg::Profile, user_url);
    request.header("accept", "application/vnd.github+json, application/json");
    // RFC 6750 §2.1: "Clients SHOULD make authenticated requests with a bearer token using the
    // "Authorization" request header field with the "Bearer" HTTP authorization scheme."
    request.authorize(&format!("Bearer {}", token.expose()));
    request.header("x-github-api-version", "2022-11-28");

    let answer = client.send(&request)?;
    match answer.object() {
        Ok(_) => answer.show(),
        Err(_) => answer.withhold(),
    }
    read(&answer)
}

/// Reads the answer to the profile request.
pub fn read(answer: &Answer) -> Result<Profile, Error> {
    let object = answer.object();
    match answer.status {
        200 => Ok(Profile(object?)),
        401 => {
            let problem = "`401`, so it doesn't accept the token";
            let advice = "check that `USER_URL` and `TOKEN_URL` belong together";
            Err(answer.unusable(problem, advice, None))
        }
        // GitHub differs: a rate limit is 403 as often as 429.
        429 => Err(Error::RateLimited { leg: Leg::Profile, when: limit_end(answer) }),
        403 if is_limited(answer) => {
            Err(Error::RateLimited { leg: Leg::Profile, when: limit_end(answer) })
        }
        _ => {
            let message = object.ok().map(Profile);
            let said = message.as_ref().and_then(|message| message.text("message"));
            Err(answer.unexpected_status(said))
        }
    }
}

fn is_limited(answer: &Answer) -> bool {
    answer.header("retry-after").is_some() || answer.header("x-ratelimit-remaining") == Some("0")
}

/// When to try again, in words: GitHub says how many seconds from now, or at which second after 1970.
fn limit_end(answer: &Answer) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let number = |name| answer.header(name).and_then(|value| value.parse::<u64>().ok());
    let seconds = number("retry-after").map(|seconds| now.saturating_add(seconds));
    match seconds.or_else(|| number("x-ratelimit-reset")) {
        // A time in the past, or after the year 3000, isn't worth showing.
        Some(end) if now < end && end < 32_503_680_000 => {
            format!("in {} seconds, after {}", end - now, http_date(end))
        }
        _ => "later".to_owned(),
    }
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
                "`401`, so it doesn't accept the token: check that `USER_URL` and `TOKEN_URL` belong together",
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
            (200, HTML, "<h1>Hello</h1>", "an HTML page instead of JSON: check `USER_URL`"),
            (200, JSON, "", "an empty body: check `USER_URL`"),
            (200, JSON, "[{}]", "JSON that isn't an object: check `USER_URL`"),
            (200, JSON, "null", "JSON that isn't an object: check `USER_URL`"),
            (
                200,
                JSON,
                "{\"login\":\"\u{7}\"}",
                "JSON that is broken or nested more than 127 levels deep: check `USER_URL`",
            ),
            (204, &[], "", "`204`: check `USER_URL`"),
        ] {
            let expected = format!("leg 4, the profile request, was answered with {problem}");
            assert_eq!(error(status, headers, body), expected);
        }
    }

    #[test]
    fn a_rate_limit_says_when_it_ends() {
        for (status, headers, end) in [
            (
                403,
                &["x-ratelimit-remaining: 0", "x-ratelimit-reset: 4102444800"] as &[_],
                "seconds, after Fri, 01 Jan 2100 00:00:00 GMT",
            ),
            (
                429,
                &["x-ratelimit-reset: 4102444800"],
                "seconds, after Fri, 01 Jan 2100 00:00:00 GMT",
            ),
            (403, &["retry-after: 60"], "try again in 60 seconds, after "),
            (
                429,
                &["retry-after: 60", "x-ratelimit-reset: 4102444800"],
                "try again in 60 seconds, after ",
            ),
            (429, &[], "try again later"),
            (403, &["x-ratelimit-remaining: 0", "x-ratelimit-reset: 5"], "try again later"),
            (403, &["retry-after: soon"], "try again later"),
            (403, &["retry-after: 18446744073709551615"], "try again later"),
        ] {
            let said = error(status, headers, r#"{"message":"API rate limit exceeded"}"#);
            assert!(said.starts_with("leg 4, the profile request, met a rate limit: "), "{said}");
            assert!(said.contains(end), "{said}");
        }
    }
}
