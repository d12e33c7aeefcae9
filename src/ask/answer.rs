//! An answer to a request of legs 3 to 5, and the errors that can be made of it.
//!
//! ```text
//! HTTP/1.1 200 OK
//! content-type: application/json
//!
//! {"access_token":"gho_…","scope":"read:user","token_type":"bearer"}
//! ```
//!
//! No error repeats the answer's words before the secrets in them are masked, nor the JSON parser's.
//!
//! Left out: any other format. Shown by the tables of the legs, and by `tests/suite/connections.rs`.

use ureq::http::HeaderMap;

use crate::ask::json::{Object, Unreadable, Value, without_mark};
use crate::ask::rate_limit::{end_of_limit, when_to_ask_again};
use crate::ask::refusal::{Refusal, is_refusal};
use crate::ask::trace::{Body, Trace};
use crate::error::{Error, Leg};
use crate::secret::opaque;
use crate::show::names::is_secret_name;

/// An endpoint's answer, whatever its status.
pub struct Answer {
    leg: Leg,
    status: u16,
    headers: HeaderMap,
    /// Up to 1 MiB.
    body: Vec<u8>,
    format: Format,
    /// The body, read once.
    object: Result<Object, Unreadable>,
    trace: Trace,
}

opaque!(Answer);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Form,
}

impl Answer {
    /// An answer. From here on the tokens in it are hidden.
    pub fn new(leg: Leg, status: u16, headers: HeaderMap, body: Vec<u8>, trace: &Trace) -> Self {
        let text = String::from_utf8_lossy(&body);
        trace.hidden.learn(&text);
        let format = format_of(&headers, &text);
        let object = match format {
            Format::Json => Object::parse(&body),
            Format::Form => Object::parse_form(&body),
        };
        Self { leg, status, headers, body, format, object, trace: trace.clone() }
    }

