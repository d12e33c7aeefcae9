//! Leg 3: this program asks for a token, RFC 6749 §4.1.3, §5.1 and §5.2.
//!
//! ```text
//! POST /login/oauth/access_token HTTP/1.1                              out
//! accept: application/json
//! content-type: application/x-www-form-urlencoded
//!
//! grant_type=authorization_code&code=4f2c…&redirect_uri=http%3A%2F%2Flocalhost%3A8000%2Fcallback
//!   &client_id=Ov23li…&client_secret=…&code_verifier=dBjf…
//!
//! {"access_token":"gho_…","scope":"read:user","token_type":"bearer"}   received: granted
//! {"error":"bad_verification_code","error_description":"…"}            received: refused
//! ```
//!
//! Left out: refreshing; whoever keeps the refresh token gets it with `--response`. Shown byte by byte
//! in `tests/suite/login.rs`, and refused in `tests/suite/endpoints.rs`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::authentication;
use crate::secret::{AccessToken, Code, Verifier, opaque};
use crate::wire::client::{Answer, Client};
use crate::wire::form::{Form, is_vschar};
use crate::wire::hidden::is_token;
use crate::{config::Config, error::Error, error::Leg};

/// What leg 3 brings.
pub struct Granted {
    pub(crate) token: AccessToken,
    /// As the provider writes it; none if it is the requested one.
    pub(crate) scope: Option<String>,
    /// The whole answer, as JSON.
    pub(crate) response: String,
}

opaque!(Granted);

/// Trades the code for a token. Errors: [`Error::NoAnswer`], [`Error::Refused`], [`Error::BadAnswer`].
pub fn exchange(
    client: &Client,
    config: &Config,
    redirect_uri: &str,
    code: &Code,
    verifier: &Verifier,
) -> Result<Granted, Error> {
    let (authorization, credentials) = authentication::of(config);
    // GitHub differs: without this header its answer is a form.
    let mut headers = vec![("accept", "application/json")];
    headers.extend(authorization.as_deref().map(|it| ("authorization", it)));
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", code.expose()),
        // RFC 6749 §4.1.3: "REQUIRED, if the "redirect_uri" parameter was included in the
        // authorization request […], and their values MUST be identical."
        ("redirect_uri", redirect_uri),
    ];
    // RFC 6749 §2.3.1 prefers HTTP Basic. GitHub differs: it documents the body only.
    form.extend(credentials);
    form.push(("code_verifier", verifier.expose()));
    let mut answer = client.post_form(Leg::Token, &config.token_url, &headers, &form)?;
    let (response, members) = match Members::read(&answer) {
        Err(_) if answer.status != 200 => return Err(answer.unexpected_status(None)),
        members => members?,
    };
    let text = |name| match members.text(name) {
        Ok(text) => Ok(text.filter(|text| !text.trim().is_empty())),
        Err(problem) => Err(answer.check(problem)),
    };
    // GitHub differs: its refusals have the status 200; RFC 6749 §5.2 gives them 400 or 401. So
    // `error` comes before the status.
    if let Some(error) = text("error")? {
        let description = members.text("error_description").ok().flatten().map(str::to_owned);
        let error = error.to_owned();
        answer.is_understood = true;
        return Err(Error::Refused { leg: Leg::Token, error, description });
    }
    if answer.status != 200 {
        return Err(answer.unexpected_status(None));
    }
    let token = text("access_token")?.ok_or_else(|| answer.check("no `access_token`"))?;
    // RFC 6749 appendix A.12: "access-token = 1*VSCHAR". Else it could end leg 4's header line.
    if !is_vschar(token) {
        return Err(answer.check("an `access_token` that isn't printable ASCII"));
    }
    // RFC 6749 §7.1: "The client MUST NOT use an access token if it does not understand the token
    // type." §5.1: "Value is case insensitive."
    let kind = text("token_type")?.ok_or_else(|| answer.check("no `token_type`"))?;
    if !kind.eq_ignore_ascii_case("bearer") {
        let problem = "a token type other than bearer, which can't be used here";
        return Err(answer.unusable(problem, Some(kind)));
    }
    let token = AccessToken::new(token.to_owned());
    let scope = members.text("scope").ok().flatten().map(str::to_owned);
    // A refresh token that isn't text, say, can't be masked: then the whole body is withheld.
    let masked = |(name, it): &(String, Value)| !is_token(name) || it.is_string() || it.is_null();
    answer.is_understood = members.0.iter().all(masked);
    Ok(Granted { token, scope, response })
}

/// The members of an answer, in the order received: those of a JSON object, or of a form as GitHub's
/// is by default. RFC 6749 §5.1: "The client MUST ignore unrecognized value names in the response."
pub(super) struct Members(pub(super) Vec<(String, Value)>);

impl Members {
    /// The answer as JSON, and its members.
    fn read(answer: &Answer) -> Result<(String, Self), Error> {
        let text =
            std::str::from_utf8(&answer.body).map_err(|_| answer.check("text that isn't UTF-8"))?;
        let is_form = match answer.media_type().as_str() {
            "application/x-www-form-urlencoded" => true,
            // Some say this, or nothing, of a form.
            "text/plain" | "" => text.contains('=') && !text.trim_start().starts_with('{'),
            _ => false,
        };
        let mut json = text.to_owned();
        if is_form {
            let form = Form::decode(text.trim());
            let form = form.map_err(|_| answer.check("a form that isn't UTF-8"))?;
            let pair = |(name, value)| format!("{}:{}", Value::from(name), Value::from(value));
            json = format!("{{{}}}", form.pairs().map(pair).collect::<Vec<_>>().join(","));
        }
        let members = serde_json::from_slice(json.as_bytes());
        Ok((json, members.map_err(|error| answer.no_object(&error))?))
    }

    /// The text of a member; none if it is missing or null.
    fn text(&self, name: &str) -> Result<Option<&str>, &'static str> {
        let mut found = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        match (found.next(), found.next()) {
            // RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once."
            (_, Some(_)) => Err("a member that appears twice"),
            (None | Some(Value::Null), None) => Ok(None),
            (Some(value), None) => value.as_str().map(Some).ok_or("a member that isn't text"),
        }
    }
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Keeps every member, where a map would keep the last of two with one name.
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Members(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}
