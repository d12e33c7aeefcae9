//! What was seen of a run: the provider, the browser and the streams write it down as it comes, and
//! the judge reads it. This file knows nobody else of the exam, but for their messages.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use super::http::Message;
use crate::wire::form::{self, Form};

/// How much of each end of a stream is kept, in bytes.
const KEPT: usize = 64 * 1024;
/// How many requests of each leg, and how many pages, are kept of a run.
const MAX_KEPT: usize = 64;

/// Who agreed to an authorization request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The person at the client, `octocat`.
    Person,
    /// Somebody else, `mallory`.
    Stranger,
}

impl Account {
    /// The name in the profile.
    pub(super) fn login(self) -> &'static str {
        match self {
            Self::Person => "octocat",
            Self::Stranger => "mallory",
        }
    }
}

/// The point that a client has to reach, or else nobody can tell anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    AuthorizationRequest,
    /// The first callback reached it.
    Callback,
    TokenRequest,
    ProfileRequest,
}

/// The last leg that a client has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LastLeg {
    /// It stops at the token.
    Token,
    #[default]
    Profile,
}

/// A request that came to the provider.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) request: Message,
    /// Its parameters, wherever they stood.
    pub(super) parameters: Vec<Parameter>,
    /// Whose code or token it had, if that is known.
    pub(super) account: Option<Account>,
    /// Why the provider refused it.
    pub(super) refused: Option<String>,
    /// Whether it was given what it asked for: a token, or a profile.
    pub(super) was_granted: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) value: String,
}

impl Asked {
    /// The first value of a parameter; none if it is empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        first(&self.parameters, name)
    }
}

/// The first value of a parameter; none if it is empty.
pub(super) fn first<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a str> {
    let parameter = parameters.iter().find(|parameter| parameter.name == name)?;
    if parameter.value.is_empty() { None } else { Some(&parameter.value) }
}

/// The parameters of a form; none of a text that isn't one.
pub(super) fn decode(text: &str) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    if let Ok(form) = Form::decode(text) {
        for (name, value) in form.pairs() {
            parameters.push(Parameter { name: name.to_owned(), value: value.to_owned() });
        }
    }
    parameters
}

/// A form of these parameters.
pub(super) fn encode(parameters: &[Parameter]) -> String {
    let mut pairs = Vec::new();
    for parameter in parameters {
        pairs.push((parameter.name.as_str(), parameter.value.as_str()));
    }
    form::encode(&pairs)
}

/// The parameters of a request: of its body, as a form or as JSON, and of its address if the body
/// has no code.
pub(super) fn parameters(request: &Message) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    let json = serde_json::from_str::<serde_json::Map<_, serde_json::Value>>(&request.body);
    for (name, value) in json.unwrap_or_default() {
        if let Some(value) = value.as_str() {
            parameters.push(Parameter { name, value: value.to_owned() });
        }
    }
    if parameters.is_empty() {
        parameters = decode(&request.body);
    }
    if first(&parameters, "code").is_none() {
        parameters.extend(decode(request.query()));
    }
    parameters
}

/// A page that the tab got.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    pub(super) message: Message,
}

impl Page {
    pub(super) fn status(&self) -> u16 {
        self.message.status()
    }

    pub(super) fn body(&self) -> &str {
        &self.message.body
    }

    /// Whether a browser takes its markup for markup.
    pub(super) fn is_html(&self) -> bool {
        let media_type = self.message.header("content-type").unwrap_or("text/html");
        media_type.contains("html") || media_type.contains("xml")
    }
}

/// What a probe of the port or of the process found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    Fine,
    Wrong(String),
}

/// One of the client's two streams: its beginning and its end.
#[derive(Debug)]
pub(super) struct Stream {
    /// `standard output`, for example.
    pub(super) name: &'static str,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    /// How much came, in bytes.
    pub(super) length: u64,
}

impl Stream {
    fn new(name: &'static str) -> Self {
        Self { name, head: Vec::new(), tail: VecDeque::new(), length: 0 }
    }

    pub(super) fn keep(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        for byte in bytes {
            if self.head.len() < KEPT {
                self.head.push(*byte);
                continue;
            }
            if self.tail.len() == KEPT {
                self.tail.pop_front();
            }
            self.tail.push_back(*byte);
        }
    }