    /// The value of a header, if it is ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the status accepts the request. RFC 9110 §15.3: "The 2xx (Successful) class of status code
    /// indicates that the client's request was successfully received, understood, and accepted."
    pub fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }

    /// The body as a JSON object.
    pub fn object(&self) -> Result<&Object, Error> {
        match self.format {
            Format::Json => self.object_or_form(),
            Format::Form => Err(self.no_object(Unreadable::Broken)),
        }
    }

    /// The body as a JSON object, or as the form that GitHub's is by default.
    pub fn object_or_form(&self) -> Result<&Object, Error> {
        match &self.object {
            Ok(object) => Ok(object),
            Err(why) => Err(self.no_object(*why)),
        }
    }

    /// Shows the answer to a person who has asked for an explanation.
    pub fn show(&self) {
        if self.has_secrets_without_a_mask() {
            self.trace.show_exchange(Body::Withheld("a secret in it isn't text"));
        } else {
            self.trace.show_exchange(Body::Readable(&self.body));
        }
    }

    /// Shows the answer without its body, because nobody knows the secrets in it.
    pub fn withhold(&self) {
        self.trace.show_exchange(Body::UNUSABLE);
    }

    /// Whether a member with a secret's name isn't text, but a number, for example.
    fn has_secrets_without_a_mask(&self) -> bool {
        let Ok(object) = &self.object else { return false };
        object
            .members
            .iter()
            .any(|member| is_secret_name(&member.name) && matches!(member.value, Value::Other(_)))
    }

    /// Succeeds if the answer accepts the request.
    /// Errors: [`Error::RateLimited`], [`Error::Refused`], [`Error::BadAnswer`].
    pub fn ensure_accepted(&self) -> Result<(), Error> {
        let says_no = self.object.as_ref().is_ok_and(is_refusal);
        if self.is_success() && !says_no {
            return Ok(());
        }
        let refusal = self.refusal();
        let challenge = self.challenge();
        let code = refusal.code.or_else(|| challenge.and_then(error_code_of));
        let words = refusal.words.or_else(|| challenge.map(str::to_owned));
        let code_and_words = format!(
            "{} {}",
            code.as_deref().unwrap_or_default(),
            words.as_deref().unwrap_or_default()
        );
        let said = words.map(|words| self.trace.hidden.quote(&words));
        if let Some(when) = end_of_limit(self.status, &self.headers, &code_and_words) {
            return Err(Error::RateLimited { leg: self.leg, when, said });
        }
        let Some(code) = code else { return Err(self.bad_status(said)) };
        Err(Error::Refused {
            leg: self.leg,
            status: if self.is_success() { None } else { Some(self.status) },
            error: self.trace.hidden.quote(&code),
            description: said,
        })
    }

    /// The answer's words about a refusal. A body that can't be read counts as an empty object.
    fn refusal(&self) -> Refusal {
        match &self.object {
            Ok(object) => Refusal::read(object),
            Err(_) => Refusal::default(),
        }
    }

    /// RFC 6750 §3: "the resource server MUST include the HTTP "WWW-Authenticate" response header
    /// field", of which there may be several, and one may say why.
    fn challenge(&self) -> Option<&str> {
        for header in self.headers.get_all("www-authenticate") {
            let challenge = header.to_str().unwrap_or_default();
            if challenge.contains("error") {
                return Some(challenge);
            }
        }
        None
    }

    /// The error for an answer that can't be used, with the provider's words, if it has some.
    pub fn bad_answer_with_advice(&self, problem: &str, advice: &str, said: Option<&str>) -> Error {
        Error::BadAnswer {
            leg: self.leg,
            problem: problem.to_owned(),
            advice: advice.to_owned(),
            said: said.map(|words| self.trace.hidden.quote(words)),
        }
    }

    /// The same, with advice to check the endpoint's variable.
    pub fn bad_answer(&self, problem: &str) -> Error {
        let words = self.refusal().words;
        self.bad_answer_with_advice(problem, &self.advice_to_check(), words.as_deref())
    }

    fn advice_to_check(&self) -> String {
        format!("check `{}`", self.leg.variable())
    }

    /// The error for a status that isn't a success, with the provider's words as they can be shown.
    fn bad_status(&self, said: Option<String>) -> Error {
        let status = self.status;
        let variable = self.leg.variable();
        let mut problem = format!("`{status}`");
        let mut advice = self.advice_to_check();
        if (300..400).contains(&status) {
            problem = format!("a redirect (`{status}`), which isn't followed");
            advice = format!("correct `{variable}`");
        } else if status == 401 && self.leg == Leg::Profile {
            problem += ", so the provider doesn't accept the token";
            advice = String::from("check that `USER_URL` and `TOKEN_URL` belong together");
        } else if status == 401 {
            advice = String::from("check `CLIENT_ID`, `CLIENT_SECRET` and `CLIENT_AUTH`");
        } else if status == 410 && self.leg != Leg::Token {
            // GitHub announces that by `Deprecation` and `Sunset`. Leg 3 names no version.
            problem += ", so the provider has retired this version of its API";
            advice = String::from("get a newer bare-oauth");
        } else if status >= 500 {
            let when = when_to_ask_again(&self.headers);
            advice = format!("the provider has a problem; try again {when}");
        }
        Error::BadAnswer { leg: self.leg, problem, advice, said }
    }

    fn no_object(&self, why: Unreadable) -> Error {
        let media_type = media_type_of(&self.headers);
        let problem = match why {
            Unreadable::Empty => "an empty body",
            Unreadable::NotUtf8 => "text that isn't UTF-8",
            Unreadable::NotAnObject => "JSON that isn't an object",
            Unreadable::Broken if media_type == "text/html" => "an HTML page instead of JSON",
            Unreadable::Broken if media_type != "application/json" => "something other than JSON",
            Unreadable::Broken => "broken JSON",
            Unreadable::TooDeep => "JSON that is nested more than 127 levels deep",
            Unreadable::TooLong if self.format == Format::Form => {
                "a form of more than 10,000 members"
            }
            Unreadable::TooLong => "JSON with more than 10,000 members",
        };
        self.bad_answer_with_advice(problem, &self.advice_to_check(), None)
    }
}

/// The error code in a challenge: `Bearer error="insufficient_scope"`.
fn error_code_of(challenge: &str) -> Option<String> {
    let (_, rest) = challenge.split_once("error=\"")?;
    let (code, _) = rest.split_once('"')?;
    Some(code.to_owned())
}

/// The media type without its parameters, in lower case; empty if the answer names none.
fn media_type_of(headers: &HeaderMap) -> String {
    let Some(value) = headers.get("content-type") else { return String::new() };
    let value = value.to_str().unwrap_or_default();
    let (media_type, _) = value.split_once(';').unwrap_or((value, ""));
    media_type.trim().to_ascii_lowercase()
}

fn format_of(headers: &HeaderMap, body: &str) -> Format {
    let text = without_mark(body).trim();
    match media_type_of(headers).as_str() {
        "application/x-www-form-urlencoded" => Format::Form,
        // Some providers send a form with this media type, or with none.
        "text/plain" | "" if text.contains('=') && !text.starts_with('{') => Format::Form,
        _ => Format::Json,
    }
}

#[cfg(test)]
impl Answer {
    /// An answer for a table of tests: a status, header lines, and a body.
    pub(crate) fn example(leg: Leg, status: u16, headers: &[&'static str], body: &str) -> Self {
        let mut map = HeaderMap::new();
        for header in headers {
            let (name, value) = header.split_once(": ").unwrap();
            map.append(name, value.parse().unwrap());
        }
        Self::new(leg, status, map, body.as_bytes().to_vec(), &Trace::default())
    }
}
