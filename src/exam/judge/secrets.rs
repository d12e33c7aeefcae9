//! Checks of where secrets stand: the client secret, codes, verifiers, states and tokens.

use crate::exam::secrets::{Secret, Secrets};
use crate::exam::seen::{Account, Asked, LastLeg, Page, Record};
use crate::exam::verdict::Finding;

pub(in crate::exam) fn secret_in_url(run: &Record) -> Option<Finding> {
    for spelling in Secrets::of(run).spellings {
        // Codes come in URLs.
        if spelling.secret == Secret::Code {
            continue;
        }
        for asked in run.asked() {
            if asked.request.query().contains(&spelling.text) {
                return Some(Finding::broken(format!("{} was in a URL", spelling.secret.name())));
            }
        }
    }
    None
}

/// None of the secrets of leg 3 comes to the other origin.
pub(in crate::exam) fn brings_nothing_elsewhere(run: &Record) -> Option<Finding> {
    let secrets = Secrets::of(run);
    for asked in &run.elsewhere {
        if let Some(secret) = secrets.first_in(&everything(asked)) {
            let seen = format!("{} came to the other origin", secret.name());
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
    let secrets = Secrets::of(run);
    let mut is_result = false;
    for stream in run.streams() {
        let Some(secret) = secrets.first_in(&stream.text()) else { continue };
        let is_out = stream.name == run.out.name;
        // A client that stops at the token may be there to print it.
        if secret == Secret::Token && run.last_leg == LastLeg::Token && is_out {
            is_result = true;
            continue;
        }
        let seen = format!("{} stands on {}", secret.name(), stream.name);
        return Some(Finding::broken(seen));
    }
    if is_result {
        return Some(Finding::not_here("this client stops at the token, and prints it"));
    }
    None
}

/// No page shows a secret, and none tells the state to somebody who doesn't know it.
pub(in crate::exam) fn shows_no_secret(run: &Record) -> Option<Finding> {
    let secrets = Secrets::of(run);
    for page in &run.pages {
        let text = page_text(page);
        if let Some(secret) = secrets.first_in(&text) {
            return Some(Finding::broken(format!("{} stands on a page", secret.name())));
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

/// No file that others may read holds a token.
pub(in crate::exam) fn leaves_no_open_file(run: &Record) -> Option<Finding> {
    if !run.signed_in_as(Account::Person) {
        return Some(Finding::not_here("this client can't log in with an empty home"));
    }
    let file = run.open_files.first()?;
    Some(Finding::broken(format!("`{file}` holds a secret, and others may read it")))
}
