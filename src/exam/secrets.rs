//! The secrets of a run, in each way that they may be written.
//!
//! ```text
//! a+b/c       CLIENT_SECRET
//! a%2Bb%2Fc   in a form
//! cHJhY3…     in Base64, as HTTP Basic has it, alone or with something around it
//! 9f86d081…   the first three quarters of a long one, or the last
//! ```

use super::basic;
use super::seen::Record;
use crate::wire::form::encode_value;

/// The case whose token is broken on purpose, so that it is no secret.
const BROKEN_TOKEN: &str = "token-newline";
/// From this length on, three quarters of a secret count for the whole, in bytes.
const MIN_LONG: usize = 16;
/// From this length on, a word may be a secret in Base64, in letters.
const MIN_WORD: usize = 20;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secret {
    Client,
    Code,
    Verifier,
    Token,
}

impl Secret {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Client => "the client secret",
            Self::Code => "the code",
            Self::Verifier => "the verifier",
            Self::Token => "a token",
        }
    }
}

/// A secret as it may be written.
#[derive(Debug)]
pub(super) struct Spelling {
    pub(super) secret: Secret,
    pub(super) text: String,
}

/// The secrets of a run.
#[derive(Debug)]
pub(super) struct Secrets {
    pub(super) spellings: Vec<Spelling>,
}

impl Secrets {
    pub(super) fn of(run: &Record) -> Self {
        let mut spellings = Vec::new();
        add(&mut spellings, Secret::Client, &run.secret);
        for text in basic_credentials(run) {
            spellings.push(Spelling { secret: Secret::Client, text });
        }
        for code in &run.codes {
            add(&mut spellings, Secret::Code, code);
        }
        let verifier = run.leg_3_parameter("code_verifier").unwrap_or_default();
        // By the method `plain` leg 1 has told it already, and the case `pkce` says so.
        if run.leg_1_parameter("code_challenge") != Some(verifier) {
            add(&mut spellings, Secret::Verifier, verifier);
        }
        if run.name != BROKEN_TOKEN {
            for token in &run.tokens {
                add(&mut spellings, Secret::Token, token);
            }
        }
        Self { spellings }
    }

    /// Forgets a secret that may stand there.
    pub(super) fn forget(&mut self, secret: Secret) {
        self.spellings.retain(|spelling| spelling.secret != secret);
    }

    /// The first secret that stands in a text, also in Base64.
    pub(super) fn first_in(&self, text: &str) -> Option<Secret> {
        let decoded = decoded(text);
        for spelling in &self.spellings {
            if text.contains(&spelling.text) || decoded.contains(&spelling.text) {
                return Some(spelling.secret);
            }
        }
        None
    }
}

/// Adds a secret as it is, and as it stands in a form.
fn add(spellings: &mut Vec<Spelling>, secret: Secret, text: &str) {
    if text.is_empty() {
        return;
    }
    let encoded = encode_value(text);
    for text in [encoded.as_str(), text] {
        // The whole comes first, so that it is masked as a whole.
        add_part(spellings, secret, Some(text));
        if text.len() >= MIN_LONG {
            // Nobody who masks one end may show all the rest.
            let quarter = text.len() / 4;
            add_part(spellings, secret, text.get(quarter..));
            add_part(spellings, secret, text.get(..text.len() - quarter));
        }
    }
}

fn add_part(spellings: &mut Vec<Spelling>, secret: Secret, part: Option<&str>) {
    if let Some(text) = part {
        spellings.push(Spelling { secret, text: text.to_owned() });
    }
}

/// What the client has sent by HTTP Basic, if there was a secret in it.
fn basic_credentials(run: &Record) -> Vec<String> {
    let mut all = Vec::new();
    for asked in &run.leg_3 {
        let header = asked.request.header("authorization").unwrap_or_default();
        let Some(credentials) = basic::credentials(header) else { continue };
        let Some(basic) = basic::read(credentials) else { continue };
        if !basic.secret.is_empty() && !all.iter().any(|known| known == credentials) {
            all.push(credentials.to_owned());
        }
    }
    all
}

