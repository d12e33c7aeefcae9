//! Masks in the places of secrets, put in by one pass over the text.
//!
//! ```text
//! secrets   4f2c8d1e90 (a code)   s/cr&t (too short for a prefix)
//! text      code=4f2c8d1e90&client_secret=s%2Fcr%26t
//! masked    code=4f2c… (10 characters)&client_secret=… (6 characters)
//! ```
//!
//! At each place the longest secret that stands there is masked, in whichever of its codings
//! ([`crate::show::coding`]). The pass goes on behind it, so no mask is masked again.
//!
//! A text that would take more than its share of time or space is refused, and so withheld: only a
//! text that was made for it does. Shown by the tests below, and with random texts by `show/tests.rs`.

use crate::wire::form::Problem;

/// From this length on, in bytes, a part of a secret can be told from an ordinary word.
pub(super) const SHORTEST_SECRET: usize = 8;

/// How many comparisons of two bytes a text may cost, for each of its bytes.
const COMPARISONS_PER_BYTE: usize = 32;
/// How many times as long a text may become.
const MAX_GROWTH: usize = 2;
/// How many comparisons are allowed on top, for short texts.
const FREE_COMPARISONS: usize = 1 << 20;
/// How many bytes are allowed on top, for short texts.
const FREE_SPACE: usize = 64 * 1024;

const TOO_COSTLY: Problem = "masking it would take too long";

/// The secrets by their first bytes, in all their codings, the longest first.
pub(super) struct Masks<'a> {
    by_first_byte: [Vec<Pattern<'a>>; 256],
}

/// A secret as it stands in a text, and the mask that is shown in its place.
pub(super) struct Pattern<'a> {
    pub(super) text: &'a str,
    pub(super) mask: &'a str,
    /// Whether it is masked only as a word of its own.
    pub(super) is_short: bool,
}

impl<'a> Masks<'a> {
    /// No secret yet.
    pub(super) fn new() -> Self {
        Self { by_first_byte: [const { Vec::new() }; 256] }
    }

    /// Masks one more secret, in one of its codings.
    pub(super) fn add(&mut self, pattern: Pattern<'a>) {
        let first = first_byte(pattern.text);
        let Some(patterns) = first.and_then(|at| self.by_first_byte.get_mut(at)) else { return };
        let length = pattern.text.len();
        let place = patterns.partition_point(|known| known.text.len() >= length);
        patterns.insert(place, pattern);
    }

    /// The text up to this place, masked. A secret that begins before the place is masked whole; if
    /// there is more behind it, the text ends in `…`. Errors: that would take too long.
    pub(super) fn mask(&self, text: &str, end: usize) -> Result<String, Problem> {
        let mut masked = String::new();
        let max_length = FREE_SPACE + MAX_GROWTH * end;
        let mut comparisons_left = FREE_COMPARISONS + COMPARISONS_PER_BYTE * end;
        let mut at = 0;
        while at < end {
            let (before, rest) = text.split_at(at);
            if let Some(pattern) = self.find(before, rest, &mut comparisons_left)? {
                masked += pattern.mask;
                at += pattern.text.len();
            } else if let Some(character) = rest.chars().next() {
                masked.push(character);
                at += character.len_utf8();
            }
            if masked.len() > max_length {
                return Err(TOO_COSTLY);
            }
        }
        if at < text.len() {
            masked.push('…');
        }
        Ok(masked)
    }

    /// The longest secret that stands at the beginning of the rest.
    fn find(
        &self,
        before: &str,
        rest: &str,
        comparisons_left: &mut usize,
    ) -> Result<Option<&Pattern<'a>>, Problem> {
        let Some(patterns) = first_byte(rest).and_then(|at| self.by_first_byte.get(at)) else {
            return Ok(None);
        };
        for pattern in patterns {
            let length = common_length(pattern.text, rest);
            if length >= *comparisons_left {
                return Err(TOO_COSTLY);
            }
            *comparisons_left -= length;
            if length < pattern.text.len() {
                continue;
            }
            let after = rest.get(length..).unwrap_or_default();
            if !pattern.is_short || stands_alone(before, after) {
                return Ok(Some(pattern));
            }
        }
        Ok(None)
    }
}

fn first_byte(text: &str) -> Option<usize> {
    text.bytes().next().map(usize::from)
}

/// How many bytes two texts have in common at the beginning.
fn common_length(one: &str, other: &str) -> usize {
    let mut length = 0;
    for (a, b) in one.bytes().zip(other.bytes()) {
        if a != b {
            break;
        }
        length += 1;
    }
    length
}

/// Whether what stands between two texts is a word of its own. A short secret is masked only there:
/// the secret `secret` would take `client_secret` apart.
fn stands_alone(before: &str, after: &str) -> bool {
    let is_in_word = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    !before.ends_with(is_in_word) && !after.starts_with(is_in_word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::coding::codings;

    fn mask(secrets: &[&str], text: &str) -> Result<String, Problem> {
        let names: Vec<String> = (1..=secrets.len()).map(|number| format!("<{number}>")).collect();
        let mut masks = Masks::new();
        let codings: Vec<_> = secrets.iter().map(|secret| codings(secret)).collect();
        for (codings, mask) in codings.iter().zip(&names) {
            let is_short = codings[0].len() < SHORTEST_SECRET;
            for text in codings {
                masks.add(Pattern { text, mask, is_short });
            }
        }
        masks.mask(text, text.len())
    }

    #[test]
    fn at_each_place_the_longest_secret_is_masked() {
        for (secrets, text, masked) in [
            (&["abcdefgh", "abcdefghij"] as &[_], "abcdefghij abcdefghi", "<2> <1>i"),
            (&["abcdefgh", "efghabcd"], "abcdefghabcd efghabcdefgh", "<1>abcd <2>efgh"),
            (&["aaaaaaaa"], "aaaaaaaaaaaaaaaaaaaa", "<1><1>aaaa"),
            (&["<1>12345", "12345678"], "1234567812345", "<2>12345"),
            (&["é €/😀"], "xé €/😀 %C3%A9+%E2%82%AC%2F%F0%9F%98%80 é €\\/😀y", "x<1> <1> <1>y"),
            (&["é", "ê"], "é ê ë éê", "<1> <2> ë <1><2>"),
            (
                &["secret", ""],
                "secret client_secret xsecret secret2 \"secret\"",
                "<1> client_secret xsecret secret2 \"<1>\"",
            ),
            (&["a/b"], "a/b a%2Fb a\\/b xa/b a/b_", "<1> <1> <1> xa/b a/b_"),
            (&[], "any", "any"),
        ] {
            assert_eq!(mask(secrets, text).as_deref(), Ok(masked), "{text}");
        }
    }

    #[test]
    fn a_text_that_takes_more_than_its_share_is_refused() {
        let long = "a".repeat(50_000);
        // As it stands in the text it costs no more than the text has bytes.
        assert_eq!(mask(&[&long], &long).as_deref(), Ok("<1>"));
        // Here each place would cost them all.
        assert_eq!(mask(&[&format!("{long}b")], &long), Err(TOO_COSTLY));
        // Or each would become three.
        assert_eq!(mask(&["a"], &"a ".repeat(50_000)), Ok("<1> ".repeat(50_000)));
        assert_eq!(mask(&["-"], &"-".repeat(100_000)), Err(TOO_COSTLY));
    }
}
