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
use crate::{page, wire::response::Response};

/// GitHub's scopes, each with what it allows. What begins in upper case can't be undone.
pub(super) const SCOPES: [(&str, &str); 12] = [
    ("read:user", "read your profile"),
    ("user:email", "read your email addresses, private ones too"),
    ("user:follow", "follow people for you"),
    ("user", "read and change your profile"),
    ("gist", "write gists in your name"),
    ("notifications", "read your notifications, and mark them as read"),
    ("public_repo", "write to your public repositories"),
    ("repo", "read and write all your repositories, private ones too"),
    ("workflow", "change what your repositories run on GitHub's machines"),
    ("read:org", "see which organizations you belong to"),
    ("admin:public_key", "Add keys, with which somebody else can push in your name"),
    ("delete_repo", "Delete your repositories"),
];

/// The page for this request; its form brings the ticket back.
pub(super) fn page(client_id: &str, request: &AuthorizationRequest, ticket: &str) -> Response {
    let asked = request.scope.split([' ', ',']).filter(|scope| !scope.is_empty());
    let scopes: String = asked.map(scope).collect();
    let nothing = "<li>read what everybody may read (it names no scope)</li>";
    let mut missing = String::new();
    if request.state.is_none() {
        missing += "<p>This request has no <code>state</code>: the app can't tell your answer from a \
                    stranger's.</p>";
    }
    if request.challenge.is_none() {
        missing += "<p>This request has no <code>code_challenge</code>: whoever sees the code, and \
                    has the client secret, can use it.</p>";
    }
    let legs = [(2, "the callback"), (3, "the token endpoint"), (4, "the profile")].map(fold);
    let body = format!(
        "<p>The app <b>{app}</b> asks to act for you, <b>octocat</b>, at the practice provider. It \
         could then:</p><ul>{scopes}</ul>\
         <p>It doesn't see your password. You would type that here, at the provider.</p>\
         {missing}<p>Afterwards you go back to <b>{back}</b>.</p>\
         <form method=\"post\" action=\"/login/oauth/authorize\"><input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\
         <button name=\"decision\" value=\"authorize\">Authorize</button>\
         <button name=\"decision\" value=\"cancel\">Cancel</button>\
         <h2>Break it</h2><p>Each of these goes wrong on purpose. What will the app do? Decide, then \
         unfold what a good one does, and press the button.</p>{legs}</form>",
        app = page::escape(client_id),
        scopes = if scopes.is_empty() { nothing } else { &scopes },
        back = page::escape(&request.redirect_uri),
        legs = legs.concat(),
    );
    page::html(200, "Authorize the app", &body)
}

fn scope(name: &str) -> String {
    let known = SCOPES.iter().find(|(known, _)| *known == name).map(|(_, words)| *words);
    let words = known.unwrap_or("do what this page has no words for");
    let is_dangerous = words.starts_with(|first: char| first.is_uppercase());
    let mark = if is_dangerous { "<strong>Dangerous:</strong> " } else { "" };
    let (words, name) = (words.to_lowercase(), page::escape(name));
    format!("<li>{mark}{words} (<code>{name}</code>)</li>")
}

/// The buttons of a leg.
fn fold((leg, place): (u8, &str)) -> String {
    let buttons = Fault::ALL.iter().map(|fault| fault.button()).filter(|it| it.leg == leg);
    let buttons = buttons.map(|Button { name, label, what, .. }| {
        let (before, after) = what.split_at(what.find("A good client").unwrap_or(what.len()));
        format!(
            "<button name=\"decision\" value=\"{name}\">{label}</button><p>{before}</p>\
             <details><summary>And a good client?</summary><p>{after}</p></details>"
        )
    });
    let buttons: String = buttons.collect();
    format!("<details><summary>In leg {leg}, {place}</summary>{buttons}</details>")
}
