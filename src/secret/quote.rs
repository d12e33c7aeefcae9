//! A provider's text, fit to be quoted in an error: cut short, and without the secrets that it
//! echoes.
//!
//! ```text
//! error_description  The code 4f2c… in client_secret=a%2Fb&code=4f2c… is not valid.
//! quoted             The code … in client_secret=…&code=… is not valid.
//! ```
//!
//! A secret is found as it is, escaped as in a form or in a URL, and as in JSON; a short one only
//! where it is a word of its own, or the secret `secret` would take `client_secret` apart.
//!
//! Left out: secrets that are changed in any other way. Nothing can know them all.

use crate::wire::form;

/// How much of a text is quoted, in characters.
const LIMIT: usize = 300;

/// From this length on a secret is no word of any language, in octets.
const LONG: usize = 8;

/// What must not be quoted.
#[derive(Default)]
pub struct Hidden(Vec<String>);

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hidden({})", self.0.len())
    }
}

impl Hidden {
    /// Hides these secrets.
    #[must_use]
    pub fn new(secrets: &[&str]) -> Self {
        let mut hidden = Self::default();
        for secret in secrets {
            hidden.add(secret);
        }
        hidden
    }

    /// Hides one secret more.
    pub fn add(&mut self, secret: &str) {
        let json = serde_json::Value::from(secret).to_string();
        let form = form::encode_value(secret);
        // RFC 3986 §2.1 and §2.3: a space is `%20`, `~` is itself, and the case of the digits free.
        let url = form.replace('+', "%20").replace("%7E", "~");
        let lower = [with_lower_digits(&form), with_lower_digits(&url)];
        self.0.extend([
            secret.to_owned(),
            json.trim_matches('"').to_owned(),
            form,
            url,
        ]);
        self.0.extend(lower);
        // What contains another secret has to go first, or the rest of it would stay.
        self.0.retain(|secret| !secret.is_empty());
        self.0.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// The text without the secrets, up to 300 characters.
    #[must_use]
    pub fn quote(&self, text: &str) -> String {
        let quoted = self
            .0
            .iter()
            .fold(text.to_owned(), |text, secret| without(&text, secret));
        match quoted.char_indices().nth(LIMIT) {
            Some((end, _)) => format!("{}…", quoted.get(..end).unwrap_or_default()),
            None => quoted,
        }
    }
}

fn with_lower_digits(escaped: &str) -> String {
    let mut pieces = escaped.split('%');
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        let (digits, rest) = piece.split_at_checked(2).unwrap_or((piece, ""));
        text + "%" + &digits.to_ascii_lowercase() + rest
    })
}

fn without(text: &str, secret: &str) -> String {
    if secret.len() >= LONG {
        return text.replace(secret, "…");
    }
    let is_part_of_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut quoted = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(secret) {
        let joined = quoted
            .chars()
            .chain(before.chars())
            .next_back()
            .is_some_and(is_part_of_word)
            || after.chars().next().is_some_and(is_part_of_word);
        quoted.extend([before, if joined { secret } else { "…" }]);
        rest = after;
    }
    quoted + rest
}

#[cfg(test)]
mod tests {
    use super::Hidden;

    #[test]
    fn a_quote_is_cut_short() {
        let hidden = Hidden::new(&[""]);
        assert_eq!(hidden.quote(&"é".repeat(300)), "é".repeat(300));
        assert_eq!(
            hidden.quote(&"é".repeat(301)),
            format!("{}…", "é".repeat(300))
        );
    }

    #[test]
    fn a_secret_is_not_quoted_in_any_of_its_codings_nor_in_part() {
        let hidden = Hidden::new(&["c0de", "a/b+c=\"\\", "xc0dey", "A B~C/D+E"]);
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
            ("a%2fb%2bc%3d%22%5c", "…"),
            ("A+B%7EC%2FD%2BE A%20B~C%2FD%2BE", "… …"),
            ("A+B%7eC%2fD%2bE A%20B~C%2fD%2bE", "… …"),
            ("xc0dey", "…"),
            ("c0decode c0de c0de_ (c0de)c0de", "c0decode … c0de_ (…)…"),
        ] {
            assert_eq!(hidden.quote(text), quoted);
        }
    }
}
