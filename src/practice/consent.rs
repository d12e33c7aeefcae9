//! The consent page: who asks, for what, in words that a person understands; and *Break it*.
//!
//! ```text
//! <li>read your profile (<code>read:user</code>)</li>
//! <input type="hidden" name="ticket" value="…"> <button name="decision" value="authorize">
//! ```
//!
//! What a good client does about a fault is folded away, so that one can predict it. Shown by
//! `tests/suite/practice.rs`, and in a browser by `tests/browser.rs`.

use super::fault::{Button, Fault};
use super::grants::AuthorizationRequest;
use crate::receive::page;
use crate::wire::response::Response;

/// GitHub's scopes, each with what it allows. `!` marks what can't be undone.
const SCOPES: &str = include_str!("scopes.txt");

/// The page for this request; its form brings the ticket back.
pub(super) fn page(client_id: &str, request: &AuthorizationRequest, ticket: &str) -> Response {
    let asked = request.scope.split([' ', ',']).filter(|scope| !scope.is_empty());
    let scopes: String = asked.map(scope).collect();
    let nothing = "<li>read what everybody may read (it names no scope)</li>";
    let lacks = |is_there: bool, what| if is_there { "" } else { what };
    let state = "<p>This request has no <code>state</code>: the app can't tell your answer from a stranger's.</p>";
    let pkce = "<p>This request has no <code>code_challenge</code>: whoever sees the code, and has the client \
                secret, can use it.</p>";
    let legs = [(2, "the callback"), (3, "the token endpoint"), (4, "the profile")].map(fold);
    let body = format!(
        include_str!("consent.html"),
        ticket = ticket,
        app = page::escape(client_id),
        state = lacks(request.state.is_some(), state),
        pkce = lacks(request.challenge.is_some(), pkce),
        scopes = if scopes.is_empty() { nothing } else { &scopes },
        back = page::escape(&request.redirect_uri),
        legs = legs.concat(),
    );
    page::html(200, "Authorize the app", &body)
}

fn scope(name: &str) -> String {
    let mut known = SCOPES.lines().filter_map(|line| line.split_once(' '));
    let known = known.find(|(known, _)| *known == name).map(|(_, words)| words);
    let words = known.unwrap_or("do what this page has no words for");
    let words = words.replace('!', "<strong>Dangerous:</strong>");
    format!("<li>{words} (<code>{}</code>)</li>", page::escape(name))
}

/// The buttons of a leg.
fn fold((leg, place): (u8, &str)) -> String {
    let buttons = Fault::ALL.iter().map(|fault| fault.button()).filter(|it| it.leg == leg);
    let buttons = buttons.map(|Button { name, label, what, .. }| {
        let (before, after) = what.split_once('\n').unwrap_or((what, ""));
        format!(
            "<button name=\"decision\" value=\"{name}\">{label}</button><p>{before}</p>\
             <details><summary>And a good client?</summary><p>{after}</p></details>"
        )
    });
    let buttons: String = buttons.collect();
    format!("<details><summary>In leg {leg}, {place}</summary>{buttons}</details>")
}
