//! Leg 4: the profile, a request with a bearer token, RFC 6750 §2.1. This program carries it
//! itself.
//!
//! ```text
//! GET /user HTTP/1.1                                             out
//! accept: application/vnd.github+json
//! authorization: Bearer gho_…
//! user-agent: bare-oauth/0.1.0
//! x-github-api-version: 2022-11-28
//!
//! {"login":"octocat","id":583231,"name":"The Octocat",…}         in
//! ```
//!
//! Left out: caching (`ETag`) and pages, which one profile does not need.
//!
//! Shown octet by octet in `tests/suite/login.rs`, and refused in `tests/suite/endpoints.rs`.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value};

use crate::config::Config;
use crate::error::{Error, Leg};
use crate::secret::AccessToken;
use crate::secret::hidden::Hidden;
use crate::wire::client::{Answer, Client};
use crate::wire::date::http_date;

/// A profile: a JSON object, its members in the order received.
#[derive(Clone, Debug)]
pub struct Profile {
    json: String,
    members: Map<String, Value>,
}

impl Profile {
    /// Reads the body of an answer; `None` where it is no JSON object, or nested deeper than 128
    /// levels.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let json = String::from_utf8(body.to_vec()).ok()?;
        let members = serde_json::from_str(&json).ok()?;
        Some(Self { json, members })
    }

    /// The members.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// The JSON text as received.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// A member that is a text, such as `login`; `None` also where it is empty.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.members.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
    }
}

/// Asks who the token belongs to; an error quotes nothing of what is `hidden`.
///
/// # Errors
/// [`Error::NoAnswer`], [`Error::Unauthorized`], [`Error::RateLimited`] or [`Error::BadAnswer`].
pub fn fetch(
    client: &Client,
    config: &Config,
    token: &AccessToken,
    hidden: &Hidden,
) -> Result<Profile, Error> {
    // RFC 6750 §2.1: "Clients SHOULD make authenticated requests with a bearer token using the
    // "Authorization" request header field with the "Bearer" HTTP authorization scheme."
    let authorization = format!("Bearer {}", token.expose());
    let headers = [
        ("accept", "application/vnd.github+json"),
        ("authorization", authorization.as_str()),
        ("x-github-api-version", "2022-11-28"),
    ];
    let answer = client.get(&config.user_url, &headers).map_err(|source| Error::NoAnswer {
        leg: Leg::Profile,
        endpoint: config.user_url.without_query().to_owned(),
        source,
    })?;
    profile(&answer, hidden)
}

fn profile(answer: &Answer, hidden: &Hidden) -> Result<Profile, Error> {
    let unusable = |problem| Error::BadAnswer { leg: Leg::Profile, problem };
    let read = Profile::parse(&answer.body);
    match answer.status {
        200 => {}
        401 => return Err(Error::Unauthorized),
        // GitHub differs: a rate limit is 403 as often as 429.
        403 | 429 if is_rate_limit(answer) => return Err(Error::RateLimited(limit_end(answer))),
        _ => {
            let said = read.as_ref().and_then(|members| members.text("message"));
            let said = said.map(|message| format!(" (it says: {})", hidden.quote(message)));
            return Err(unusable(answer.unexpected_status("USER_URL") + &said.unwrap_or_default()));
        }
    }
    read.ok_or_else(|| match serde_json::from_slice(&answer.body) {
        Ok(Value::Object(_)) | Err(_) => unusable(answer.no_json("USER_URL")),
        Ok(_) => unusable("was answered with JSON that is no object: check USER_URL".to_owned()),
    })
}

fn is_rate_limit(answer: &Answer) -> bool {
    answer.status == 429
        || answer.header("retry-after").is_some()
        || answer.header("x-ratelimit-remaining") == Some("0")
}

/// When the limit ends, in words: GitHub says how many seconds from now, or at which second after
/// 1970.
fn limit_end(answer: &Answer) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let number = |name| answer.header(name).and_then(|value| value.parse::<u64>().ok());
    let end = match number("retry-after") {
        Some(seconds) => now.saturating_add(seconds),
        None => number("x-ratelimit-reset")?,
    };
    // Neither a moment that is over nor the year 3000 is worth showing.
    (now < end && end < 32_503_680_000)
        .then(|| format!("in {} seconds, after {}", end - now, http_date(end)))
}
