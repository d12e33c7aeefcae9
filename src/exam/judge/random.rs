//! Checks of what has to be new and hard to guess in each login: state, challenge and verifier.

use crate::exam::judge::ends::PKCE_ALONE;
use crate::exam::judge::entropy::bits;
use crate::exam::seen::Record;
use crate::exam::verdict::Finding;
use crate::protocol::pkce;
use crate::secret::Verifier;

/// RFC 6749 §10.10: "The probability of an attacker guessing generated tokens (and other credentials
/// not intended for handling by end-users) MUST be less than or equal to 2^(-128)". RFC 7636 gives the
/// verifier no such bound of its own.
const MUST_HAVE: usize = 128;
/// RFC 7636 §7.1: "The client SHOULD create a "`code_verifier`" with a minimum of 256 bits of entropy."
const SHOULD_HAVE: usize = 256;

/// Why a value isn't good enough, and how to make a better one.
struct Remedy {
    why: &'static str,
    advice: &'static str,
}

const NEW_EACH_TIME: Remedy = Remedy {
    why: "What one login has shown can be used against the next one.",
    advice: "Make it anew for each login, from the system's random numbers.",
};
const GUESSED: Remedy = Remedy {
    why: "A value that can be guessed protects nothing.",
    advice: "Take 32 random bytes from the system, and encode them in base64url.",
};

/// The state of all runs.
pub(in crate::exam) fn state(runs: &[Record]) -> Option<Finding> {
    let mut has_pkce = true;
    for run in runs {
        if run.request().is_none() {
            // It was never asked for: the port was taken, for example.
            continue;
        }
        has_pkce &= run.leg_1_parameter("code_challenge").is_some();
        if run.leg_1_parameter("state").is_some() {
            continue;
        }
        if has_pkce {
            let why =
                "A provider that doesn't look at the code challenge signs you in as somebody else.";
            let finding = Finding::weak("it sent no state, and relies on PKCE alone");
            return Some(finding.because(why, PKCE_ALONE));
        }
        return Some(Finding::broken("it sent no state"));
    }
    let values = values(runs, "state");
    if has_twice(&values) {
        let Remedy { why, advice } = NEW_EACH_TIME;
        return Some(Finding::broken("two logins had the same state").because(why, advice));
    }
    let bits = bits(&values)?;
    if bits >= MUST_HAVE {
        return None;
    }
    let Remedy { why, advice } = GUESSED;
    let seen = format!("its state has {bits} bits, and needs {MUST_HAVE}");
    if has_pkce {
        let seen = format!("{seen}; PKCE protects the login all the same");
        return Some(Finding::weak(seen).because(why, advice));
    }
    Some(Finding::broken(seen).because(why, advice))
}

/// The challenge and the verifier of all runs.
pub(in crate::exam) fn pkce(runs: &[Record]) -> Option<Finding> {
    for run in runs {
        if let Some(finding) = pkce_of(run) {
            return Some(finding);
        }
    }
    if has_twice(&values(runs, "code_challenge")) {
        let Remedy { why, advice } = NEW_EACH_TIME;
        let seen = "two logins had the same code_challenge";
        return Some(Finding::broken(seen).because(why, advice));
    }
    let mut verifiers = Vec::new();
    for run in runs {
        verifiers.extend(run.leg_3_parameter("code_verifier"));
    }
    let bits = bits(&verifiers)?;
    let advice = GUESSED.advice;
    if bits < MUST_HAVE {
        let seen = format!("its code_verifier has {bits} bits, and needs {MUST_HAVE}");
        let why = "A verifier that can be guessed protects nothing: RFC 6749 §10.10 wants at least 128 bits of such a secret, and RFC 7636 §7.1 recommends 256.";
        return Some(Finding::broken(seen).because(why, advice));
    }
    if bits < SHOULD_HAVE {
        let seen = format!("its code_verifier has {bits} bits, and should have {SHOULD_HAVE}");
        let why = "RFC 7636 §7.1: a verifier SHOULD have at least 256 bits.";
        return Some(Finding::weak(seen).because(why, advice));
    }
    None
}

/// The challenge and the verifier of one run.
fn pkce_of(run: &Record) -> Option<Finding> {
    run.request()?;
    let Some(challenge) = run.leg_1_parameter("code_challenge") else {
        // RFC 8252 §6: "Public native app clients MUST implement the Proof Key for Code Exchange
        // (PKCE [RFC7636]) extension to OAuth". §8.4: "Except when using a mechanism like Dynamic
        // Client Registration [RFC7591] to provision per-instance secrets, native apps are
        // classified as public clients".
        let why = "RFC 8252 §6 demands PKCE of public native apps, and by §8.4 a native app is public even if it has a secret, which is in every copy of it.";
        let advice = "Send a code_challenge with code_challenge_method=S256 in leg 1, and the code_verifier in leg 3.";
        return Some(Finding::broken("it sent no code_challenge").because(why, advice));
    };
    if run.leg_1_parameter("code_challenge_method") != Some("S256") {
        let why = "With any other method the browser's history has what a thief needs.";
        let advice = "Send code_challenge_method=S256, and the SHA-256 hash of the verifier.";
        let seen = "its code_challenge_method isn't S256";
        return Some(Finding::broken(seen).because(why, advice));
    }
    let asked = run.leg_3.first()?;
    let Some(verifier) = asked.parameter("code_verifier") else {
        let why = "Every provider that knows PKCE refuses this.";
        let advice = "Send the verifier in leg 3.";
        return Some(Finding::broken("leg 3 had no code_verifier").because(why, advice));
    };
    let why = "Strict providers refuse such a verifier (RFC 7636 §4.1).";
    if !(43..=128).contains(&verifier.len()) {
        let length = verifier.len();
        let seen = format!("its code_verifier has {length} characters, not 43 to 128");
        let advice = "Encode 32 random bytes in base64url: that makes 43 characters.";
        return Some(Finding::broken(seen).because(why, advice));
    }
    let is_unreserved = |letter: &char| letter.is_ascii_alphanumeric() || "-._~".contains(*letter);
    if let Some(letter) = verifier.chars().find(|letter| !is_unreserved(letter)) {
        let seen = format!("its code_verifier has a `{letter}`, which isn't unreserved");
        let advice = "Use base64url without padding, not base64.";
        return Some(Finding::broken(seen).because(why, advice));
    }
    if challenge == pkce::challenge(&Verifier::new(verifier.to_owned())) {
        return None;
    }
    let why = "Every provider that knows PKCE refuses this.";
    let advice = "The challenge is the SHA-256 hash of the verifier's characters, in base64url without padding.";
    let seen = "its code_verifier doesn't hash to the code_challenge";
    Some(Finding::broken(seen).because(why, advice))
}

/// A parameter of leg 1 in each run.
fn values<'a>(runs: &'a [Record], name: &str) -> Vec<&'a str> {
    let mut values = Vec::new();
    for run in runs {
        values.extend(run.leg_1_parameter(name));
    }
    values
}

fn has_twice(values: &[&str]) -> bool {
    for (at, value) in values.iter().enumerate() {
        if values.iter().skip(at + 1).any(|other| other == value) {
            return true;
        }
    }
    false
}