/// The words of Base64 in a text, decoded. They may have the letters of either alphabet, and one may go on in
/// the next line.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let is_end = |letter: char| !letter.is_ascii_alphanumeric() && !"+/-_".contains(letter);
    for word in text.split(is_end) {
        if word.len() >= MIN_WORD {
            let word = word.replace('-', "+").replace('_', "/");
            bytes.extend(basic::decode_letters(&word).unwrap_or_default());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::exam::http::{Header, Message};
    use crate::exam::parameters::parameters;
    use crate::exam::seen::{Asked, LastLeg, Point};
    use crate::secret::base64url::{self, base64};

    fn asked(start: &str, authorization: &str, body: &str) -> Asked {
        let name = "Authorization".to_owned();
        let headers = vec![Header { name, value: authorization.to_owned() }];
        let request = Message { start: start.to_owned(), headers, body: body.to_owned() };
        let parameters = parameters(&request);
        Asked { request, parameters, account: None, refused: None, was_granted: false }
    }

    /// A run with the secret `a+b/c`, a token, two codes and this challenge, whose verifier is `veeerifier`.
    fn run(name: &'static str, challenge: &str) -> Record {
        let mut run = Record::new(name, Point::Start, LastLeg::Profile, Duration::ZERO);
        run.secret = "a+b/c".to_owned();
        run.tokens.push("gho_a-token-of-40-letters-as-GitHub-has-it".to_owned());
        run.codes.push("coooode".to_owned());
        run.codes.push("a-code-of-20-letters".to_owned());
        let start = format!("GET /?code_challenge={challenge} HTTP/1.1");
        run.leg_1.push(asked(&start, "", ""));
        // practice:a%2bb/c
        let basic = "basic cHJhY3RpY2U6YSUyYmIvYw==";
        run.leg_3.push(asked("POST / HTTP/1.1", basic, "code=coooode&code_verifier=veeerifier"));
        run
    }

    #[test]
    fn a_secret_is_found_in_each_way_that_it_is_written() {
        let secrets = Secrets::of(&run("login", "challenge"));
        let token = "gho_a-token-of-40-letters-as-GitHub-has-it";
        let base64 = base64(format!("{{\"n\":1,\"v\":\"{token}\"}}").as_bytes());
        let (first_line, second_line) = base64.split_at(24);
        let wrapped = format!("{first_line}\n  {second_line}");
        let base64url = base64url::encode(b"???>>>a+b/c???>>>");
        for (text, found) in [
            ("nothing", None),
            ("secret=a+b/c", Some(Secret::Client)),
            ("client_secret=a%2Bb%2Fc", Some(Secret::Client)),
            ("{'Authorization': 'Basic cHJhY3RpY2U6YSUyYmIvYw=='}", Some(Secret::Client)),
            ("?code=coooode", Some(Secret::Code)),
            ("?code=cooo", None),
            ("a-code-of-20-lette**", Some(Secret::Code)),
            ("**code-of-20-letters", Some(Secret::Code)),
            ("a-code-of-20-l", None),
            ("-of-20-letters", None),
            ("veeerifier", Some(Secret::Verifier)),
            (token, Some(Secret::Token)),
            ("****a-token-of-40-letters-as-GitHub-has-it", Some(Secret::Token)),
            ("gho_a-token-of-40-letter", None),
            (&base64, Some(Secret::Token)),
            (&wrapped, Some(Secret::Token)),
            (&base64url, Some(Secret::Client)),
            (first_line, None),
        ] {
            assert_eq!(secrets.first_in(text), found, "{text}");
        }
        // That token is made to be refused, and leg 1 has told that verifier.
        assert_eq!(Secrets::of(&run(BROKEN_TOKEN, "challenge")).first_in(token), None);
        assert_eq!(Secrets::of(&run("login", "veeerifier")).first_in("veeerifier"), None);
    }
}
