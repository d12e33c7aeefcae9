//! Base64url without padding, RFC 4648 §5: what carries random octets and digests in a URL.
//!
//! ```text
//! octets   14 fb 9c 03 d9 7e
//! 6 bits   000101 001111 101110 011100 000000 111101 100101 111110
//! letters  F      P      u      c      A      9      l      -
//! ```
//!
//! Left out: decoding. This program never has to read base64url.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The octets as base64url: 4 characters for each 3 octets, no `=` at the end.
#[must_use]
pub fn encode(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len().div_ceil(3) * 4);
    for group in octets.chunks(3) {
        // Up to three octets, as 24 bits from the left.
        let bits = group
            .iter()
            .zip([16, 8, 0])
            .fold(0_u32, |bits, (&octet, shift)| bits | u32::from(octet) << shift);
        // n octets fill n + 1 letters.
        for shift in [18, 12, 6, 0].iter().take(group.len() + 1) {
            let letter = (bits >> shift) & 0b11_1111;
            text.extend(ALPHABET.get(letter as usize).map(|&letter| char::from(letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn the_vectors_of_rfc_4648_section_10_hold_without_their_padding() {
        for (octets, text) in [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encode(octets.as_bytes()), text);
        }
    }

    #[test]
    fn the_illustrations_of_rfc_4648_section_9_use_the_url_safe_letters() {
        assert_eq!(encode(&[0x14, 0xfb, 0x9c, 0x03, 0xd9, 0x7e]), "FPucA9l-");
        assert_eq!(encode(&[0x14, 0xfb, 0x9c, 0x03, 0xd9]), "FPucA9k");
        assert_eq!(encode(&[0x14, 0xfb, 0x9c, 0x03]), "FPucAw");
        assert_eq!(encode(&[0xfb, 0xff, 0xbf]), "-_-_");
    }

    #[test]
    fn every_letter_of_the_alphabet_is_reached() {
        let octets: Vec<u8> = (0..64_u32)
            .collect::<Vec<_>>()
            .chunks(4)
            .flat_map(|six| {
                let bits = six.iter().fold(0, |bits, &value| bits << 6 | value);
                bits.to_be_bytes().into_iter().skip(1)
            })
            .collect();
        assert_eq!(
            encode(&octets),
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        );
    }
}
