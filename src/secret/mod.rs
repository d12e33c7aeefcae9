//! What must not be seen: newtypes that print masked, and the hand-written arithmetic behind them.
//!
//! A code can't be passed where a token belongs, because each is a type of its own; and none of
//! them can be printed by accident, because both `Display` and `Debug` give the length, and of what
//! is good for one login only the first four characters:
//!
//! ```
//! use bare_oauth::secret::AccessToken;
//!
//! let token = AccessToken::new("gho_16C7e42F292c6912E7710c838347Ae178B4a".to_owned());
//! assert_eq!(token.to_string(), "gho_… (40 characters)");
//! ```
//!
//! Left out: wiping the memory. Without `unsafe` the optimiser may drop such writes, and the
//! process ends with the login anyway.

pub mod base64url;
mod coding;
pub mod hidden;
pub mod pkce;
pub mod random;
pub mod sha256;
mod telltale;

use std::fmt;
use std::io;

/// Shorter than this, four characters would give away too much of the secret, and only the length
/// is shown.
const SHORTEST_WITH_A_PREFIX: usize = 8;

fn masked(value: &str, prefix: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let length = value.chars().count();
    // A line end in it would make two lines of one.
    let is_plain = value.chars().take(prefix).all(|character| matches!(character, ' '..='~'));
    let shown = if length < SHORTEST_WITH_A_PREFIX || !is_plain { 0 } else { prefix };
    let prefix: String = value.chars().take(shown).collect();
    write!(f, "{prefix}… ({length} characters)")
}

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident, $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $name(String);

        impl $name {
            /// Wraps a value that is secret from here on.
            #[must_use]
            pub fn new(value: String) -> Self {
                Self(value)
            }

            /// The value itself, for the one place that has to send it.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                masked(&self.0, $prefix, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                masked(&self.0, $prefix, f)
            }
        }
    )*};
}

secrets! {
    /// The client secret (RFC 6749 §2.3.1), issued with the client id.
    ClientSecret, 0;
    /// The value that ties a callback to the request it answers (RFC 6749 §10.12).
    State, 4;
    /// The code verifier of PKCE (RFC 7636 §4.1): 43 characters.
    Verifier, 0;
    /// The authorization code (RFC 6749 §4.1.2): good for one exchange.
    Code, 4;
    /// The access token (RFC 6749 §1.4): whoever holds it, may.
    AccessToken, 4;
}

impl State {
    /// A fresh state: 32 random octets, 43 characters.
    ///
    /// # Errors
    /// When the system gives no random octets.
    pub fn random() -> io::Result<Self> {
        // RFC 6749 §10.10: "The probability of an attacker guessing generated tokens (and other
        // credentials not intended for handling by end-users) MUST be less than or equal to
        // 2^(-128)". This is 2^(-256).
        Ok(Self(base64url::encode(&random::octets()?)))
    }

    /// Whether `other` is this state. The time it takes does not tell how much of it is right.
    #[must_use]
    pub fn matches(&self, other: &str) -> bool {
        let (ours, theirs) = (self.0.as_bytes(), other.as_bytes());
        // The fold visits every octet; an early exit would let a prefix be guessed octet by octet.
        let differences = ours.iter().zip(theirs).fold(0, |seen, (a, b)| seen | (a ^ b));
        ours.len() == theirs.len() && differences == 0
    }
}

impl Verifier {
    /// A fresh code verifier.
    ///
    /// # Errors
    /// When the system gives no random octets.
    pub fn random() -> io::Result<Self> {
        // RFC 7636 §4.1: "It is RECOMMENDED that the output of a suitable random number generator
        // be used to create a 32-octet sequence. The octet sequence is then base64url-encoded to
        // produce a 43-octet URL safe string".
        Ok(Self(base64url::encode(&random::octets()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_prints_its_first_four_characters_and_its_length() {
        let code = Code::new("0123456789abcdef".to_owned());
        assert_eq!(format!("{code} {code:?}"), "0123… (16 characters) 0123… (16 characters)");
    }

    #[test]
    fn a_client_secret_and_a_verifier_print_their_length_only() {
        let text = || "0123456789abcdef".to_owned();
        assert_eq!(ClientSecret::new(text()).to_string(), "… (16 characters)");
        assert_eq!(Verifier::new(text()).to_string(), "… (16 characters)");
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
