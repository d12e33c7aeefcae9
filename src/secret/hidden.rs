//! The secrets of one login, and how they are kept out of what is shown: out of a provider's words
//! in an error, and out of a trace.
//!
//! ```text
//! error_description  The code 4f2c… in client_secret=a%2Fb&code=4f2c… is not valid.
//! quoted             The code … in client_secret=…&code=… is not valid.
//!
//! sent               code=4f2c8d1e90&client_secret=a%2Fb&state=6GtQ
//! masked             code=4f2c… (10 characters)&client_secret=… (3 characters)&state=6GtQ
//! ```
//!
//! A secret is found octet by octet, each as itself or escaped as in a URL, in a form, in JSON or in
//! HTML, and across the line that separates two chunks of a body (RFC 9112 §7.1). A short one is
//! found only where it is a word of its own, or the secret `secret` would take `client_secret`
//! apart.
//!
//! Left out: secrets that are changed in any other way. Nothing can know them all.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{AccessToken, ClientSecret, Code, State, Verifier};

/// How much of a text is quoted, in characters.
const LIMIT: usize = 300;

/// From this length on a secret is no word of any language, in octets.
const LONG: usize = 8;

/// What must not be shown. Its clones are one.
#[derive(Clone, Default)]
pub struct Hidden(Arc<Mutex<Vec<Entry>>>);

/// One secret, and how it is hidden.
pub struct Entry {
    secret: String,
    /// What a trace shows instead; nothing where a trace shows the secret itself.
    mask: Option<String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").finish_non_exhaustive()
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hidden({})", self.entries().len())
    }
}

impl From<&State> for Entry {
    /// A trace shows it, so that a reader can compare the callback's with the request's.
    fn from(state: &State) -> Self {
        Self {
            secret: state.expose().to_owned(),
            mask: None,
        }
    }
}

macro_rules! masked_in_a_trace {
    ($($name:ty),*) => {$(
        impl From<&$name> for Entry {
            fn from(secret: &$name) -> Self {
                Self { secret: secret.expose().to_owned(), mask: Some(secret.to_string()) }
            }
        }
    )*};
}

masked_in_a_trace!(ClientSecret, Verifier, Code, AccessToken);

impl Hidden {
    /// Hides one secret more.
    pub fn add(&self, secret: impl Into<Entry>) {
        let entry = secret.into();
        let mut entries = self.entries();
        let is_new = !entries.iter().any(|known| known.secret == entry.secret);
        if is_new && !entry.secret.is_empty() {
            // What contains another secret has to be found first, or the rest of it would stay.
            let place = entries.partition_point(|known| known.secret.len() >= entry.secret.len());
            entries.insert(place, entry);
        }
    }

    /// Hides what has the name of a secret in a message, whether or not the message can be read as
    /// a whole: `code=4f2c…`, `"access_token":"gho_…"`.
    pub fn learn(&self, message: &[u8]) {
        // More than a few of a name in one message are there to cost time.
        const MOST: usize = 8;
        let text = String::from_utf8_lossy(message);
        for name in ["code", "access_token", "refresh_token", "id_token"] {
            for (start, _) in text.match_indices(name).take(MOST) {
                let (before, rest) = text.split_at_checked(start).unwrap_or_default();
                let value = rest.strip_prefix(name).map_or("", value_after_name);
                let is_known = self.mask(value.as_bytes()) != value.as_bytes();
                if value.len() >= LONG && !is_known && !ends_in_word(before.as_bytes()) {
                    // Whatever it is, it is masked as a code is.
                    self.add(&Code::new(value.to_owned()));
                }
            }
        }
    }

    /// The text without the secrets, up to 300 characters.
    #[must_use]
    pub fn quote(&self, text: &str) -> String {
        let quoted = self.without(text.as_bytes(), |_| Some("…"));
        let quoted = String::from_utf8_lossy(&quoted);
        match quoted.char_indices().nth(LIMIT) {
            Some((end, _)) => format!("{}…", quoted.get(..end).unwrap_or_default()),
            None => quoted.into_owned(),
        }
    }

    /// The octets of a message with the secrets in it masked, and everything else as it is.
    #[must_use]
    pub fn mask(&self, message: &[u8]) -> Vec<u8> {
        self.without(message, |entry| entry.mask.as_deref())
    }

