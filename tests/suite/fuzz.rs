//! Hostile bytes, the same ones in each run: no panic, no accepted forgery, and every reply
//! well-formed.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

use bare_oauth::ask::answer::Answer;
use bare_oauth::ask::trace::Trace;
use bare_oauth::error::Leg;
use bare_oauth::protocol::callback::ExpectedCallback;
use bare_oauth::protocol::{profile, token};
use bare_oauth::secret::State;
use bare_oauth::setup::config::Issuer;
use bare_oauth::show::hidden::Hidden;
use bare_oauth::wire::form::{self, Form};
use bare_oauth::wire::request::{self, HEAD_LIMIT, Parsed};
use bare_oauth::wire::url::RedirectUri;

use crate::support::{CLIENT_SECRET, CODE, GRANTED, Page, Program, Provider, TOKEN, connect, get};

const CLIENTS: u32 = 4;

/// Xorshift64*, with a fixed seed.
pub(crate) struct Random(u64);

/// The right state of the pure test. It goes into some inputs, so that near misses are tried.
const STATE: &str = "d2l0aG91dC1hLXJpZ2h0LXN0YXRlLW5vLWxvZ2luLi4";

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(0x6261_7265_6f61_7574 ^ seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    fn one_of<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }

    /// A request that is nearly right, or not at all.
    pub(crate) fn input(&mut self) -> Vec<u8> {
        let state = self.near_miss();
        let whole = [
            format!(
                "GET /callback?code=c0de&state={state} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"
            ),
            format!(
                "GET /callback?error=access_denied&error_description=a+b&state={state} HTTP/1.1\r\nHost: a\r\n\r\n"
            ),
            format!("GET http://localhost/callback?code=%41%zz&state={state}&iss=x HTTP/1.0\n\n"),
            "POST /callback HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nstate".to_owned(),
            "\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n".to_owned(),
        ];
        let mut bytes = whole[self.below(whole.len())].clone().into_bytes();
        match self.below(10) {
            // Anything at all.
            0 => {
                bytes = (0..self.below(300)).map(|_| self.next().to_be_bytes()[0]).collect();
            }
            // Cut off.
            1 => bytes.truncate(self.below(bytes.len())),
            // Blown up.
            2 => {
                let at = self.below(bytes.len());
                let count = self.below(5_000);
                let part = self
                    .one_of(&["a", "\r\n", "&a=b", "%", "Cookie: a=b; c=d\r\n", "\0", " ", "+"])
                    .repeat(count);
                bytes.splice(at..at, part.into_bytes());
            }
            _ => {
                for _ in 0..=self.below(4) {
                    self.mutate(&mut bytes);
                }
            }
        }
        bytes
    }

    /// The right state with one thing wrong: cut, extended, re-cased, doubled or changed.
    fn near_miss(&mut self) -> String {
        let at = self.below(STATE.len());
        let (before, after) = STATE.split_at(at);
        match self.below(6) {
            0 => before.to_owned(),
            1 => after.to_owned(),
            2 => format!("{STATE}{}", &STATE[at..]),
            3 => format!("{before}{}", after.to_ascii_uppercase()),
            4 => format!("{before}%00{after}"),
            _ => format!("{before}.{}", after.get(1..).unwrap_or_default()),
        }
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len().max(1));
        let end = (at + 1 + self.below(8)).min(bytes.len());
        match self.below(5) {
            _ if bytes.is_empty() => bytes.push(b'G'),
            0 => bytes[at] = self.next().to_be_bytes()[0],
            1 => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => {
                let special = [
                    "\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", "\0", "%", "%00", "%0d%0a", "&",
                    "=", "?", "#", "state=", "&code=", ":", "\u{ff}", "é",
                ];
                bytes.splice(at..at, self.one_of(&special).bytes());
            }
            _ => bytes[at] ^= 0x20,
        }
    }
}

impl Random {
    /// An answer of a provider that is nearly right, or not at all.
    fn answer(&mut self) -> Vec<u8> {
        let mut members = Vec::new();
        if self.below(2) == 0 {
            members.push(("access_token", format!("\"{TOKEN}\"")));
            members.push(("token_type", "\"bearer\"".to_owned()));
        }
        for _ in 0..self.below(6) {
            let name = self.one_of(&[
                "access_token",
                "token_type",
                "scope",
                "refresh_token",
                "error",
                "error_description",
                "message",
                "detail",
                "title",
                "errors",
                "login",
                "name",
                "id_token",
                "x",
                "\u{202e}",
            ]);
            members.push((name, self.value(3)));
        }
        let mut text = String::new();
        if self.below(4) == 0 {
            for (name, value) in &members {
                text += &format!("{name}={}&", form::encode_value(value.trim_matches('"')));
            }
        } else {
            let members: Vec<_> =
                members.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
            text += self.one_of(&["", "\u{feff}", "\r\n "]);
            text += &format!("{{{}}}", members.join(","));
        }
        let mut bytes = text.into_bytes();
        if self.below(3) == 0 {
            for _ in 0..=self.below(4) {
                self.mutate(&mut bytes);
            }
        }
        bytes
    }

