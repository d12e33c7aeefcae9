//! Base64url without padding, RFC 4648 §5: how random bytes and digests travel in a URL. And Base64,
//! §4, as HTTP Basic wants it.
//!
//! ```text
//! bytes    14 fb 9c 03 d9 7e
//! 6 bits   000101 001111 101110 011100 000000 111101 100101 111110
//! letters  F      P      u      c      A      9      l      -
//! ```
//!
//! Left out: decoding, which only the exam needs (`src/exam/basic.rs`).

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The bytes as base64url: four letters for every three bytes, and no `=` at the end.
#[expect(clippy::indexing_slicing, reason = "six bits are at most 63")]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        // Up to three bytes, as 24 bits from the left.
        let mut bits = 0;
        for (&byte, shift) in group.iter().zip([16, 8, 0]) {
            bits |= u32::from(byte) << shift;
        }
        // n bytes fill n + 1 letters.
        for shift in [18, 12, 6, 0].iter().take(group.len() + 1) {
            let letter = (bits >> shift) & 0b11_1111;
            text.push(char::from(ALPHABET[letter as usize]));
        }
    }
    text
}

/// The bytes as Base64: `+` and `/` for the last two letters, filled up with `=`.
pub fn base64(bytes: &[u8]) -> String {
    let mut text = encode(bytes).replace('-', "+").replace('_', "/");
    while text.len() % 4 != 0 {
        text.push('=');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{base64, encode};

    #[test]
    fn the_vectors_of_rfc_4648_section_10_hold_without_their_padding() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(bytes.as_bytes()), text);
            assert_eq!(base64(bytes.as_bytes()).trim_end_matches('='), text);
            assert_eq!(base64(bytes.as_bytes()).len() % 4, 0);
        }
    }

    #[test]
    fn the_illustrations_of_rfc_4648_section_9_use_the_url_safe_letters() {
        assert_eq!(encode(&[0x14, 0xfb, 0x9c, 0x03, 0xd9, 0x7e]), "FPucA9l-");
        assert_eq!(encode(&[0x14, 0xfb, 0x9c, 0x03, 0xd9]), "FPucA9k");
        assert_eq!(encode(&[0x14, 0xfb, 0x9c, 0x03]), "FPucAw");
        assert_eq!(encode(&[0xfb, 0xff, 0xbf]), "-_-_");
        assert_eq!(base64(&[0xfb, 0xff, 0xbf, 0xfb]), "+/+/+w==");
    }

    #[test]
    fn every_letter_of_the_alphabet_is_reached() {
        let bytes: Vec<u8> = (0..64_u32)
            .collect::<Vec<_>>()
            .chunks(4)
            .flat_map(|six| {
                let bits = six.iter().fold(0, |bits, &value| bits << 6 | value);
                bits.to_be_bytes().into_iter().skip(1)
            })
            .collect();
        assert_eq!(
            encode(&bytes),
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        );
    }
}
