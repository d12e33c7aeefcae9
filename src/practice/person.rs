//! The person, where there is no browser, or with `--break`: opens the consent page, presses a
//! button, and follows the redirect.
//!
//! ```text
//! GET  /login/oauth/authorize?…                   200, the page with the form
//! POST /login/oauth/authorize  ticket=…&decision=authorize
//!                                                 302, Location: http://localhost:…/callback?code=…
//! GET  /callback?code=…                           the page for the tab, after leg 4
//! ```
//!
//! Where the callback is ignored, as a forged one should be, the person goes back and chooses
//! Authorize.
//!
//! Left out: reading the page as HTML. It is this program's own page, and its ticket is cut out.
//! Shown by `tests/suite/break_it.rs`.

use std::{io, thread};

use crate::error::{Error, Leg};
use crate::{limits::Limits, wire::client::Client, wire::trace::Trace, wire::url::Endpoint};

/// Presses a button at the provider, and takes the answer to the callback on a thread of its own.
/// Errors: [`Error::Practice`] when the page or the redirect isn't one, [`Error::NoAnswer`].
pub(super) fn press(button: &'static str, url: &str) -> Result<(), Error> {
    let client = Client::new(&|_| None, &[], Limits::default(), &Trace::new(false, false))?;
    let (leg, consent) = (Leg::Authorization, endpoint(url)?);
    let page = client.get(leg, &consent, &[])?;
    let html = String::from_utf8_lossy(&page.body).into_owned();
    let ticket = html.split_once("name=\"ticket\" value=\"");
    let Some((ticket, _)) = ticket.and_then(|(_, rest)| rest.split_once('"')) else {
        let status = page.status;
        return Err(broken(&format!(
            "no consent page, but `{status}`: check SCOPE and REDIRECT_URI"
        )));
    };
    let (action, ticket) = (endpoint(consent.without_query())?, ticket.to_owned());
    let decide = move |client: &Client, decision| {
        let form = [("ticket", ticket.as_str()), ("decision", decision)];
        let redirect = client.post_form(leg, &action, &[], &form)?;
        let missing = || broken("the provider didn't redirect to the callback");
        let location = redirect.header("location").ok_or_else(missing)?;
        // RFC 6761 §6.3: users "may assume that IPv4 and IPv6 address queries for localhost names
        // will always resolve to the respective IP loopback address." A browser knows it by itself;
        // the system looks it up in /etc/hosts, and an empty root has none.
        endpoint(&location.replacen("http://localhost", "http://127.0.0.1", 1))
    };
    let callback = decide(&client, button)?;
    // The answer is the page for the tab; nobody looks further than its status here.
    let follow = move || {
        let is_ignored = client.get(leg, &callback, &[]).is_ok_and(|page| page.status == 400);
        if let (true, Ok(callback)) = (is_ignored, decide(&client, "authorize")) {
            drop(client.get(leg, &callback, &[]));
        }
    };
    thread::Builder::new().name("person".to_owned()).spawn(follow).map(drop).map_err(Error::System)
}

fn broken(problem: &str) -> Error {
    Error::Practice(io::Error::other(problem))
}

fn endpoint(url: &str) -> Result<Endpoint, Error> {
    Endpoint::parse(url).map_err(broken)
}