    /// A value of JSON, nested up to so many levels.
    fn value(&mut self, levels: usize) -> String {
        let kinds = if levels == 0 { 7 } else { 9 };
        match self.below(kinds) {
            0 => self
                .one_of(&["null", "false", "true", "0", "1e5", "-0.0", "123456789012345678901"])
                .to_owned(),
            1 => "\"bearer\"".to_owned(),
            2 => format!("\"{TOKEN}\""),
            3 => {
                let secret = self.one_of(&[TOKEN, CODE, CLIENT_SECRET]);
                let coded = self.coded(secret);
                format!("\"it is {coded}!\"")
            }
            4 => {
                let piece = self.one_of(&[
                    "a", "\\ud83d", "\\u202e", "\u{202e}", "`", "\\u0000", TOKEN, "%41", "&#97;",
                ]);
                format!("\"{}\"", piece.repeat(self.below(100)))
            }
            5 => format!(
                "\"{}\"",
                self.one_of(&["read:user", "mona", "invalid_grant", "rate limit", ""])
            ),
            6 => self.one_of(&["[]", "{}", "[[[[]]]]", "[1, 2 ,3]", "tru", "\"", "{"]).to_owned(),
            7 => format!("[{}, {}]", self.value(levels - 1), self.value(levels - 1)),
            _ => {
                let name = self.one_of(&["message", "code", "type", "error", "token"]);
                format!(
                    "{{\"{name}\":{}, \"x\":{}}}",
                    self.value(levels - 1),
                    self.value(levels - 1)
                )
            }
        }
    }

    /// A secret as somebody may write it in a JSON string.
    fn coded(&mut self, secret: &str) -> String {
        let each = |code: fn(u8) -> String| secret.bytes().map(code).collect::<String>();
        match self.below(5) {
            0 => secret.to_owned(),
            1 => form::encode_value(secret),
            2 => each(|byte| format!("%{byte:02x}")),
            3 => each(|byte| format!("\\u{byte:04x}")),
            _ => each(|byte| format!("&#{byte};")),
        }
    }
}

#[test]
fn ten_thousand_answers_cost_what_they_weigh_and_show_no_secret() {
    let mut random = Random::new(7);
    let mut granted = 0;
    let mut profiles = 0;
    let mut errors = 0;
    for number in 0..10_000 {
        let body = random.answer();
        let length = body.len();
        let shown = String::from_utf8_lossy(&body).into_owned();
        let status = *random.pick(&[200, 200, 200, 201, 400, 401, 403, 429, 500]);
        let mut headers = ureq::http::HeaderMap::new();
        let media_type = random.one_of(&["application/json", "text/plain", "text/html", ""]);
        headers.insert("content-type", media_type.parse().unwrap());
        let trace = Trace::default();
        for secret in [CODE, CLIENT_SECRET, TOKEN] {
            trace.hidden.add(secret, &"…");
        }
        let start = Instant::now();
        let leg = if number % 2 == 0 { Leg::Token } else { Leg::Profile };
        let answer = Answer::new(leg, status, headers, body, &trace);
        let error = if leg == Leg::Token {
            match token::read(&answer) {
                Ok(_) => {
                    granted += 1;
                    continue;
                }
                Err(error) => error,
            }
        } else {
            match profile::read(&answer) {
                Ok(profile) => {
                    profiles += 1;
                    // No escape is longer than what it stands for in JSON, or twice as long raw.
                    assert!(profile.lines().len() <= 2 * length + 2, "{shown}");
                    assert!(profile.json().len() <= length);
                    continue;
                }
                Err(error) => error,
            }
        };
        errors += 1;
        let said = format!("{error} {error:?}");
        for secret in [CODE, CLIENT_SECRET, TOKEN] {
            for part in secret.as_bytes().windows(8) {
                let part = std::str::from_utf8(part).unwrap();
                assert!(!said.contains(part), "{part} is in {said}, of {shown}");
            }
        }
        assert!(error.to_string().chars().count() <= 1_000, "{said}");
        assert!(start.elapsed() < Duration::from_secs(5), "{shown}");
    }
    // The answers reach every kind of outcome, or they would show nothing.
    assert!(granted > 50 && profiles > 500 && errors > 2_000, "{granted} {profiles} {errors}");
}

