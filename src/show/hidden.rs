//! The secrets of one login, and how they are kept out of what is shown: a provider's words
//! in an error, and the bytes that `--explain` shows.
//!
//! ```text
//! sent       code=4f2c8d1e90&client_secret=a%2Fb…
//! shown      code=4f2c… (10 characters)&client_secret=… (40 characters)
//! received   {"message":"Bad secret: 81c6%66%30d2…"}
//! shown      (withheld: it repeats a secret)
//! ```
//!
//! A secret is replaced where it stands as it is, or as a form or JSON has it ([`super::mask`]). A text
//! that still has eight bytes of a secret in a row, in whatever mix of codings, is withheld
//! ([`super::parts`]). Not caught: encodings that change every character, such as Base64.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::secret::{AccessToken, ClientSecret, State, opaque};
use crate::show::coding::{codings, undo_form};
use crate::show::learn::find_secrets;
use crate::show::mask::{Masks, Pattern, SHORTEST_SECRET};
use crate::show::names::secrets_by_name;
use crate::show::parts::Parts;
use crate::wire::form::Problem;

/// At most this many secrets are kept, and together at most this many bytes: eight of the longest
/// tokens that can be sent. If there are more, nothing is shown.
const MAX_SECRETS: usize = 32;
const MAX_LENGTH: usize = 8 * 32 * 1024;
const TOO_MANY: Problem = "there are too many secrets to mask";
/// At most this many characters of a provider's words are quoted.
const MAX_QUOTED: usize = 300;

/// The texts that must not be shown. Clones share one list.
#[derive(Clone, Default)]
pub struct Hidden(Arc<Mutex<Secrets>>);

opaque!(Hidden);

#[derive(Default)]
struct Secrets {
    known: Vec<Known>,
    are_too_many: bool,
    /// The parts of all secrets but the state, and those of the state.
    parts: Parts,
    state_parts: Parts,
}

struct Known {
    secret: String,
    codings: Vec<String>,
    mask: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A secret that this program has made or was given.
    Own,
    /// The state. The trace shows it, so that a reader can compare the legs.
    State,
    /// A text that the provider calls a secret.
    Learned,
}

/// The place where a text is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Error,
    Trace,
}

impl Hidden {
    /// Hides one more secret behind this mask.
    pub fn add(&self, secret: &str, mask: &impl ToString) {
        self.lock().add(secret, mask.to_string(), Kind::Own);
    }

    /// Hides the state from errors.
    pub fn add_state(&self, state: &State) {
        self.lock().add(state.expose(), state.to_string(), Kind::State);
    }

    /// Hides what an answer, JSON or a form, calls a secret.
    pub fn learn(&self, answer: &str) {
        let mut secrets = self.lock();
        find_secrets(answer, &mut |secret| {
            if secrets.is_new(secret) {
                let mask = AccessToken::new(secret.to_owned()).to_string();
                secrets.add(secret, mask, Kind::Learned);
            }
        });
    }

    /// A provider's words, for an error: cut after 300 characters and masked, or withheld.
    pub fn quote(&self, words: &str) -> String {
        let end = match words.char_indices().nth(MAX_QUOTED) {
            Some((position, _)) => position,
            None => words.len(),
        };
        match self.lock().masked(words, end, Place::Error) {
            Ok(quoted) => quoted,
            Err(why) => format!("(withheld: {why})"),
        }
    }

    /// A message's head, for the trace. Codes, tokens, and what others sign in with are masked by
    /// their names as well. Errors: it still repeats a secret, or can't be masked.
    pub fn head(&self, head: &str) -> Result<String, Problem> {
        let mut secrets = self.lock();
        let masked = secrets.mask_head(head)?;
        secrets.checked(masked, Place::Trace)
    }

    /// A message's body, for the trace. Errors: it still repeats a secret, or can't be masked.
    pub fn body(&self, body: &str) -> Result<String, Problem> {
        self.lock().masked(body, body.len(), Place::Trace)
    }

