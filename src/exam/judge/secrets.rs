//! Checks of where secrets stand: the client secret, codes, verifiers, states and tokens.

use crate::exam::address::Address;
use crate::exam::judge::ends::last;
use crate::exam::secrets::{Secret, Secrets};
use crate::exam::seen::{Account, Asked, LastLeg, Page, Record};
use crate::exam::verdict::Finding;
use crate::wire::form::{encode_value, undo_percent};

pub(in crate::exam) fn secret_in_url(run: &Record) -> Option<Finding> {
    let mut secrets = Secrets::of(run);
    // Codes come in URLs, and tokens are another case.
    secrets.forget(Secret::Code);
    secrets.forget(Secret::Token);
    for asked in run.asked() {
        let query = asked.request.query();
        let plain = undo_percent(query);
        let text = format!("{query}\n{}", String::from_utf8_lossy(&plain));
        if let Some(secret) = secrets.first_in(&text) {
            return Some(Finding::broken(format!("{} was in a URL", secret.name())));
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
        let seen = format!("it printed {} on {}", secret.name(), stream.name);
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
        let text = page_text(page, run);
        if let Some(secret) = secrets.first_in(&text) {
            return Some(Finding::broken(format!("a page showed {}", secret.name())));
        }
        if is_the_request(page, run) {
            continue;
        }
        let state = run.leg_1_parameter("state").unwrap_or_default();
        if state.len() >= 8 && has_value(&text, state) && !has_value(&page.answers, state) {
            let why = "A forger learns what would make the next forgery right.";
            let advice = "Say that the state is wrong, and not which one would be right.";
            let seen = "a page told the right state to a request that didn't have it";
            return Some(Finding::broken(seen).because(why, advice));
        }
    }
    None
}

/// Whether a page redirects the browser to the provider, with the authorization request.
fn is_the_request(page: &Page, run: &Record) -> bool {
    let Some(asked) = run.request() else { return false };
    let location = page.message.header("location").unwrap_or_default();
    location.ends_with(&asked.request.target())
}

/// Whether a text has a value as it is, or as it stands in a form.
fn has_value(text: &str, value: &str) -> bool {
    text.contains(value) || text.contains(&encode_value(value))
}

/// The head and the body of a page, without a redirect that tells nothing new.
fn page_text(page: &Page, run: &Record) -> String {
    let mut text = page.message.start.clone();
    for header in &page.message.headers {
        let is_redirect = header.name.eq_ignore_ascii_case("location");
        if is_redirect && repeats_the_query(&header.value, page, run.home.as_ref()) {
            continue;
        }
        text += "\n";
        text += &header.value;
    }
    text + "\n" + page.body()
}

/// Whether a redirect leads to the client's own port, and takes along the query that the browser has sent there:
/// from `/callback?code=…` to `/callback/?code=…`, as some frameworks do.
fn repeats_the_query(location: &str, page: &Page, home: Option<&Address>) -> bool {
    let Some(home) = home else { return false };
    let Some(next) = home.join(location) else { return false };
    let Some((_, query)) = page.answers.trim_end().split_once('?') else { return false };
    next.port == home.port && next.target.ends_with(&format!("?{query}"))
}

/// No file that others may read holds a token.
pub(in crate::exam) fn leaves_no_open_file(run: &Record) -> Option<Finding> {
    if !run.signed_in_as(Account::Person) {
        let seen = format!("nobody was signed in with an empty home: {}", last(run));
        return Some(Finding::not_here(seen));
    }
    let file = run.open_files.first()?;
    Some(Finding::broken(format!("`{file}` holds a secret, and others may read it")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_on_the_clients_own_port_may_take_the_query_along() {
        let home = Address::parse("http://localhost:8000/callback");
        let page = Page { answers: "/callback?code=c&state=s ".to_owned(), ..Page::default() };
        for location in ["/callback/?code=c&state=s", "http://127.0.0.1:8000/done?code=c&state=s"] {
            assert!(repeats_the_query(location, &page, home.as_ref()), "{location}");
        }
        for location in [
            "/callback/?code=c&state=s&token=t",
            "/callback/?token=t",
            "/callback/c",
            "http://localhost:8001/callback?code=c&state=s",
            "https://attacker.example/?code=c&state=s",
            "//attacker.example/?code=c&state=s",
        ] {
            assert!(!repeats_the_query(location, &page, home.as_ref()), "{location}");
        }
    }
}