/// What is taken has the right state in so many letters, once.
fn assert_no_forgery(expected: &ExpectedCallback, query: &str) {
    if expected.take(query).is_ok() {
        let states = query.split('&').filter(|pair| pair.starts_with("state="));
        assert_eq!(states.collect::<Vec<_>>(), [format!("state={STATE}")], "{query}");
    }
}

#[test]
fn twenty_thousand_inputs_neither_panic_nor_pass() {
    try_inputs(20_000);
}

#[test]
#[ignore = "takes 10 s"]
fn two_hundred_thousand_inputs_neither_panic_nor_pass() {
    try_inputs(200_000);
}

fn try_inputs(inputs: u32) {
    let mut random = Random::new(0);
    let redirect_uri = RedirectUri::parse("http://localhost:1/callback").unwrap();
    let state = || State::new(STATE.to_owned());
    let expected =
        || ExpectedCallback::new(&redirect_uri, state(), &Issuer::Unknown, &Hidden::default());
    let mut accepted = 0;
    let mut refused = 0;
    let mut unfinished = 0;
    for _ in 0..inputs {
        let bytes = random.input();
        match request::parse(&bytes) {
            Ok(Parsed::Head { request, length }) => {
                accepted += 1;
                assert!(length <= bytes.len() && length <= HEAD_LIMIT);
                assert!(
                    !request.method.is_empty()
                        && request.method.bytes().all(|byte| byte.is_ascii_graphic())
                );
                for part in [&request.path, &request.query] {
                    assert!(part.bytes().all(|byte| byte.is_ascii_graphic()), "{part:?}");
                }
                assert_no_forgery(&expected(), &request.query);
            }
            Ok(Parsed::Unfinished) => {
                unfinished += 1;
                assert!(bytes.len() <= HEAD_LIMIT);
            }
            Err(refusal) => {
                refused += 1;
                assert!([400, 414, 431, 505].contains(&refusal.status), "{refusal:?}");
            }
        }
        // The form decoder meets the bytes as text, and what it reads comes back from the round
        // trip.
        let text = String::from_utf8_lossy(&bytes);
        let form = Form::decode(&text);
        for name in ["state", "code", "error", "iss"] {
            if let Ok(Some(value)) = form.get(name) {
                let again = Form::decode(&form::encode(&[(name, value)]));
                assert_eq!(again.get(name), Ok(Some(value)));
            }
        }
        assert_no_forgery(&expected(), &text);
    }
    // The inputs reach every kind of outcome, or they would show nothing.
    let least = accepted.min(refused).min(unfinished);
    assert!(least > inputs / 20, "{accepted} {refused} {unfinished}");
    let right = format!("code=c0de&state={STATE}");
    assert!(expected().take(&right).is_ok(), "the check above can fail");
}

#[test]
fn three_hundred_inputs_through_the_port_are_answered_well() {
    send_inputs(300);
}

#[test]
#[ignore = "takes 10 s"]
fn two_thousand_inputs_through_the_port_are_answered_well() {
    send_inputs(2_000);
}

fn send_inputs(inputs: u32) {
    let provider = Provider::friendly();
    let mut running =
        Program::at(&provider, &[]).env("REDIRECT_URI", "http://127.0.0.1:0/callback").start();
    let authorization = running.wait_for_authorization();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let at = authorization.address().to_owned();
            thread::spawn(move || {
                let mut random = Random::new(u64::from(client) + 1);
                for _ in 0..inputs / CLIENTS {
                    let bytes = random.input();
                    let mut stream = connect(&at);
                    // The answer may come before the last byte is taken.
                    let _ = stream.write_all(&bytes);
                    let _ = stream.shutdown(Shutdown::Write);
                    let mut reply = Vec::new();
                    stream.read_to_end(&mut reply).expect("no reset");
                    if reply.is_empty() {
                        assert!(
                            bytes.is_empty(),
                            "{:?} was answered nothing",
                            String::from_utf8_lossy(&bytes)
                        );
                        continue;
                    }
                    let page = Page::parse(&reply);
                    assert!([400, 404, 405, 414, 431, 505].contains(&page.status), "{page:?}");
                    page.assert_safe();
                }
            })
        })
        .collect();
    for client in clients {
        client.join().unwrap();
    }
    assert_eq!(provider.requests().len(), 0);
    assert_eq!(get(&authorization.callback(GRANTED)).status, 200);
    running.finish().assert_success();
}
