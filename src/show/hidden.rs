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
//! A secret is replaced where it stands as it is, or as a form or JSON has it. A text that still has
//! eight characters of one in a row is withheld. Left out: an encoding that leaves none of it, such as Base64.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use serde_json::{Deserializer, Value};

use crate::secret::{AccessToken, ClientSecret, Code, State, opaque};
use crate::show::locked;
use crate::wire::form::{self, Form, Problem};

/// Nothing this long is an ordinary word, in bytes.
const LONG: usize = 8;
/// How many secrets are told apart. From the next one on, everything is withheld.
const MOST: usize = 32;

/// What must not be shown. Clones share one list.
#[derive(Clone, Default)]
pub struct Hidden(Arc<Mutex<Vec<Known>>>);

struct Known {
    secret: String,
    mask: String,
    is_state: bool,
}

opaque!(Hidden);

impl Hidden {
    /// Hides one more secret behind this mask.
    pub fn add(&self, secret: &str, mask: &impl ToString) {
        self.push(Known { secret: secret.to_owned(), mask: mask.to_string(), is_state: false });
    }

    /// Hides the state from errors. The trace shows it, so that a reader can compare the legs.
    pub fn add_state(&self, state: &State) {
        let secret = state.expose().to_owned();
        self.push(Known { secret, mask: state.to_string(), is_state: true });
    }

    fn push(&self, new: Known) {
        let mut known = locked(&self.0);
        let is_new = known.iter().all(|known| known.secret != new.secret);
        if is_new && !new.secret.is_empty() && known.len() <= MOST {
            // The longest first, so that none leaves the rest of another.
            let place = known.partition_point(|known| known.secret.len() >= new.secret.len());
            known.insert(place, new);
        }
    }

    /// Hides what an answer, JSON or a form, calls a token: each text whose name ends so.
    pub fn learn(&self, answer: &str) {
        let add = |text: &str| self.add(text, &AccessToken::new(text.to_owned()));
        if let Ok(form) = Form::decode(answer) {
            form.pairs().filter(|(name, _)| is_token(name)).for_each(|(_, value)| add(value));
        }
        // One string after another, wherever it stands: a name, a colon, and then its text.
        let (mut rest, mut is_named) = (answer, false);
        while let Some((before, quoted)) = rest.find('"').and_then(|at| rest.split_at_checked(at)) {
            let mut strings = Deserializer::from_slice(quoted.as_bytes()).into_iter::<String>();
            let Some(Ok(text)) = strings.next() else { return };
            if is_named && before.trim() == ":" {
                add(&text);
            }
            is_named = is_token(&text);
            rest = quoted.get(strings.byte_offset()..).unwrap_or_default();
        }
    }

    /// A provider's words, for an error: masked and cut after 300 characters, or withheld.
    pub fn quote(&self, words: &str) -> String {
        let quoted = self.mask(words, |_| true).unwrap_or_else(|why| format!("(withheld: {why})"));
        let shown: String = quoted.chars().take(300).collect();
        if shown == quoted { shown } else { shown + "…" }
    }

    /// A message's head, for the trace. Codes, tokens, and what others sign in with are masked by
    /// their names as well. Errors: it still repeats a secret.
    pub fn head(&self, head: &str) -> Result<String, Problem> {
        self.body(&head.split_inclusive('\n').map(mask_by_name).collect::<String>())
    }

    /// A message's body, for the trace. Errors: it still repeats a secret.
    pub fn body(&self, body: &str) -> Result<String, Problem> {
        self.mask(body, |known| !known.is_state)
    }

    fn mask(&self, text: &str, is_hidden: fn(&Known) -> bool) -> Result<String, Problem> {
        let all = locked(&self.0);
        let mut masked = text.to_owned();
        for known in all.iter().filter(|known| is_hidden(known)) {
            for coded in codings(&known.secret) {
                masked = replace(&masked, &coded, &known.mask);
            }
        }
        // In linear time: a provider may repeat a long secret in a long text.
        let mut parts = HashSet::new();
        for known in all.iter().filter(|known| is_hidden(known)) {
            parts.extend(known.secret.as_bytes().windows(LONG));
        }
        let repeats = |text: &str| text.as_bytes().windows(LONG).any(|part| parts.contains(part));
        let undone = undo_escapes(&masked);
        if repeats(&masked) || repeats(&undone) || repeats(&undo_escapes(&undone)) {
            return Err("it repeats a secret");
        }
        if all.len() > MOST { Err("it repeats a secret") } else { Ok(masked) }
    }
}

