//! Checks of where secrets stand: the client secret, codes, verifiers and tokens.

use crate::exam::seen::Record;
use crate::exam::verdict::Finding;

pub(in crate::exam) fn secret_in_url(run: &Record) -> Option<Finding> {
    let verifier = run.leg_3_parameter("code_verifier");
    for asked in run.asked() {
        let query = asked.request.query();
        if !run.secret.is_empty() && query.contains(&run.secret) {
            return Some(Finding::broken("the client secret was in an address"));
        }
        if verifier.is_some_and(|verifier| query.contains(verifier)) {
            return Some(Finding::broken("the verifier was in an address"));
        }
    }
    None
}

/// No token comes to the other origin.
pub(in crate::exam) fn brings_no_token_elsewhere(run: &Record) -> Option<Finding> {
    for asked in &run.elsewhere {
        let header = asked.request.header("authorization").unwrap_or_default();
        let places = [header, asked.request.query(), &asked.request.body];
        if places.iter().any(|place| place.contains("gho_")) {
            return Some(Finding::broken("the token came to the other origin"));
        }
    }
    None
}

pub(in crate::exam) fn prints_no_secret(run: &Record) -> Option<Finding> {
    for stream in run.streams() {
        if let Some(secret) = secret_in(&stream.text(), run) {
            return Some(Finding::broken(format!("{secret} stands on {}", stream.name)));
        }
    }
    None
}

/// The secret of a run that stands in a text.
fn secret_in(text: &str, run: &Record) -> Option<&'static str> {
    if !run.secret.is_empty() && text.contains(&run.secret) {
        return Some("the client secret");
    }
    if run.codes.iter().any(|code| text.contains(code)) {
        return Some("the code");
    }
    let verifier = run.leg_3_parameter("code_verifier");
    if verifier.is_some_and(|verifier| text.contains(verifier)) {
        return Some("the verifier");
    }
    if has_token(text) { Some("a token") } else { None }
}

/// Whether a text has a whole token: its beginning gives nothing away.
fn has_token(text: &str) -> bool {
    for prefix in ["gho_", "ghr_"] {
        for (_, rest) in text.match_indices(prefix).map(|(at, _)| text.split_at(at)) {
            let length = rest.bytes().take_while(u8::is_ascii_graphic).count();
            if length >= prefix.len() + 30 {
                return true;
            }
        }
    }
    false
}