    /// A thread that panics ends the released program. Elsewhere, such as in tests, what it left is used.
    fn lock(&self) -> MutexGuard<'_, Secrets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Secrets {
    fn is_new(&self, secret: &str) -> bool {
        !secret.is_empty() && self.known.iter().all(|known| known.secret != secret)
    }

    fn add(&mut self, secret: &str, mask: String, kind: Kind) {
        if self.are_too_many || !self.is_new(secret) {
            return;
        }
        let mut length = secret.len();
        for known in &self.known {
            length += known.secret.len();
        }
        if self.known.len() == MAX_SECRETS || length > MAX_LENGTH {
            self.are_too_many = true;
            return;
        }
        let mut new = Known { secret: secret.to_owned(), codings: codings(secret), mask, kind };
        for known in &mut self.known {
            if known.kind == Kind::Learned && new.has_beginning_of(&known.secret) {
                known.show_no_beginning();
            }
            if kind == Kind::Learned && known.has_beginning_of(secret) {
                new.show_no_beginning();
            }
        }
        self.known.push(new);
        match kind {
            Kind::Own | Kind::Learned => self.parts.add(secret),
            Kind::State => self.state_parts.add(secret),
        }
    }

    fn masks(&self, place: Place) -> Result<Masks<'_>, Problem> {
        if self.are_too_many {
            return Err(TOO_MANY);
        }
        let mut masks = Masks::new();
        for known in &self.known {
            if known.kind == Kind::State && place == Place::Trace {
                continue;
            }
            let is_short = known.secret.len() < SHORTEST_SECRET;
            for text in &known.codings {
                masks.add(Pattern { text, mask: &known.mask, is_short });
            }
        }
        Ok(masks)
    }

    fn masked(&mut self, text: &str, end: usize, place: Place) -> Result<String, Problem> {
        let masked = self.masks(place)?.mask(text, end)?;
        self.checked(masked, place)
    }

    fn mask_head(&self, head: &str) -> Result<String, Problem> {
        let masks = self.masks(Place::Trace)?;
        let all_named = secrets_by_name(head);
        if all_named.len() > MAX_SECRETS {
            return Err(TOO_MANY);
        }
        let mut masked = String::new();
        let mut start = 0;
        for named in all_named {
            let before = head.get(start..named.start).unwrap_or_default();
            masked += &masks.mask(before, before.len())?;
            let value = head.get(named.start..named.end).unwrap_or_default();
            masked += &self.mask_of(value, named.is_temporary);
            start = named.end;
        }
        let rest = head.get(start..).unwrap_or_default();
        masked += &masks.mask(rest, rest.len())?;
        Ok(masked)
    }

    /// The mask of a value that is secret by its name, known or not.
    fn mask_of(&self, value: &str, is_temporary: bool) -> String {
        let decoded = undo_form(value);
        let mut shows_beginning = is_temporary;
        for known in &self.known {
            if known.secret == value || known.secret == decoded {
                return known.mask.clone();
            }
            if known.has_beginning_of(value) {
                shows_beginning = false;
            }
        }
        if shows_beginning {
            AccessToken::new(value.to_owned()).to_string()
        } else {
            ClientSecret::new(value.to_owned()).to_string()
        }
    }

    /// The masked text, if it repeats no secret. The masks are checked too: a mask may show the
    /// beginning of its secret, and that may complete a part of another.
    fn checked(&mut self, masked: String, place: Place) -> Result<String, Problem> {
        let repeats_a_state = place == Place::Error && self.state_parts.are_in(&masked);
        if repeats_a_state || self.parts.are_in(&masked) {
            return Err("it repeats a secret");
        }
        Ok(masked)
    }
}

