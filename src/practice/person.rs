//! The person, where there is no browser: opens the consent page, chooses Authorize, and follows
//! the redirect.
//!
//! ```text
//! GET  /login/oauth/authorize?…              200, the page with the form
//! POST /login/oauth/authorize  ticket=…      302, Location: http://localhost:…/callback?code=…
//! GET  /callback?code=…                      the page for the tab, after leg 4
//! ```
//!
//! Left out: reading the page as HTML. It is this program's own page, and its ticket is cut out.

use std::{io, thread};

use crate::error::{Error, Leg};
use crate::{limits::Limits, wire::client::Client, wire::trace::Trace, wire::url::Endpoint};

/// Decides at the provider, and takes the answer to the callback on a thread of its own.
/// Errors: [`Error::Practice`] when the page or the redirect isn't one, [`Error::NoAnswer`].
pub(super) fn authorize(url: &str) -> Result<(), Error> {
    let client = Client::new(&|_| None, &[], Limits::default(), &Trace::new(false, false))?;
    let broken = |problem: String| Error::Practice(io::Error::other(problem));
    let endpoint = |url: &str| Endpoint::parse(url).map_err(|problem| broken(problem.to_owned()));
    let (leg, consent) = (Leg::Authorization, endpoint(url)?);

    let page = client.get(leg, &consent, &[])?;
    let html = String::from_utf8_lossy(&page.body).into_owned();
    let ticket = html.split_once("name=\"ticket\" value=\"");
    let Some((ticket, _)) = ticket.and_then(|(_, rest)| rest.split_once('"')) else {
        let status = page.status;
        return Err(broken(format!(
            "no consent page, but `{status}`: check SCOPE and REDIRECT_URI"
        )));
    };

    let form = [("ticket", ticket), ("decision", "authorize")];
    let redirect = client.post_form(leg, &endpoint(consent.without_query())?, &[], &form)?;
    let Some(location) = redirect.header("location") else {
        return Err(broken("the provider didn't redirect to the callback".to_owned()));
    };
    // RFC 6761 §6.3: users "may assume that IPv4 and IPv6 address queries for localhost names will
    // always resolve to the respective IP loopback address." A browser knows it by itself; the
    // system looks it up in /etc/hosts, and an empty root has none.
    let callback = endpoint(&location.replacen("http://localhost", "http://127.0.0.1", 1))?;
    // The answer is the page for the tab; nobody looks at it here.
    let follow = move || drop(client.get(leg, &callback, &[]));
    thread::Builder::new().name("person".to_owned()).spawn(follow).map(drop).map_err(Error::System)
}
