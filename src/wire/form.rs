//! `application/x-www-form-urlencoded`, both ways: the queries of legs 1 and 2, and the bodies of
//! legs 3 and 5 (WHATWG URL §5; RFC 6749 appendix B).
//!
//! ```text
//! pairs  scope = "read:user gist"   state = "a&b"
//! text   scope=read%3Auser+gist&state=a%26b
//! ```
//!
//! Left out: any character set but UTF-8.
//! Shown by the tables below, and with hostile text by `tests/suite/fuzz.rs`.

use crate::secret::opaque;

/// A problem of a form, in words that can be shown.
pub type Problem = &'static str;

/// The pairs as one text.
pub fn encode(pairs: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text += "&";
        }
        text += &encode_value(name);
        text += "=";
        text += &encode_value(value);
    }
    text
}

/// One name or value, escaped.
pub fn encode_value(value: &str) -> String {
    let mut text = String::new();
    for byte in value.bytes() {
        match byte {
            b' ' => text.push('+'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'*' | b'-' | b'.' | b'_' => {
                text.push(char::from(byte));
            }
            _ => text += &format!("%{byte:02X}"),
        }
    }
    text
}

/// A decoded form: its pairs in the order received.
#[derive(Clone, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

// A value may be a code or a token.
opaque!(Form);

impl Form {
    /// Reads the text between `?` and `#`, or a body. Every text is a form. As in WHATWG's parser, U+FFFD
    /// stands for bytes that aren't UTF-8: no code, state or token has it, and elsewhere it does no harm.
    pub fn decode(text: &str) -> Self {
        let mut pairs = Vec::new();
        for piece in text.split('&') {
            if piece.is_empty() {
                continue;
            }
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            pairs.push((decode_piece(name), decode_piece(value)));
        }
        Self(pairs)
    }

    /// The pairs, in the order received.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The value of a parameter, if it has one. The form may not have the parameter twice.
    pub fn get(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut found = None;
        for (known, value) in self.pairs() {
            if known != name {
                continue;
            }
            // RFC 6749 §3.1: "Request and response parameters MUST NOT be included more than once."
            if found.is_some() {
                return Err("it has a parameter twice");
            }
            found = Some(value);
        }
        // RFC 6749 §3.1: "Parameters sent without a value MUST be treated as if they were omitted
        // from the request."
        if found == Some("") { Ok(None) } else { Ok(found) }
    }
}

fn decode_piece(piece: &str) -> String {
    let bytes = undo_percent(&piece.replace('+', " "));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The text with `%2f` undone.
pub(crate) fn undo_percent(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        if let Some(byte) = escaped_byte(rest) {
            bytes.push(byte);
            rest = rest.split_at(ESCAPE_LENGTH).1;
        } else {
            // A `%` that begins no escape stands for itself.
            bytes.push(*first);
            rest = after;
        }
    }
    bytes
}

const ESCAPE_LENGTH: usize = "%2f".len();

/// The byte that an escape at the beginning of the text stands for, if there is one.
fn escaped_byte(text: &[u8]) -> Option<u8> {
    match text {
        [b'%', high, low, ..] => Some(hex_digit(*high)? * 16 + hex_digit(*low)?),
        _ => None,
    }
}

fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str) -> Vec<(String, String)> {
        Form::decode(text).0
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn encoding_escapes_all_but_the_letters_digits_and_four_marks() {
        for (value, text) in [
            ("", "v="),
            ("azAZ09*-._", "v=azAZ09*-._"),
            ("a b", "v=a+b"),
            ("a+b", "v=a%2Bb"),
            ("& = + / : % ~", "v=%26+%3D+%2B+%2F+%3A+%25+%7E"),
            ("é€😀", "v=%C3%A9%E2%82%AC%F0%9F%98%80"),
            ("\0\r\n", "v=%00%0D%0A"),
        ] {
            assert_eq!(encode(&[("v", value)]), text);
        }
        assert_eq!(encode(&[]), "");
        assert_eq!(encode(&[("a", "1"), ("b c", "2")]), "a=1&b+c=2");
    }

    #[test]
    fn the_example_of_rfc_6749_appendix_b_is_coded_as_it_says() {
        let coded = "v=+%25%26%2B%C2%A3%E2%82%AC";
        assert_eq!(encode(&[("v", " %&+£€")]), coded);
        assert_eq!(decoded(coded), pairs(&[("v", " %&+£€")]));
    }

    #[test]
    fn decoding_follows_the_whatwg_parser() {
        for (text, expected) in [
            ("", &[] as &[(&str, &str)]),
            ("&&", &[]),
            ("a", &[("a", "")]),
            ("a=", &[("a", "")]),
            ("=b", &[("", "b")]),
            ("=", &[("", "")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=1&&b=2&", &[("a", "1"), ("b", "2")]),
            ("a+b=c+d", &[("a b", "c d")]),
            ("%61=%62", &[("a", "b")]),
            ("a=%2B%26%3D", &[("a", "+&=")]),
            ("a=%2b", &[("a", "+")]),
            ("a=%252B", &[("a", "%2B")]),
            ("a=%", &[("a", "%")]),
            ("a=%2", &[("a", "%2")]),
            ("a=%zz", &[("a", "%zz")]),
            ("a=%%41", &[("a", "%A")]),
            ("a=%+1", &[("a", "% 1")]),
            ("a=100%&b=2", &[("a", "100%"), ("b", "2")]),
            ("a=é", &[("a", "é")]),
            ("a=1;b=2", &[("a", "1;b=2")]),
        ] {
            assert_eq!(decoded(text), pairs(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_utf_8_is_marked_and_the_rest_is_read() {
        for (text, expected) in [
            ("a=%FF", &[("a", "\u{fffd}")] as &[(&str, &str)]),
            ("%FF=a", &[("\u{fffd}", "a")]),
            ("a=ung%FCltig&b=1", &[("a", "ung\u{fffd}ltig"), ("b", "1")]),
            ("a=%C3", &[("a", "\u{fffd}")]),
            ("a=%C0%AF", &[("a", "\u{fffd}\u{fffd}")]),
        ] {
            assert_eq!(decoded(text), pairs(expected), "{text}");
        }
    }

    #[test]
    fn a_repeated_parameter_is_refused_and_an_empty_one_is_missing() {
        let form = Form::decode("a=1&b=&c=2&c=2&%61b=3&d&d");
        assert_eq!(form.get("a"), Ok(Some("1")));
        assert_eq!(form.get("b"), Ok(None));
        assert_eq!(form.get("ab"), Ok(Some("3")));
        assert_eq!(form.get("missing"), Ok(None));
        assert_eq!(form.get("c"), Err("it has a parameter twice"));
        assert_eq!(form.get("d"), Err("it has a parameter twice"));
    }

    #[test]
    fn every_character_survives_the_round_trip() {
        let text: String = (0..=0x7ff_u32).filter_map(char::from_u32).collect();
        assert_eq!(decoded(&encode(&[(&text, &text)])), pairs(&[(&text, &text)]));
    }
}
