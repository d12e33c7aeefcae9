//! The consent page: who asks, for what, in words that a person understands; and *Break it*.
//!
//! ```text
//! <li>read your profile (<code>read:user</code>)</li>
//! <input type="hidden" name="ticket" value="…"> <button name="decision" value="authorize">
//! ```
//!
//! The right answer to a fault is folded away, so that you can predict it. Shown by
//! `tests/suite/practice.rs`, and in a browser by `tests/browser.rs`.

use super::authorization_request::AuthorizationRequest;
use super::fault::Fault;
use super::faults::{GROUPS, Group};
use super::html_page::HtmlPage;
use super::scopes::{SCOPES, asked};
use crate::show::html::{escape, with_code};

const NO_SCOPE: &str = "<li>read what everybody may read (it names no scope)</li>";
const NO_STATE: &str = "<p>This request has no <code>state</code>: the app can't tell your answer from a stranger's.</p>";
const NO_CHALLENGE: &str = "<p>This request has no <code>code_challenge</code>: anyone with the client secret can use a \
                            stolen code, and an app's secret is in every copy of it.</p>";

/// The page for this request; its form brings the ticket back.
pub(super) fn page(client_id: &str, request: &AuthorizationRequest, ticket: &str) -> HtmlPage {
    let mut scopes = String::new();
    for name in asked(&request.scope) {
        scopes += &scope(name);
    }
    if scopes.is_empty() {
        scopes += NO_SCOPE;
    }
    let mut buttons = String::new();
    for group in &GROUPS {
        buttons += &buttons_of(group);
    }
    let body = format!(
        include_str!("consent.html"),
        ticket = ticket,
        app = escape(client_id),
        state = if request.state.is_none() { NO_STATE } else { "" },
        pkce = if request.challenge.is_none() { NO_CHALLENGE } else { "" },
        scopes = scopes,
        back = escape(&request.redirect_uri),
        legs = buttons,
    );
    HtmlPage::new(200, "Authorize the app", body)
}

fn scope(name: &str) -> String {
    let code = escape(name);
    match SCOPES.iter().find(|scope| scope.name == name) {
        Some(scope) if scope.is_dangerous => {
            let allows = scope.allows;
            format!("<li><strong>Dangerous:</strong> {allows} (<code>{code}</code>)</li>")
        }
        Some(scope) => format!("<li>{} (<code>{code}</code>)</li>", scope.allows),
        None => format!("<li>something this page doesn't know (<code>{code}</code>)</li>"),
    }
}

fn buttons_of(group: &Group) -> String {
    let mut buttons = String::new();
    for Fault { name, label, what, good_client, .. } in group.faults {
        let what = with_code(what);
        let good_client = with_code(good_client);
        buttons += &format!(
            "<div><button name=\"decision\" value=\"{name}\">{label}</button> <code>--break {name}</code><p>{what}</p>\
             <details><summary>What should a client do?</summary><p>{good_client}</p></details></div>"
        );
    }
    let title = group.title;
    format!("<details><summary>{title}</summary><div class=\"faults\">{buttons}</div></details>")
}
