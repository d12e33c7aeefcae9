//! HTTP Basic, RFC 7617, as a provider reads it: whatever the spelling, what counts is what it decodes to.
//!
//! ```text
//! authorization: Basic cHJhY3RpY2U6YSUyYmIv          practice:a%2bb/, in Base64: the secret is a+b/
//! ```

use crate::wire::form::undo_percent;

/// A client's id and secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Basic {
    pub(super) id: String,
    pub(super) secret: String,
}

/// RFC 7617 §2: what follows `Basic`, in whatever case.
pub(super) fn credentials(header: &str) -> Option<&str> {
    let (scheme, credentials) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("basic") { Some(credentials.trim()) } else { None }
}

/// The id and the secret in the credentials, each form-encoded before they were joined (RFC 6749 §2.3.1).
pub(super) fn read(credentials: &str) -> Option<Basic> {
    let text = String::from_utf8(decode(credentials)?).ok()?;
    // RFC 7617 §2: the user-id "cannot contain any colon", so the first one ends it.
    let (id, secret) = text.split_once(':')?;
    Some(Basic { id: form_decode(id)?, secret: form_decode(secret)? })
}

fn form_decode(text: &str) -> Option<String> {
    String::from_utf8(undo_percent(&text.replace('+', " "))).ok()
}

/// The bytes of Base64, RFC 4648 §4.
fn decode(text: &str) -> Option<Vec<u8>> {
    let letters = text.trim_end_matches('=');
    if text.len() % 4 != 0 || text.len() - letters.len() > 2 {
        return None;
    }
    decode_letters(letters)
}

/// The bytes of Base64 without its padding.
pub(super) fn decode_letters(letters: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut bits: u32 = 0;
    let mut left = 0;
    for letter in letters.bytes() {
        bits = bits << 6 | u32::from(six_bits(letter)?);
        left += 6;
        if left >= 8 {
            left -= 8;
            let [.., byte] = (bits >> left).to_be_bytes();
            bytes.push(byte);
        }
    }
    Some(bytes)
}

fn six_bits(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::base64url::base64;

    #[test]
    fn the_vectors_of_rfc_4648_section_10_decode() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9vYmFy", "foobar"),
        ] {
            assert_eq!(decode(text).as_deref(), Some(bytes.as_bytes()), "{text}");
        }
        assert_eq!(decode("+/+/+w=="), Some(vec![0xfb, 0xff, 0xbf, 0xfb]));
        for text in ["Zg", "Zg=", "Zg===", "Z===", "====", "Zm9v====", "Z-_v", "Zm 9", "Zé=="] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn credentials_are_what_they_decode_to() {
        for (joined, secret) in [
            ("practice:a%2Bb%2Fc%3Ad", Some("a+b/c:d")),
            ("practice:a%2bb/c%3ad", Some("a+b/c:d")),
            ("p%72actice:a%2Bb/c:d", Some("a+b/c:d")),
            ("practice:a+b", Some("a b")),
            ("practice:", Some("")),
            ("practice", None),
            ("practice:%ff", None),
        ] {
            let read = read(&base64(joined.as_bytes()));
            let id = "practice".to_owned();
            let expected = secret.map(|secret| Basic { id, secret: secret.to_owned() });
            assert_eq!(read, expected, "{joined}");
        }
    }

    #[test]
    fn the_scheme_is_basic_in_any_case() {
        for (header, found) in [
            ("Basic Zm9v", Some("Zm9v")),
            ("BASIC  Zm9v", Some("Zm9v")),
            ("Bearer Zm9v", None),
            ("Zm9v", None),
            ("", None),
        ] {
            assert_eq!(credentials(header), found, "{header}");
        }
    }
}