/// The secret as it is, as JSON has it in two ways, and as a form has it.
fn codings(secret: &str) -> [String; 4] {
    let quoted = Value::from(secret).to_string();
    let json = quoted
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .unwrap_or_default()
        .to_owned();
    [secret.to_owned(), json.clone(), json.replace('/', "\\/"), form::encode_value(secret)]
}

/// A short secret is replaced only where it stands alone, or the secret `secret` would take
/// `client_secret` apart.
fn replace(text: &str, secret: &str, mask: &str) -> String {
    let is_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    let mut parts = text.split(secret);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_in_word = masked.ends_with(is_word) || part.starts_with(is_word);
        masked += if is_in_word && secret.len() < LONG { secret } else { mask };
        masked += part;
    }
    masked
}

/// A line of a head, with what is secret by its name masked.
fn mask_by_name(line: &str) -> String {
    let line = mask_header(line);
    // `?code=4f2c…`, wherever it stands.
    let is_end = |sign: char| sign.is_whitespace() || matches!(sign, '?' | '&' | '#' | '"');
    let mut masked = String::new();
    for piece in line.split_inclusive(is_end) {
        let pair = piece.trim_end_matches(is_end);
        let end = piece.strip_prefix(pair).unwrap_or_default();
        masked += &mask_parameter(pair);
        masked += end;
    }
    masked
}

fn mask_header(line: &str) -> String {
    let Some((name, value)) = line.split_once(':') else { return line.to_owned() };
    let name = name.trim().to_ascii_lowercase();
    let value = value.trim();
    let is_secret = match name.as_str() {
        "cookie" | "set-cookie" | "proxy-authorization" => true,
        "authorization" => value.to_ascii_lowercase().starts_with("basic "),
        name => is_token(name),
    };
    if is_secret && !value.is_empty() {
        line.replace(value, &ClientSecret::new(value.to_owned()).to_string())
    } else {
        line.to_owned()
    }
}

fn mask_parameter(pair: &str) -> String {
    let Some((name, value)) = pair.split_once('=') else { return pair.to_owned() };
    let plain_name = undo_escapes(name);
    if plain_name == "code" || is_token(&plain_name) {
        format!("{name}={}", Code::new(value.to_owned()))
    } else {
        pair.to_owned()
    }
}

/// Whether a member or a header of this name holds a token.
pub fn is_token(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("token")
}

/// The text with `%2f` and `\u002f` undone.
fn undo_escapes(text: &str) -> String {
    let percent = text.replace("\\u00", "%").replace("%u00", "%");
    String::from_utf8_lossy(&form::undo_percent(&percent)).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("%41%20%42~C/D+%45", WITHHELD),
            ("%2541%2520%2542~C/D+%2545", WITHHELD),
            (r"\u0041 B~C\u002fD+E", WITHHELD),
            ("B~C/D+E and \\\"0123456", "B~C/D+E and \\\"0123456"),
            ("\\0123456", WITHHELD),
        ] {
            assert_eq!(hidden.quote(text), quoted, "{text}");
        }
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
            ("Authorization: basic YTpi\r\n", "Authorization: … (10 characters)\r\n"),
            ("authorization: Bearer gho_456789\r\n", "authorization: Bearer gho_456789\r\n"),
            ("X-Auth-Token: 0123456789\r\n", "X-Auth-Token: … (10 characters)\r\n"),
            ("content-type: a/b; code_of=c\r\n", "content-type: a/b; code_of=c\r\n"),
        ] {
            assert_eq!(hidden.head(line).as_deref(), Ok(shown));
        }
    }

    #[test]
    fn a_short_secret_is_masked_where_it_stands_alone() {
        let hidden = hiding(&["s", "code"]);
        let body = hidden.body("code=s&client_secret=s&code_of=css&x=\"code\"").unwrap();
        let (code, s) = ("… (4 characters)", "… (1 characters)");
        assert_eq!(body, format!("{code}={s}&client_secret={s}&code_of=css&x=\"{code}\""));
    }

    #[test]
    fn neither_a_long_text_nor_a_long_secret_costs_time() {
        // It takes a moment; what grows with the square would take hours.
        let secret = "a".repeat(200_000) + "b";
        let hidden = hiding(&[&secret, &"%25".repeat(1000), "a%25a%25a%25b"]);
        assert_eq!(hidden.quote(&"a".repeat(1 << 20)), WITHHELD);
        hidden.learn(&r#""token":"a","#.repeat(20_000));
        hidden.learn(&"token=b&".repeat(20_000));
        assert_eq!(hidden.quote(&"x%79".repeat(250_000)).len(), 303);
        let many = (0..60_000).map(|number| format!("token=a{number}&"));
        hidden.learn(&many.collect::<String>());
        assert_eq!(hidden.quote("anything"), WITHHELD);
    }
}