impl Known {
    /// Whether the beginning of another secret, as its mask shows it, stands in this one.
    ///
    /// A provider chooses its tokens. Each could begin with a piece of another secret, so that their
    /// masks in a row spell it. So a mask shows the beginning of a token only if no other secret
    /// contains that beginning.
    fn has_beginning_of(&self, other: &str) -> bool {
        let beginning: String = other.chars().take(4).collect();
        self.secret.contains(&beginning)
    }

    fn show_no_beginning(&mut self) {
        self.mask = ClientSecret::new(self.secret.clone()).to_string();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Code;

    fn hiding(secrets: &[&str]) -> Hidden {
        let hidden = Hidden::default();
        for secret in secrets {
            hidden.add(secret, &Code::new((*secret).to_owned()));
        }
        hidden
    }

    const WITHHELD: &str = "(withheld: it repeats a secret)";

    #[test]
    fn a_providers_words_are_quoted_up_to_300_characters() {
        let hidden = hiding(&[""]);
        assert_eq!(hidden.quote(&"é".repeat(300)), "é".repeat(300));
        assert_eq!(hidden.quote(&"é".repeat(301)), format!("{}…", "é".repeat(300)));
    }

    #[test]
    fn a_secret_is_masked_as_it_is_in_a_form_and_in_json_and_withheld_in_any_other_coding() {
        let hidden = hiding(&["c0de", "a/b+c=\"\\0123456", "A B~C/D+E"]);
        for (text, quoted) in [
            ("the code c0de is bad", "the code … (4 characters) is bad"),
            ("c0decode c0de_ c0de", "c0decode c0de_ … (4 characters)"),
            ("x=a%2Fb%2Bc%3D%22%5C0123456&y", "x=a/b+… (15 characters)&y"),
            (r#"{"x":"a/b+c=\"\\0123456"}"#, r#"{"x":"a/b+… (15 characters)"}"#),
            (r#"{"x":"a\/b+c=\"\\0123456"}"#, r#"{"x":"a/b+… (15 characters)"}"#),
            ("A+B%7EC%2FD%2BE", "A B~… (9 characters)"),
            ("A%20B~C/D+E", WITHHELD),
            ("A+B%7EC/D%2BE", WITHHELD),
            ("%41%20%42~C/D+%45", WITHHELD),
            ("%2541%2520%2542~C/D+%2545", WITHHELD),
            (r"\u0041 B~C\u002fD+E", WITHHELD),
            ("B~C/D+E and \\\"0123456", "B~C/D+E and \\\"0123456"),
            ("\\0123456", WITHHELD),
            ("&#65; B~&#x43;&sol;D+E", WITHHELD),
            ("&#37;41 B~C/D+E", WITHHELD),
            (r#"{"x":"{\"y\":\"a/b+c=\\\"\\\\0123456\"}"}"#, WITHHELD),
            ("A%26%2332%3BB%7EC/D%252BE", WITHHELD),
        ] {
            assert_eq!(hidden.quote(text), quoted, "{text}");
        }
    }

    #[test]
    fn words_are_cut_where_no_secret_is_cut() {
        let hidden = hiding(&["0123456789abcdef"]);
        let words = "x".repeat(295);
        for (end, shown) in [
            ("01234", "01234"),
            ("0123456789abcdef", "0123… (16 characters)"),
            ("0123456789abcdef.", "0123… (16 characters)…"),
            ("0123456789abcde", "01234…"),
            ("%300123456789abcde", "%3001…"),
        ] {
            assert_eq!(hidden.quote(&format!("{words}{end}")), format!("{words}{shown}"));
        }
    }

    #[test]
    fn a_mask_is_not_masked_again_and_one_that_repeats_a_secret_is_withheld() {
        let tokens = ["ABCDEFGH", "characte", " (8 char", "… ", "(2", " ", "1", "("];
        let mut members = String::new();
        for (number, token) in tokens.iter().enumerate() {
            members += &format!(r#""t{number}token":"{token}","#);
        }
        let hidden = Hidden::default();
        hidden.learn(&members);
        // The masks themselves hold a token, `characte`, and so it is withheld.
        assert_eq!(hidden.quote(&"ABCDEFGH".repeat(14_000)), WITHHELD);
        assert_eq!(hidden.body("ABCDEFGH"), Err("it repeats a secret"));
    }

    #[test]
    fn the_masks_of_tokens_spell_no_other_secret() {
        let secret = "0123456789abcdefghijklmnopqrstuvwxyz";
        for length in [4, 8, 9, 12, 18, 35] {
            for added in ["", "----"] {
                let mut tokens = Vec::new();
                for piece in secret.as_bytes().chunks(length) {
                    tokens.push(format!("{}{added}", String::from_utf8_lossy(piece)));
                }
                let hidden = Hidden::default();
                // The order in which they become known makes no difference.
                hidden.learn(&format!(r#"{{"tokens":["{}"]}}"#, tokens.join("\",\"")));
                hidden.add(secret, &ClientSecret::new(secret.to_owned()));
                hidden.learn(r#"{"password":"cdef----"}"#);
                let shown = hidden.quote(&format!("cdef---- {}", tokens.join(" ")));
                for part in secret.as_bytes().windows(4) {
                    let part = String::from_utf8_lossy(part);
                    assert!(!shown.contains(&*part), "{part} is in {shown}");
                }
            }
        }
        // Nor where a token begins behind a part that is too short to be withheld.
        let hidden = hiding(&[secret]);
        hidden.learn(r#"{"token":"789-------"}"#);
        assert_eq!(hidden.quote("0123456789-------"), WITHHELD);
        // Tokens that have nothing of another secret show how they begin.
        hidden.learn(r#"{"access_token":"gho_0000","refresh_token":"ghr_0000"}"#);
        assert_eq!(hidden.quote("gho_0000 ghr_0000"), "gho_… (8 characters) ghr_… (8 characters)");
    }

    #[test]
    fn the_trace_shows_the_state_and_an_error_does_not() {
        let hidden = Hidden::default();
        hidden.add("a/b/c/d/e", &ClientSecret::new("a/b/c/d/e".to_owned()));
        hidden.add_state(&State::new("st4te-st4te".to_owned()));
        let masked = hidden.body("state=st4te-st4te&client_secret=a%2Fb%2Fc%2Fd%2Fe\r\n");
        assert_eq!(masked.as_deref(), Ok("state=st4te-st4te&client_secret=… (9 characters)\r\n"));
        assert_eq!(hidden.quote("st4te-st4te"), "st4t… (11 characters)");
    }

    #[test]
    fn what_an_answer_calls_a_token_is_a_secret_from_then_on() {
        for answer in [
            r#"{"access_token":"t0ken-t0ken","token_type":"bearer"}"#,
            r#"{"data":[{"x":1,"Token" : "t0ken-t0ken"}]}"#,
            r#"{"id_\u0074oken":"\u00740ken-t0ken"}"#,
            r#"{"token":"a","token":"t0ken-t0ken"}"#,
            r#"{"token":null,"x":"y\"","refresh_token":"t0ken-t0ken""#,
            "scope=a&refresh_token=t0ken%2Dt0ken",
        ] {
            let hidden = Hidden::default();
            hidden.learn(answer);
            assert_eq!(hidden.quote("t0ken-t0ken"), "t0ke… (11 characters)", "{answer}");
        }
        let hidden = Hidden::default();
        hidden.learn(r#"{"token_type":"bearer-bearer","a":"token","b":"not-a-token","token":["#);
        assert_eq!(hidden.quote("bearer-bearer not-a-token"), "bearer-bearer not-a-token");
    }

    #[test]
    fn a_head_is_masked_by_names_as_well() {
        let hidden = Hidden::default();
        for (line, shown) in [
            (
                "GET /cb?code=HTTP/1.1&state=a HTTP/1.1\r\n",
                "GET /cb?code=HTTP… (8 characters)&state=a HTTP/1.1\r\n",
            ),
            ("GET /cb?c%6Fde=ab HTTP/1.1\n", "GET /cb?c%6Fde=… (2 characters) HTTP/1.1\n"),
            (
                "Referer: http://a/?code=0123456789#b\r\n",
                "Referer: http://a/?code=0123… (10 characters)#b\r\n",
            ),
            ("Cookie: a=b; c=d\r\n", "Cookie: … (8 characters)\r\n"),
            ("Authorization: basic YTpi\r\n", "Authorization: basic … (4 characters)\r\n"),
            (
                "authorization:  Bearer \t gho_456789 \r\n",
                "authorization:  Bearer \t … (10 characters) \r\n",
            ),
            ("Authorization: gho_456789\r\n", "Authorization: … (10 characters)\r\n"),
            ("Authorization: \r\n", "Authorization: \r\n"),
            (
                "Proxy-Authorization: Digest a=\"b\", c=d\r\n",
                "Proxy-Authorization: Digest … (10 characters)\r\n",
            ),
            ("X-Auth-Token: 0123456789\r\n", "X-Auth-Token: … (10 characters)\r\n"),
            ("content-type: a/b; code_of=c\r\n", "content-type: a/b; code_of=c\r\n"),
        ] {
            assert_eq!(hidden.head(line).as_deref(), Ok(shown));
        }
        hidden.add("gho_456789", &AccessToken::new("gho_456789".to_owned()));
        let shown = "Authorization: Bearer gho_… (10 characters)\r\n";
        assert_eq!(hidden.head("Authorization: Bearer gho_456789\r\n").as_deref(), Ok(shown));
        // A secret that is known has its own mask, and no beginning shows a piece of it.
        hidden.add("s3cr3t+0f", &ClientSecret::new("s3cr3t+0f".to_owned()));
        for (value, mask) in [
            ("s3cr3t+0f", "… (9 characters)"),
            ("s3cr3t%2B0f", "… (9 characters)"),
            ("r3t+1234", "… (8 characters)"),
        ] {
            let shown = format!("X: ?token={mask}#\n");
            assert_eq!(hidden.head(&format!("X: ?token={value}#\n")), Ok(shown));
        }
        assert_eq!(hidden.head(&"?code=a".repeat(40)), Err(TOO_MANY));
    }

    #[test]
    fn a_short_secret_is_masked_where_it_stands_alone() {
        let hidden = hiding(&["s", "code"]);
        let body = hidden.body("code=s&client_secret=s&code_of=css&x=\"code\"").unwrap();
        let code = "… (4 characters)";
        let s = "… (1 characters)";
        assert_eq!(body, format!("{code}={s}&client_secret={s}&code_of=css&x=\"{code}\""));
    }

    #[test]
    fn neither_a_long_text_nor_many_long_secrets_cost_time_or_space() {
        // Each takes a moment; what grows with the square would take hours, or all the memory.
        let secret = "a".repeat(200_000) + "b";
        let hidden = hiding(&[&secret, &"%25".repeat(1000), "a%25a%25a%25b"]);
        assert_eq!(hidden.body(&"a".repeat(100_000)), Err("masking it would take too long"));
        assert_eq!(hidden.body(&"b a".repeat(30_000)), Ok("b a".repeat(30_000)));
        hidden.learn(&r#""token":"a","#.repeat(10_000));
        hidden.learn(&"token=b&".repeat(10_000));
        assert_eq!(hidden.quote(&"x%79".repeat(250_000)).chars().count(), 301);
        let many = (0..10_000).map(|number| format!("token=a{number}&"));
        hidden.learn(&many.collect::<String>());
        assert_eq!(hidden.quote("anything"), "(withheld: there are too many secrets to mask)");
    }
}