    fn without<'a>(&self, octets: &'a [u8], instead: impl Fn(&Entry) -> Option<&str>) -> Vec<u8> {
        let entries = self.entries();
        let found_at = |before: &[u8], rest: &'a [u8]| {
            entries.iter().find_map(|entry| {
                let after = after_secret(rest, entry.secret.as_bytes())?;
                let is_long = entry.secret.len() >= LONG;
                let is_found = is_long || !(ends_in_word(before) || begins_with_word(after));
                is_found.then(|| (instead(entry), after))
            })
        };
        let mut shown = Vec::with_capacity(octets.len());
        let mut at = 0;
        while let Some((before, rest)) = octets.split_at_checked(at)
            && let Some(first) = rest.first()
        {
            let after = match found_at(before, rest) {
                Some((Some(instead), after)) => {
                    shown.extend_from_slice(instead.as_bytes());
                    after.len()
                }
                Some((None, after)) => {
                    let length = rest.len() - after.len();
                    shown.extend_from_slice(rest.get(..length).unwrap_or_default());
                    after.len()
                }
                None => {
                    shown.push(*first);
                    rest.len() - 1
                }
            };
            at = octets.len() - after;
        }
        shown
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What follows the secret, where the octets begin with it in some coding.
fn after_secret<'a>(octets: &'a [u8], secret: &[u8]) -> Option<&'a [u8]> {
    let mut firsts = readings(octets).into_iter().flatten();
    firsts.find(|(octet, _)| secret.first() == Some(octet))?;
    // Each place that is reached is followed, because a `%` may be one or begin an escape.
    let mut rests = vec![octets];
    for (index, &wanted) in secret.iter().enumerate() {
        let chunks: Vec<_> = rests
            .iter()
            .filter_map(|rest| after_chunk_line(rest))
            .collect();
        if index > 0 {
            rests.extend(chunks);
        }
        let places = std::mem::take(&mut rests);
        let reached = places
            .into_iter()
            .flat_map(|rest| readings(rest).into_iter().flatten());
        for (octet, rest) in reached {
            if octet == wanted && !rests.iter().any(|known: &&[u8]| known.len() == rest.len()) {
                rests.push(rest);
            }
        }
    }
    // The longest reading, so that nothing of the secret stays.
    rests.into_iter().min_by_key(|rest| rest.len())
}

/// What the first octets may stand for, and what follows them: themselves, and what they escape.
fn readings(octets: &[u8]) -> [Option<(u8, &[u8])>; 2] {
    const IN_HTML: [(&[u8], u8); 6] = [
        (b"&amp;", b'&'),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&quot;", b'"'),
        (b"&#39;", b'\''),
        (b"&#x27;", b'\''),
    ];
    let itself = octets.split_first().map(|(first, rest)| (*first, rest));
    let escaped = match octets {
        [b'+', rest @ ..] => Some((b' ', rest)),
        // RFC 3986 §2.1, and RFC 8259 §7.
        [b'%', high, low, rest @ ..] | [b'\\', b'u', b'0', b'0', high, low, rest @ ..] => {
            octet(*high, *low).map(|octet| (octet, rest))
        }
        [b'\\', escaped @ (b'"' | b'\\' | b'/'), rest @ ..] => Some((*escaped, rest)),
        [b'&', ..] => IN_HTML
            .iter()
            .find_map(|(escape, octet)| Some((*octet, octets.strip_prefix(*escape)?))),
        _ => None,
    };
    [itself, escaped]
}

fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |octet: u8| char::from(octet).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// RFC 9112 §7.1: "chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF". Between the data of two
/// chunks stands the end of one and the size of the next.
fn after_chunk_line(octets: &[u8]) -> Option<&[u8]> {
    let line = octets.strip_prefix(b"\r\n")?;
    let end = line.iter().position(|&octet| octet == b'\n')?;
    let (size, rest) = line.split_at_checked(end)?;
    size.first()?.is_ascii_hexdigit().then_some(())?;
    rest.get(1..)
}

/// What stands after the name of a member or a parameter, up to its end: `=4f2c…&`, `": "gho_…"`.
fn value_after_name(text: &str) -> &str {
    let value = match text.strip_prefix('"') {
        None => text.strip_prefix('='),
        Some(text) => text.trim_start().strip_prefix(':'),
    };
    let value = value.unwrap_or_default().trim_start();
    let Some(quoted) = value.strip_prefix('"') else {
        return value
            .split(['&', ' ', '\r', '\n'])
            .next()
            .unwrap_or_default();
    };
    let mut is_escaped = false;
    let end = quoted.find(|character| {
        let is_end = character == '"' && !is_escaped;
        is_escaped = character == '\\' && !is_escaped;
        is_end
    });
    quoted
        .get(..end.unwrap_or(quoted.len()))
        .unwrap_or_default()
}

fn is_in_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'_' || !octet.is_ascii()
}

fn ends_in_word(octets: &[u8]) -> bool {
    match octets {
        [.., b'%', high, low] if octet(*high, *low).is_some() => {
            octet(*high, *low).is_some_and(is_in_word)
        }
        [.., last] => is_in_word(*last),
        [] => false,
    }
}

