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

use std::io;
use std::thread;
use std::time::Duration;

use super::http::{get, post};
use crate::error::Error;

/// How long a person waits for a page; leg 3 may take 30 seconds of it.
const PATIENCE: Duration = Duration::from_secs(2 * 60);

/// Presses a button at the provider, and takes the answer to the callback on a thread of its own.
/// Errors: [`Error::Practice`] when the page or the redirect isn't one.
pub(super) fn press(button: &str, url: &str) -> Result<(), Error> {
    let page = Consent::open(url).map_err(Error::Practice)?;
    let callback = page.decide(button).map_err(Error::Practice)?;
    let person = move || {
        let _ = follow(&page, &callback);
    };
    thread::Builder::new().name("person".to_owned()).spawn(person).map_err(Error::System)?;
    Ok(())
}

/// Brings the callback, and decides once more if the client ignores it.
fn follow(page: &Consent, callback: &str) -> io::Result<()> {
    // The answer is the page for the tab; nobody looks further than its status here.
    if get(callback, PATIENCE)?.status != 400 {
        return Ok(());
    }
    let callback = page.decide("authorize")?;
    get(&callback, PATIENCE)?;
    Ok(())
}

/// The consent page, as far as a person needs it.
struct Consent {
    action: String,
    ticket: String,
}

impl Consent {
    fn open(url: &str) -> io::Result<Self> {
        let page = get(url, PATIENCE)?;
        let Some(ticket) = ticket(&page.body) else {
            let status = page.status;
            let problem = format!("no consent page, but `{status}`: check SCOPE and REDIRECT_URI");
            return Err(io::Error::other(problem));
        };
        let (action, _) = url.split_once('?').unwrap_or((url, ""));
        Ok(Self { action: action.to_owned(), ticket: ticket.to_owned() })
    }

    /// Presses a button, once. Gives the URL that the provider redirects to.
    fn decide(&self, decision: &str) -> io::Result<String> {
        let form = [("ticket", self.ticket.as_str()), ("decision", decision)];
        let page = post(&self.action, &form, PATIENCE)?;
        match page.header("location") {
            Some(callback) => Ok(callback.to_owned()),
            None => Err(io::Error::other("the provider didn't redirect")),
        }
    }
}

fn ticket(html: &str) -> Option<&str> {
    let (_, rest) = html.split_once("name=\"ticket\" value=\"")?;
    let (ticket, _) = rest.split_once('"')?;
    Some(ticket)
}
