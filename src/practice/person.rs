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
//! It has an HTTP of its own, so that nobody breaks it who breaks the client on purpose. Left out:
//! reading the page as HTML. It is this program's own page, and its ticket is cut out.
//! Shown by `tests/suite/break_it.rs`.

use std::{io, thread, time::Duration};

use super::mischief::visit;
use crate::error::Error;
use crate::wire::form;

/// How long a person waits for a page; leg 3 may take 30 seconds of it.
const PATIENCE: Duration = Duration::from_secs(2 * 60);

/// Presses a button at the provider, and takes the answer to the callback on a thread of its own.
/// Errors: [`Error::Practice`] when the page or the redirect isn't one.
pub(super) fn press(button: &str, url: &str) -> Result<(), Error> {
    let page = visit(url, None, PATIENCE).map_err(Error::Practice)?;
    let ticket = page.split_once("name=\"ticket\" value=\"");
    let Some((ticket, _)) = ticket.and_then(|(_, rest)| rest.split_once('"')) else {
        let status = page.get(9..12).unwrap_or_default();
        let problem = format!("no consent page, but `{status}`: check SCOPE and REDIRECT_URI");
        return Err(Error::Practice(io::Error::other(problem)));
    };
    let (action, ticket) =
        (url.split('?').next().unwrap_or_default().to_owned(), ticket.to_owned());
    let decide = move |decision: &str| {
        let body = form::encode(&[("ticket", &ticket), ("decision", decision)]);
        let redirect = visit(&action, Some(&body), PATIENCE)?;
        let callback = redirect.lines().find_map(|line| line.strip_prefix("Location: "));
        callback.map(str::to_owned).ok_or(io::Error::other("the provider didn't redirect"))
    };
    let callback = decide(button).map_err(Error::Practice)?;
    // The answer is the page for the tab; nobody looks further than its status here.
    let follow = move || {
        let page = visit(&callback, None, PATIENCE);
        let is_ignored = page.is_ok_and(|page| page.starts_with("HTTP/1.1 400"));
        if let (true, Ok(callback)) = (is_ignored, decide("authorize")) {
            drop(visit(&callback, None, PATIENCE));
        }
    };
    thread::Builder::new().name("person".to_owned()).spawn(follow).map(drop).map_err(Error::System)
}