fn begins_with_word(octets: &[u8]) -> bool {
    match octets {
        [b'%', high, low, ..] if octet(*high, *low).is_some() => {
            octet(*high, *low).is_some_and(is_in_word)
        }
        [first, ..] => is_in_word(*first),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hiding(secrets: &[&str]) -> Hidden {
        let hidden = Hidden::default();
        for secret in secrets {
            hidden.add(&Code::new((*secret).to_owned()));
        }
        hidden
    }

    fn masked(hidden: &Hidden, message: &str) -> String {
        String::from_utf8(hidden.mask(message.as_bytes())).unwrap()
    }

    #[test]
    fn a_quote_is_cut_short() {
        let hidden = hiding(&[""]);
        assert_eq!(hidden.quote(&"é".repeat(300)), "é".repeat(300));
        assert_eq!(
            hidden.quote(&"é".repeat(301)),
            format!("{}…", "é".repeat(300))
        );
    }

    #[test]
    fn a_secret_is_not_quoted_in_any_of_its_codings_nor_in_part() {
        let hidden = hiding(&["c0de", "a/b+c=\"\\", "xc0dey", "A B~C/D+E", "<5%25&'>9"]);
        for (text, quoted) in [
            ("the code c0de is bad", "the code … is bad"),
            (
                "client_secret=a%2Fb%2Bc%3D%22%5C&code=c0de",
                "client_secret=…&code=…",
            ),
            (
                r#"{"client_secret":"a/b+c=\"\\"}"#,
                r#"{"client_secret":"…"}"#,
            ),
            (
                r#"{"client_secret":"a\/b+c=\u0022\u005C"}"#,
                r#"{"client_secret":"…"}"#,
            ),
            ("a%2fb%2bc%3d%22%5c", "…"),
            ("A+B%7EC%2FD%2BE A%20B~C%2FD%2BE", "… …"),
            ("A+B%7eC%2fD%2bE A%20B~C%2fD%2bE", "… …"),
            ("%41%20%42~C/D+%45", "…"),
            (
                "<5%25&'>9 &lt;5%25&amp;&#39;&gt;9 %3C5%2525%26%27%3E9",
                "… … …",
            ),
            ("xc0dey", "…"),
            ("c0decode c0de c0de_ (c0de)c0de", "c0decode … c0de_ (…)…"),
            ("a%20c0de%20a a%41c0de", "a%20…%20a a%41c0de"),
        ] {
            assert_eq!(hidden.quote(text), quoted);
        }
    }

    #[test]
    fn a_trace_shows_how_a_secret_begins_how_long_it_is_and_the_state_whole() {
        let hidden = Hidden::default();
        hidden.add(&Code::new("4f2c8d1e90".to_owned()));
        hidden.add(&ClientSecret::new("a/b/c/d/e".to_owned()));
        hidden.add(&State::new("st4te-st4te".to_owned()));
        assert_eq!(
            masked(
                &hidden,
                "state=st4te-st4te&code=4f2c8d1e90&client_secret=a%2Fb%2Fc%2Fd%2Fe\r\n"
            ),
            "state=st4te-st4te&code=4f2c… (10 characters)&client_secret=… (9 characters)\r\n"
        );
        assert_eq!(hidden.quote("st4te-st4te"), "…");
    }

    #[test]
    fn a_secret_that_two_chunks_share_is_found() {
        let hidden = hiding(&["gho_0123456789"]);
        let body = "14\r\n{\"access_token\":\"gh\r\n9;a=b\r\no_0123456\r\n5\r\n789\"}\r\n0\r\n\r\n";
        assert_eq!(
            masked(&hidden, body),
            "14\r\n{\"access_token\":\"gho_… (14 characters)\"}\r\n0\r\n\r\n"
        );
    }

    #[test]
    fn what_has_the_name_of_a_secret_is_hidden_in_a_broken_message_too() {
        let hidden = Hidden::default();
        hidden.learn(br#"{"access_token" : "gho_0123456789", "refresh_token":"ghr_0123456789"#);
        hidden.learn(b"POST /access_token harmless, \"code\": 401 harmless");
        hidden.learn(b"GET /callback?error_code=harmless&code=c0de0123&state=a HTTP/1.1");
        assert_eq!(
            masked(&hidden, "gho_0123456789 ghr_0123456789 c0de0123 harmless"),
            "gho_… (14 characters) ghr_… (14 characters) c0de… (8 characters) harmless"
        );
    }

    #[test]
    fn an_ambiguous_escape_costs_no_time() {
        let hidden = hiding(&["%25".repeat(1000).as_str()]);
        assert_eq!(hidden.quote(&"%25".repeat(999)), "%25".repeat(100) + "…");
    }
}