    pub(super) fn text(&self) -> String {
        let mut bytes = self.head.clone();
        bytes.extend(&self.tail);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// What was seen of a run.
#[derive(Debug)]
pub(super) struct Record {
    /// The name of the case that it was made for.
    pub(super) name: &'static str,
    pub(super) point: Point,
    /// The last leg of the client, as the first login showed it.
    pub(super) last_leg: LastLeg,
    /// The client secret that the client was given.
    pub(super) secret: String,
    /// The port of the client's redirect URI, once it has asked.
    pub(super) port: Option<u16>,
    /// Whether the client used another port than the one that it was given.
    pub(super) has_own_port: bool,
    pub(super) leg_1: Vec<Asked>,
    pub(super) leg_3: Vec<Asked>,
    pub(super) leg_4: Vec<Asked>,
    /// What followed a redirect.
    pub(super) elsewhere: Vec<Asked>,
    /// How much of an answer without end went out, in bytes.
    pub(super) sent: u64,
    pub(super) pages: Vec<Page>,
    /// The codes, in the order in which they were made.
    pub(super) codes: Vec<String>,
    /// Whether the first callback reached somebody; none as long as there was none.
    pub(super) was_delivered: Option<bool>,
    /// When the callback came that counts.
    pub(super) brought: Option<Instant>,
    pub(super) probe: Option<Probe>,
    pub(super) out: Stream,
    pub(super) err: Stream,
    /// Why there was no run.
    pub(super) problem: Option<String>,
    /// How the client ended; none if it still ran when its time was over.
    pub(super) end: Option<ExitStatus>,
    /// How long it ran after the callback that counts.
    pub(super) took: Duration,
}

impl Record {
    pub(super) fn new(name: &'static str, point: Point, last_leg: LastLeg, secret: String) -> Self {
        Self {
            name,
            point,
            last_leg,
            secret,
            port: None,
            has_own_port: false,
            leg_1: Vec::new(),
            leg_3: Vec::new(),
            leg_4: Vec::new(),
            elsewhere: Vec::new(),
            sent: 0,
            pages: Vec::new(),
            codes: Vec::new(),
            was_delivered: None,
            brought: None,
            probe: None,
            out: Stream::new("standard output"),
            err: Stream::new("standard error"),
            problem: None,
            end: None,
            took: Duration::ZERO,
        }
    }

    pub(super) fn streams(&self) -> [&Stream; 2] {
        [&self.err, &self.out]
    }

    pub(super) fn note_page(&mut self, page: Page) {
        if self.pages.len() < MAX_KEPT {
            self.pages.push(page);
        }
    }

    /// Who was signed in: whoever the last leg that the client has was granted for.
    pub(super) fn signed_in_as(&self, account: Account) -> bool {
        let last = match self.last_leg {
            LastLeg::Token => &self.leg_3,
            LastLeg::Profile => &self.leg_4,
        };
        last.iter().any(|asked| asked.was_granted && asked.account == Some(account))
    }

    /// How often the first code came to the token endpoint.
    pub(super) fn exchanges(&self) -> usize {
        let Some(code) = self.codes.first() else { return 0 };
        let has_it = |asked: &&Asked| asked.parameter("code") == Some(code);
        self.leg_3.iter().filter(has_it).count()
    }

    /// The first authorization request that a browser can go on from.
    pub(super) fn request(&self) -> Option<&Asked> {
        self.leg_1.iter().find(|asked| asked.refused.is_none())
    }

    /// A parameter of that request.
    pub(super) fn leg_1_parameter(&self, name: &str) -> Option<&str> {
        self.request()?.parameter(name)
    }

    /// A parameter of the first request of leg 3.
    pub(super) fn leg_3_parameter(&self, name: &str) -> Option<&str> {
        self.leg_3.first()?.parameter(name)
    }

    /// Every request.
    pub(super) fn asked(&self) -> Vec<&Asked> {
        let mut all = Vec::new();
        for leg in [&self.leg_1, &self.leg_3, &self.leg_4, &self.elsewhere] {
            all.extend(leg);
        }
        all
    }
}

/// Adds a request to a leg.
pub(super) fn note(leg: &mut Vec<Asked>, asked: Asked) {
    if leg.len() < MAX_KEPT {
        leg.push(asked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_keeps_its_beginning_and_its_end() {
        let mut stream = Stream::new("standard output");
        stream.keep(b"begin");
        stream.keep(&vec![b'-'; 3 * KEPT]);
        stream.keep(b"end");
        let text = stream.text();
        assert!(text.starts_with("begin---") && text.ends_with("---end"));
        assert_eq!((text.len(), stream.length), (2 * KEPT, 3 * KEPT as u64 + 8));
    }

    #[test]
    fn a_parameter_is_found_wherever_it_stands() {
        for (start, body) in [
            ("POST / HTTP/1.1", "grant_type=x&code=a%2Bb"),
            ("POST / HTTP/1.1", "{\"grant_type\":\"x\",\"code\":\"a+b\"}"),
            ("POST /?code=a%2Bb HTTP/1.1", "grant_type=x"),
        ] {
            let start = start.to_owned();
            let request = Message { start, headers: Vec::new(), body: body.to_owned() };
            let parameters = parameters(&request);
            assert_eq!(first(&parameters, "code"), Some("a+b"), "{body}");
            assert_eq!(first(&parameters, "grant_type"), Some("x"), "{body}");
        }
    }
}
