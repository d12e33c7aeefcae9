//! The secrets in an answer, JSON or a form, found by their names.
//!
//! ```text
//! {"access_token":"gho_…","token_type":"bearer"}         gho_…
//! {"tokens":["a…","b…"],"id_token":{"raw":"eyJh…"}}      a…  b…  eyJh…
//! access_token=gho_…&token_type=bearer                   gho_…
//! ```
//!
//! A broken answer is read as well: an error may quote it. So this isn't a parser of JSON, which would
//! refuse it, but looks at one string or bracket after another. Left out: numbers shorter than eight
//! digits, which are lifetimes and counts, and JSON in a string. Shown by the tables below.

use crate::show::coding::{undo, undo_form};
use crate::show::mask::SHORTEST_SECRET;
use crate::show::names::is_secret_name;

/// Calls `found` with each secret in an answer, whether it is a form or JSON.
pub(super) fn find_secrets(answer: &str, found: &mut dyn FnMut(&str)) {
    find_in_form(answer, found);
    find_in_json(answer, found);
}

fn find_in_form(form: &str, found: &mut dyn FnMut(&str)) {
    for pair in form.split('&') {
        let Some((name, value)) = pair.split_once('=') else { continue };
        if is_secret_name(&undo_form(name)) {
            found(&undo_form(value));
        }
    }
}

fn find_in_json(json: &str, found: &mut dyn FnMut(&str)) {
    let mut pieces = Pieces { rest: json };
    let mut is_named = false;
    let mut depth = 0_usize;
    // The depth of the array or object that a secret name stands before: all in it is secret.
    let mut secret_depth = None;
    while let Some(piece) = pieces.next() {
        let is_secret = is_named || secret_depth.is_some();
        match piece {
            Piece::Text(name) if pieces.last_was_a_name() => {
                is_named = is_secret_name(&name);
                continue;
            }
            Piece::Text(text) if is_secret => found(&text),
            Piece::Word(word) if is_secret && word.len() >= SHORTEST_SECRET => found(word),
            // Between a name and its value.
            Piece::Mark(':') => continue,
            Piece::Mark('{' | '[') => {
                depth += 1;
                if is_named && secret_depth.is_none() {
                    secret_depth = Some(depth);
                }
            }
            Piece::Mark('}' | ']') => {
                if secret_depth == Some(depth) {
                    secret_depth = None;
                }
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
        is_named = false;
    }
}

/// JSON, broken or not, piece by piece.
struct Pieces<'a> {
    rest: &'a str,
}

enum Piece<'a> {
    /// A string, decoded.
    Text(String),
    /// A number, a literal, or anything else.
    Word(&'a str),
    /// A bracket, a comma or a colon.
    Mark(char),
}

impl<'a> Pieces<'a> {
    fn next(&mut self) -> Option<Piece<'a>> {
        self.rest = self.rest.trim_start();
        let first = self.rest.chars().next()?;
        match first {
            '"' => {
                let text = self.take(string_length(self.rest));
                Some(Piece::Text(decode_string(text)))
            }
            '{' | '}' | '[' | ']' | ',' | ':' => {
                self.take(first.len_utf8());
                Some(Piece::Mark(first))
            }
            _ => {
                let is_end = |sign: char| sign.is_whitespace() || "{}[],:\"".contains(sign);
                let length = self.rest.find(is_end).unwrap_or(self.rest.len());
                Some(Piece::Word(self.take(length)))
            }
        }
    }

    /// Whether the last piece was a name: a colon follows.
    fn last_was_a_name(&self) -> bool {
        self.rest.trim_start().starts_with(':')
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }
}

/// The length of the string at the beginning of a text, with its quotes; all of it if it has no end.
fn string_length(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The text of a string; of a broken one, as much as can be read.
fn decode_string(quoted: &str) -> String {
    if let Ok(text) = serde_json::from_str(quoted) {
        return text;
    }
    let text = quoted.trim_matches('"');
    String::from_utf8_lossy(&undo(text.as_bytes())).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(answer: &str) -> Vec<String> {
        let mut secrets = Vec::new();
        find_secrets(answer, &mut |secret| secrets.push(secret.to_owned()));
        secrets
    }

    #[test]
    fn the_text_behind_a_secret_name_is_found_in_json_and_in_a_form() {
        for answer in [
            r#"{"access_token":"t0ken","token_type":"bearer"}"#,
            r#"{"data":[{"x":1,"Token" : "t0ken"}]}"#,
            r#"{"id_\u0074oken":"\u00740ken"}"#,
            r#"{"a":"token","b":"not-a-token","client_secret":"t0ken"}"#,
            r#"{"token":null,"x":"y\"","refresh_token":"t0ken""#,
            r#"{"bio":"half an emoji: \ud83d","token":"t0ken"}"#,
            r#"{"password":"t0ken","tokens":[],"secret":{}}"#,
            r#"{"assertion":"t0ken","token":12345,"token":true}"#,
            r#"{"token":{"secret":"t0ken"},"x":"y"}"#,
            "scope=a&refresh_token=t0ken&x=%74oken",
            "scope=a&refresh%5Ftoken=%740ken",
        ] {
            assert_eq!(secrets(answer), ["t0ken"], "{answer}");
        }
    }

    #[test]
    fn all_that_stands_in_an_array_or_object_under_a_secret_name_is_secret() {
        for (answer, found) in [
            (r#"{"tokens":["a","b"],"x":["c"]}"#, &["a", "b"] as &[_]),
            (r#"{"id_token":{"raw":"a","parts":[{"x":["b"]}]},"x":{"y":"c"}}"#, &["a", "b"]),
            (r#"[{"tokens":{"x":{"y":"a"},"z":"b"}},"c"]"#, &["a", "b"]),
            (r#"{"token":["a",12345678,1234567,null]}"#, &["a", "12345678"]),
            (r#"{"token":12345678,"expires_in":12345678}"#, &["12345678"]),
        ] {
            assert_eq!(secrets(answer), found, "{answer}");
        }
    }

    #[test]
    fn a_broken_answer_is_read_as_far_as_it_goes() {
        for (answer, found) in [
            (r#"{"token":"a"#, "a"),
            (r#"{"token":"a\"b"#, "a\"b"),
            (r#"}}]]{"token":["a"#, "a"),
            (r#""token":"a" "x""#, "a"),
            (r#"<p>"token":"a"</p>"#, "a"),
        ] {
            assert_eq!(secrets(answer), [found], "{answer}");
        }
        for answer in
            ["", "\"", "\"\\", "{", "token", "token:a", "\"token\"", "\"token\":", "token&=a"]
        {
            assert!(secrets(answer).is_empty(), "{answer}");
        }
    }
}
