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
//! The text is read in each of the codings in which a secret may stand in it (`coding.rs`), and
//! searched for each secret; what is found is united, so that no finding can hide another. A short
//! secret is found only where it stands alone, or the secret `secret` would take `client_secret`
//! apart.
//!
//! A trace also masks what must be a secret though nobody knows it (`telltale.rs`).
//!
//! Left out: secrets that are changed in any other way. Nothing can know them all.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{AccessToken, ClientSecret, Code, State, Verifier, coding, telltale};

/// How much of a text is quoted, in characters.
const LIMIT: usize = 300;

/// How much of a text is read for that, in octets.
const READ: usize = 16 * 1024;

/// With how many octets one may be written: `\u0026#x2f;`.
const LONGEST_ESCAPE: usize = 12;

/// From this length on a secret is no word of any language, in octets.
const LONG: usize = 8;

/// What must not be shown. Its clones are one.
#[derive(Clone, Default)]
pub struct Hidden(Arc<Mutex<Vec<Entry>>>);

/// One secret, and how it is hidden.
pub struct Entry {
    secret: String,
    /// What a trace shows instead; nothing where a trace shows the secret itself.
    mask: Option<Arc<str>>,
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
        Self { secret: state.expose().to_owned(), mask: None }
    }
}

macro_rules! masked_in_a_trace {
    ($($name:ty),*) => {$(
        impl From<&$name> for Entry {
            fn from(secret: &$name) -> Self {
                Self { secret: secret.expose().to_owned(), mask: Some(secret.to_string().into()) }
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
            entries.push(entry);
        }
    }

    /// The text without the secrets, up to 300 characters.
    #[must_use]
    pub fn quote(&self, text: &str) -> String {
        let octets = text.as_bytes();
        let read = octets.get(..READ).unwrap_or(octets);
        let mut marks = Marks::new(read);
        let stands_alone = |before: &[u8], after: &[u8]| {
            let ends = [before.last(), after.first()];
            !ends.into_iter().flatten().any(|octet| is_in_word(*octet))
        };
        self.mark(&mut marks, |_| Some("…".into()), stands_alone);
        if read.len() < octets.len() {
            // A secret may be cut here, and can't be told any more.
            let longest = self.entries().iter().map(|entry| entry.secret.len()).max();
            let tail = longest.unwrap_or_default() * LONGEST_ESCAPE;
            marks.add(read.len().saturating_sub(tail)..read.len(), &"…".into());
        }
        let quoted = marks.masked();
        let quoted = String::from_utf8_lossy(&quoted);
        match quoted.char_indices().nth(LIMIT) {
            Some((end, _)) => format!("{}…", quoted.get(..end).unwrap_or_default()),
            None => quoted.into_owned(),
        }
    }

    /// The octets of a message with the secrets in it masked, and everything else as it is.
    #[must_use]
    pub fn mask(&self, message: &[u8]) -> Vec<u8> {
        let mut marks = Marks::new(message);
        let stands_alone = |before: &[u8], after: &[u8]| {
            let is_value = matches!(before.last(), Some(b'=' | b'"' | b'\''));
            let ends = [b'&', b'"', b'\'', b' ', b'\r', b'\n'];
            after.first().is_none_or(|octet| ends.contains(octet))
                && (is_value || before.ends_with(b"Bearer "))
        };
        self.mark(&mut marks, |entry| entry.mask.clone(), stands_alone);
        let plain = coding::without_chunks(message);
        let text = |part: &Range<usize>| plain.text().get(part.clone()).unwrap_or_default();
        let (values, headers) = telltale::find(plain.text());
        for value in values {
            let mask = Code::new(text(&value).to_owned()).to_string().into();
            marks.add(plain.place(&value), &mask);
        }
        for value in headers {
            let mask = ClientSecret::new(text(&value).to_owned()).to_string().into();
            marks.add(plain.place(&value), &mask);
        }
        marks.masked()
    }

    /// Marks the secrets in a text.
    fn mark(
        &self,
        marks: &mut Marks<'_>,
        mask: fn(&Entry) -> Option<Arc<str>>,
        stands_alone: fn(&[u8], &[u8]) -> bool,
    ) {
        let entries = self.entries();
        coding::readings(marks.text, &mut |reading| {
            for entry in entries.iter() {
                let Some(mask) = mask(entry) else { continue };
                for part in reading.find(&entry.secret) {
                    let (before, after) = reading.around(&part);
                    if entry.secret.len() >= LONG || stands_alone(before, after) {
                        marks.add(reading.place(&part), &mask);
                    }
                }
            }
        });
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A text, and what is hidden of it. Where marks overlap they become one, so that none can uncover
/// what another hides.
struct Marks<'a> {
    text: &'a [u8],
    found: Vec<(Range<usize>, Arc<str>)>,
    /// For each octet which of them hides it.
    hidden_by: Vec<Option<u32>>,
}

impl<'a> Marks<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, found: Vec::new(), hidden_by: vec![None; text.len()] }
    }

    fn add(&mut self, place: Range<usize>, mask: &Arc<str>) {
        let number = u32::try_from(self.found.len()).ok();
        let octets = self.hidden_by.get_mut(place.clone()).unwrap_or_default();
        let mut is_new = false;
        for octet in octets.iter_mut().filter(|octet| octet.is_none()) {
            (*octet, is_new) = (number, true);
        }
        if is_new {
            self.found.push((place, Arc::clone(mask)));
        }
    }

    /// The text with each mark in its place.
    fn masked(&self) -> Vec<u8> {
        let mut shown = Vec::with_capacity(self.text.len());
        let mut at = 0;
        while let Some(rest) = self.hidden_by.get(at..)
            && let Some(first) = rest.first()
        {
            let other = rest.iter().position(|octet| octet.is_some() != first.is_some());
            let run = at..at + other.unwrap_or(rest.len());
            let found = first.and_then(|number| self.found.get(usize::try_from(number).ok()?));
            match found {
                None => shown.extend_from_slice(self.text.get(run.clone()).unwrap_or_default()),
                Some((place, mask)) if *place == run => shown.extend_from_slice(mask.as_bytes()),
                Some(_) => shown.extend_from_slice("…".as_bytes()),
            }
            at = run.end;
        }
        shown
    }
}

fn is_in_word(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || octet == b'_' || octet == coding::NOT_ASCII
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
        assert_eq!(hidden.quote(&"é".repeat(301)), format!("{}…", "é".repeat(300)));
    }

    #[test]
    fn a_secret_is_not_quoted_in_any_of_its_codings_nor_in_part() {
        let hidden = hiding(&["c0de", "a/b+c=\"\\", "xc0dey", "A B~C/D+E", "<5%25&'>9"]);
        for (text, quoted) in [
            ("the code c0de is bad", "the code … is bad"),
            ("client_secret=a%2Fb%2Bc%3D%22%5C&code=c0de", "client_secret=…&code=…"),
            (r#"{"client_secret":"a/b+c=\"\\"}"#, r#"{"client_secret":"…"}"#),
            (r#"{"client_secret":"a\/b+c=\u0022\u005C"}"#, r#"{"client_secret":"…"}"#),
            ("a%2fb%2bc%3d%22%5c", "…"),
            ("A+B%7EC%2FD%2BE A%20B~C%2FD%2BE", "… …"),
            ("A+B%7eC%2fD%2bE A%20B~C%2fD%2bE", "… …"),
            ("%41%20%42~C/D+%45", "…"),
            ("<5%25&'>9 &lt;5%25&amp;&#39;&gt;9 %3C5%2525%26%27%3E9", "… … …"),
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
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let body = "13\r\n{\"access_token\":\"gh\r\n9;a=b\r\no_0123456\r\n5\r\n789\"}\r\n0\r\n\r\n";
        assert_eq!(
            masked(&hidden, &format!("{head}{body}")),
            format!("{head}13\r\n{{\"access_token\":\"gho_… (14 characters)\"}}\r\n0\r\n\r\n")
        );
    }

    #[test]
    fn what_nobody_knows_is_masked_where_it_stands_and_nowhere_else() {
        let hidden = Hidden::default();
        assert_eq!(
            masked(&hidden, "GET /callback?code=HTTP/1.1&state=a HTTP/1.1\r\nCookie: a=b\r\n\r\n"),
            "GET /callback?code=HTTP… (8 characters)&state=a HTTP/1.1\r\nCookie: … (3 characters)\r\n\r\n"
        );
        assert_eq!(masked(&hidden, "HTTP/1.1 200 OK"), "HTTP/1.1 200 OK");
        let broken = r#"{"access_token" : "gho_0123456789", "refresh_token":"ghr_0123456789"#;
        assert_eq!(
            masked(&hidden, broken),
            r#"{"access_token" : "gho_… (14 characters)", "refresh_token":"ghr_… (14 characters)"#
        );
    }

    #[test]
    fn no_finding_uncovers_another() {
        let hidden = hiding(&["gho_0123456789", "access_token\":\"gho_", "456789\"}"]);
        assert_eq!(masked(&hidden, r#"{"access_token":"gho_0123456789"}"#), r#"{"…"#);
        assert_eq!(hidden.quote("gho_0123456789\"}."), "….");
    }

    #[test]
    fn a_short_secret_is_masked_only_as_a_value() {
        let hidden = hiding(&["1", "user", "code"]);
        let message = "GET /user?x=1 HTTP/1.1\r\nuser-agent: 1\r\n\r\nuser=1&code=user&x=\"code\"";
        assert_eq!(
            masked(&hidden, message),
            "GET /user?x=… (1 characters) HTTP/1.1\r\nuser-agent: 1\r\n\r\n\
             user=… (1 characters)&code=… (4 characters)&x=\"… (4 characters)\""
        );
    }

    #[test]
    fn neither_a_long_text_nor_a_long_secret_costs_time() {
        // It takes a moment; what grows with the square would take hours.
        let secret = "a".repeat(200_000) + "b";
        let hidden = hiding(&[&secret, &"%25".repeat(1000), "a%25a%25a%25b"]);
        assert!(hidden.quote(&"a".repeat(1 << 20)).starts_with('…'));
        let text = "a%25".repeat(50_000);
        assert_eq!(masked(&hidden, &text), text);
        let many = masked(&hidden, &"&code=a".repeat(30_000));
        assert_eq!(many.matches("… (1 characters)").count(), 30_000);
    }

    #[test]
    fn a_secret_that_is_cut_at_the_end_of_what_is_read_is_not_quoted() {
        let hidden = hiding(&["gho_0123456789"]);
        let text = "gho_0123456789".repeat(2000);
        assert!(!hidden.quote(&text).contains("gho"));
    }
}
