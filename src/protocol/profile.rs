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

use serde_json::{Map, Value};

use crate::ask::client::{Answer, Client, Method};
use crate::ask::json::Object;
use crate::error::{Error, Leg};
use crate::secret::AccessToken;
use crate::setup::proxy::Destination;
use crate::wire::date::http_date;

/// A profile: a JSON object, its members in the order received.
#[derive(Clone, Debug)]
pub struct Profile {
    pub(crate) json: String,
    pub(crate) members: Map<String, Value>,
}

impl Profile {
    fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let Object(members) = Object::parse(body)?;
        let json = String::from_utf8_lossy(body).into_owned();
        Ok(Self { json, members: members.into_iter().collect() })
    }

    /// A member that is text, such as `login`; none if it is empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.members.get(key)?.as_str().filter(|text| !text.is_empty())
    }
}

/// Asks whose token it is.
/// Errors: [`Error::NoAnswer`], [`Error::RateLimited`] or [`Error::BadAnswer`].
pub fn fetch(
    client: &Client,
    user_url: &Destination,
    token: &AccessToken,
) -> Result<Profile, Error> {
    // RFC 6750 §2.1: "Clients SHOULD make authenticated requests with a bearer token using the
    // "Authorization" request header field with the "Bearer" HTTP authorization scheme."
    let authorization = format!("Bearer {}", token.expose());
    let headers = [
        ("accept", "application/vnd.github+json, application/json"),
        ("authorization", authorization.as_str()),
        ("x-github-api-version", "2022-11-28"),
    ];
    let answer = client.ask(Leg::Profile, Method::GET, user_url, &headers, "")?;
    let object = Profile::parse(&answer.body);
    answer.show(object.is_ok());
    match answer.status {
        200 => object.map_err(|error| answer.no_object(&error)),
        401 => {
            let problem = "`401`, so it doesn't accept the token";
            let advice = "check that `USER_URL` and `TOKEN_URL` belong together";
            Err(answer.unusable(problem, advice, None))
        }
        // GitHub differs: a rate limit is 403 as often as 429.
        429 => Err(Error::RateLimited { leg: Leg::Profile, when: limit_end(&answer) }),
        403 if is_limited(&answer) => {
            Err(Error::RateLimited { leg: Leg::Profile, when: limit_end(&answer) })
        }
        _ => {
            let said = object.as_ref().ok().and_then(|object| object.text("message"));
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
