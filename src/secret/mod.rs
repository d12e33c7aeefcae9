//! Secrets: newtypes that print masked, and the arithmetic that makes them.
//!
//! ```text
//! gho_16C7e42F292c6912E7710c838347Ae178B4a   prints as   gho_… (40 characters)
//! ```
//!
//! Each secret has its own type, so a code can't be passed in place of a token.
//!
//! Left out: wiping the memory, which the optimiser may skip. Shown by the tests below.

pub mod base64url;
pub mod random;
pub mod sha256;

use std::fmt;

use crate::error::Error;

/// Prints a type that may hold a secret by its name alone.
macro_rules! opaque {
    ($($name:ty),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}
pub(crate) use opaque;

/// The first characters of a secret, and its length.
pub(crate) fn masked(value: &str, shown: usize) -> String {
    let length = value.chars().count();
    match value.get(..shown) {
        // Four characters of fewer than eight would give too much away.
        Some(prefix) if length >= 8 && is_vschar(prefix) => {
            format!("{prefix}… ({length} characters)")
        }
        _ => format!("… ({length} characters)"),
    }
}

/// RFC 6749 appendix A: "VSCHAR = %x20-7E", the characters of codes, tokens and client credentials.
pub fn is_vschar(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

// Each secret says how many of its first characters its mask shows.
macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident shows $shown:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(String);

        impl $name {
            /// Wraps a value, which is secret from here on.
            pub fn new(value: String) -> Self {
                Self(value)
            }

            /// The value itself, for the one place that has to send it.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&masked(&self.0, $shown))
            }
        }

        opaque!($name);
    )*};
}

secrets! {
    /// The client secret (RFC 6749 §2.3.1), issued with the client id.
    ClientSecret shows 0;
    /// The value that ties a callback to the request it answers (RFC 6749 §10.12).
    State shows 4;
    /// The code verifier of PKCE (RFC 7636 §4.1): 43 characters.
    Verifier shows 0;
    /// The authorization code (RFC 6749 §4.1.2): good for one exchange.
    Code shows 4;
    /// The access token (RFC 6749 §1.4): anyone who holds it may use it.
    AccessToken shows 4;
    /// The refresh token (RFC 6749 §1.5): anyone who holds it may get new access tokens.
    RefreshToken shows 4;
}

/// 32 random bytes in base64url.
fn random_text() -> Result<String, Error> {
    match random::bytes() {
        Ok(bytes) => Ok(base64url::encode(&bytes)),
        Err(error) => Err(Error::System(error)),
    }
}

impl State {
    /// A fresh state of 43 characters. Errors: [`Error::System`], if there are no random bytes.
    pub fn random() -> Result<Self, Error> {
        // RFC 6749 §10.10: "The probability of an attacker guessing generated tokens (and other
        // credentials not intended for handling by end-users) MUST be less than or equal to
        // 2^(-128)". This is 2^(-256).
        Ok(Self(random_text()?))
    }

    /// Whether `other` is this state. The time that this takes says nothing about how near `other` is.
    pub fn matches(&self, other: &str) -> bool {
        let mut differences = 0;
        // This visits every byte: with an early exit, they could be guessed one by one.
        for (ours, theirs) in self.0.bytes().zip(other.bytes()) {
            differences |= ours ^ theirs;
        }
        self.0.len() == other.len() && differences == 0
    }
}

impl Verifier {
    /// A fresh code verifier. Errors: [`Error::System`], if there are no random bytes.
    pub fn random() -> Result<Self, Error> {
        // RFC 7636 §4.1: "It is RECOMMENDED that the output of a suitable random number generator
        // be used to create a 32-octet sequence." It is then base64url-encoded.
        Ok(Self(random_text()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_its_first_four_characters_and_its_length() {
        let code = Code::new("0123456789abcdef".to_owned());
        assert_eq!(format!("{code} {code:?}"), "0123… (16 characters) Code");
    }

    #[test]
    fn a_client_secret_and_a_verifier_print_their_length_only() {
        let text = || "0123456789abcdef".to_owned();
        assert_eq!(ClientSecret::new(text()).to_string(), "… (16 characters)");
        assert_eq!(Verifier::new(text()).to_string(), "… (16 characters)");
    }

    #[test]
    fn a_prefix_that_is_not_plain_stays_hidden() {
        assert_eq!(Code::new("ab\ncdefgh".to_owned()).to_string(), "… (9 characters)");
        assert_eq!(Code::new("äbcdefgh".to_owned()).to_string(), "… (8 characters)");
    }

    #[test]
    fn a_short_secret_prints_its_length_only() {
        assert_eq!(Code::new("1234567".to_owned()).to_string(), "… (7 characters)");
        assert_eq!(Code::new("12345678".to_owned()).to_string(), "1234… (8 characters)");
    }

    #[test]
    fn a_state_matches_itself_and_nothing_like_it() {
        let state = State::new("abcDEF".to_owned());
        assert!(state.matches("abcDEF"));
        for other in ["", "abcDE", "abcDEFG", "abcdef", "ABCDEF", "abcDEf", "bbcDEF"] {
            assert!(!state.matches(other), "{other}");
        }
    }

    #[test]
    fn no_two_states_or_verifiers_are_alike() {
        let mut seen: Vec<String> = Vec::new();
        for _ in 0..64 {
            seen.push(State::random().unwrap().expose().to_owned());
            seen.push(Verifier::random().unwrap().expose().to_owned());
        }
        assert!(seen.iter().all(|value| value.len() == 43));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 128);
    }
}
