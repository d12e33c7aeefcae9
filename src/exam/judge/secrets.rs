//! Checks of where secrets stand: the client secret, codes, verifiers, states and tokens.

use crate::exam::seen::{Account, Asked, LastLeg, Page, Record};
use crate::exam::verdict::Finding;

/// The case whose token is broken on purpose, so that it is no secret.
const BROKEN_TOKEN: &str = "token-newline";

pub(in crate::exam) fn secret_in_url(run: &Record) -> Option<Finding> {
    let verifier = run.leg_3_parameter("code_verifier");
    for asked in run.asked() {
        let query = asked.request.query();
        if !run.secret.is_empty() && query.contains(&run.secret) {
            return Some(Finding::broken("the client secret was in a URL"));
        }
        if verifier.is_some_and(|verifier| query.contains(verifier)) {
            return Some(Finding::broken("the verifier was in a URL"));
        }
    }
    None
}

/// None of the secrets of leg 3 comes to the other origin.
pub(in crate::exam) fn brings_nothing_elsewhere(run: &Record) -> Option<Finding> {
    for asked in &run.elsewhere {
        if let Some(secret) = secret_in(&everything(asked), run) {
            let seen = format!("{secret} came to the other origin");
            return Some(Finding::broken(seen));
        }
    }
    None
}

/// Query, credentials and body of a request.
fn everything(asked: &Asked) -> String {
    let header = asked.request.header("authorization").unwrap_or_default();
    let mut text = format!("{}\n{header}\n{}\n", asked.request.query(), asked.request.body);
    for parameter in &asked.parameters {
        text += &parameter.value;
        text += "\n";
    }
    text
}

pub(in crate::exam) fn prints_no_secret(run: &Record) -> Option<Finding> {
    if run.name == BROKEN_TOKEN {
        return None;
    }
    let mut is_result = false;
    for stream in run.streams() {
        let Some(secret) = secret_in(&stream.text(), run) else { continue };
        // A client that stops at the token may be there to print it.
        if secret == TOKEN && run.last_leg == LastLeg::Token && stream.name == run.out.name {
            is_result = true;
            continue;
        }
        return Some(Finding::broken(format!("{secret} stands on {}", stream.name)));
    }
    if is_result {
        return Some(Finding::not_here("this client stops at the token, and prints it"));
    }
    None
}

/// No page shows a secret, and none tells the state to somebody who doesn't know it.
pub(in crate::exam) fn shows_no_secret(run: &Record) -> Option<Finding> {
    for page in &run.pages {
        let text = page_text(page);
        if let Some(secret) = secret_in(&text, run) {
            return Some(Finding::broken(format!("{secret} stands on a page")));
        }
        let state = run.leg_1_parameter("state").unwrap_or_default();
        if state.len() >= 8 && text.contains(state) && !page.answers.contains(state) {
            let why = "A forger learns what would make the next forgery right.";
            let advice = "Say that the state is wrong, and not which one would be right.";
            let seen = "a page told the right state to a request that didn't have it";
            return Some(Finding::broken(seen).because(why, advice));
        }
    }
    None
}

/// The head and the body of a page.
fn page_text(page: &Page) -> String {
    let mut text = page.message.start.clone();
    for header in &page.message.headers {
        text += "\n";
        text += &header.value;
    }
    text + "\n" + page.body()
}

const TOKEN: &str = "a token";

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
    if has_token(text) { Some(TOKEN) } else { None }
}

/// Whether a text has a whole token: its beginning gives nothing away.
fn has_token(text: &str) -> bool {
    for prefix in ["gho_", "ghr_"] {
        for (at, _) in text.match_indices(prefix) {
            let (_, rest) = text.split_at(at);
            let length = rest.bytes().take_while(|byte| is_token_byte(*byte)).count();
            if length >= prefix.len() + 30 {
                return true;
            }
        }
    }
    false
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_".contains(&byte)
}

/// No file that others may read holds a token.
pub(in crate::exam) fn leaves_no_open_file(run: &Record) -> Option<Finding> {
    if !run.signed_in_as(Account::Person) {
        return Some(Finding::not_here("this client can't log in with an empty home"));
    }
    let file = run.open_files.first()?;
    Some(Finding::broken(format!("`{file}` holds a secret, and others may read it")))
}
