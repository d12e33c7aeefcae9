//! How hard a value is to guess, as all runs together show it: its length times the bits of the alphabet
//! that was seen. Positions that never change count nothing.
//!
//! ```text
//! 4711, 0815             digits        3.3 bits a character
//! 9f86d081, 60303ae2     hexadecimal   4
//! xyzzy0-_, Plugh1_-     base64url     6
//! ```
//!
//! Left out: a generator whose next value follows from the last one. Nobody can see that from outside.

/// The bits of the weakest reading of these values; none if there is no second one to compare with.
pub(in crate::exam) fn bits(values: &[&str]) -> Option<usize> {
    let [first, others @ ..] = values else { return None };
    if others.is_empty() {
        return None;
    }
    let length = values.iter().map(|value| value.len()).min().unwrap_or(0);
    let mut seen = Vec::new();
    let mut constant = 0;
    for at in 0..length {
        let byte = first.as_bytes().get(at);
        if others.iter().all(|other| other.as_bytes().get(at) == byte) {
            constant += 1;
            continue;
        }
        for value in values {
            seen.extend(value.as_bytes().get(at));
        }
    }
    let alphabet = Alphabet::of(&seen);
    // Of a few values a few positions are the same by chance.
    let comparisons = u32::try_from(others.len()).unwrap_or(u32::MAX).min(4);
    let by_chance = 2 + 4 * length / alphabet.letters.pow(comparisons);
    let counted = if constant <= by_chance { length } else { length - constant };
    Some(counted * alphabet.centibits / 100)
}

/// The letters that values are made of, and how many hundredths of a bit one of them has.
struct Alphabet {
    letters: usize,
    centibits: usize,
}

impl Alphabet {
    fn of(seen: &[u8]) -> Self {
        let all = |is_in: fn(&u8) -> bool| seen.iter().all(is_in);
        let has_upper = seen.iter().any(u8::is_ascii_uppercase);
        let has_two_cases = has_upper && seen.iter().any(u8::is_ascii_lowercase);
        if all(u8::is_ascii_digit) {
            Self { letters: 10, centibits: 332 }
        } else if all(u8::is_ascii_hexdigit) && !has_two_cases {
            Self { letters: 16, centibits: 400 }
        } else if all(u8::is_ascii_alphanumeric) && !has_two_cases {
            Self { letters: 36, centibits: 517 }
        } else if all(u8::is_ascii_alphanumeric) {
            // 43 of them make 256 bits.
            Self { letters: 62, centibits: 596 }
        } else {
            Self { letters: 64, centibits: 600 }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values whose characters come from this alphabet, each position from another place in it.
    fn values(alphabet: &str, length: usize, count: usize) -> Vec<String> {
        let letters: Vec<char> = alphabet.chars().collect();
        let mut seed = 1_u64;
        let mut values = Vec::new();
        for _ in 0..count {
            let mut value = String::new();
            for _ in 0..length {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let at = usize::try_from(seed >> 40).unwrap() % letters.len();
                value.push(letters[at]);
            }
            values.push(value);
        }
        values
    }

    fn bits_of(values: &[String]) -> usize {
        let values: Vec<_> = values.iter().map(String::as_str).collect();
        bits(&values).unwrap()
    }

    const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    #[test]
    fn a_value_has_as_many_bits_as_its_alphabet_and_its_length_make() {
        for count in [2, 3, 8, 60] {
            assert_eq!(bits_of(&values("0123456789", 22, count)), 73, "{count}");
            assert_eq!(bits_of(&values("0123456789abcdef", 43, count)), 172, "{count}");
            assert_eq!(bits_of(&values("0123456789abcdef", 64, count)), 256, "{count}");
            assert_eq!(bits_of(&values(BASE64URL, 43, count)), 258, "{count}");
        }
    }

    #[test]
    fn what_never_changes_counts_nothing() {
        for count in [2, 8, 60] {
            let mut fixed = values(BASE64URL, 3, count);
            for value in &mut fixed {
                value.insert_str(0, &"x".repeat(40));
            }
            assert!(bits_of(&fixed) <= 18, "{count}");
        }
        assert_eq!(bits(&["one"]), None);
        assert_eq!(bits(&["same", "same"]), Some(0));
    }
}
