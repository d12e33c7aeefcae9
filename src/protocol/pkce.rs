//! PKCE, RFC 7636: proves in leg 3 that the code goes to the program that asked for it in leg 1.
//!
//! ```text
//! verifier   dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk      stays here until leg 3
//! challenge  E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM      goes out in leg 1
//! ```
//!
//! Left out: the method `plain`, which hides nothing. GitHub refuses it.

use crate::secret::{Verifier, base64url, sha256};

/// The code challenge for a verifier, method `S256`: 43 characters.
pub fn challenge(verifier: &Verifier) -> String {
    // RFC 7636 §4.2: "code_challenge = BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))"
    base64url::encode(&sha256::digest(verifier.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7636_appendix_b_holds() {
        let bytes = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212,
            37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121,
        ];
        let verifier = base64url::encode(&bytes);
        assert_eq!(verifier, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(
            challenge(&Verifier::new(verifier)),
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
        );
    }

    #[test]
    fn a_random_verifier_has_only_characters_that_rfc_7636_allows() {
        for _ in 0..100 {
            let verifier = Verifier::random().unwrap();
            assert!((43..=128).contains(&verifier.expose().len()));
            assert!(
                verifier
                    .expose()
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
            );
        }
    }
}
