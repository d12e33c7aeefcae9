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

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::practice::lock::locked;

    /// Both other sides: a provider that redirects to itself, and a client that answers its callback
    /// so. Gives the URL of its consent page, and the requests that come.
    fn start(callback_status: u16) -> (String, Arc<Mutex<Vec<String>>>) {
        let socket = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", socket.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let url = format!("{origin}/authorize?a=b");
        thread::spawn(move || {
            for stream in socket.incoming() {
                let mut stream = stream.unwrap();
                let mut bytes = [0; 4096];
                let count = stream.read(&mut bytes).unwrap();
                let request = String::from_utf8_lossy(&bytes[..count]).into_owned();
                let answer = match request.split(' ').next().unwrap() {
                    "POST" => format!("302 Found\r\nLocation: {origin}/callback?code=c\r\n\r\n"),
                    _ if request.starts_with("GET /callback") => {
                        format!("{callback_status} Status\r\n\r\n")
                    }
                    _ => "200 OK\r\n\r\n<input name=\"ticket\" value=\"t\">".to_owned(),
                };
                let body = request.lines().last().unwrap_or_default();
                let (line, _) = request.split_once(" HTTP").unwrap();
                locked(&seen).push(format!("{line} {body}"));
                let _ = write!(stream, "HTTP/1.1 {answer}");
            }
        });
        (url, requests)
    }

    /// The requests of a person who presses this button.
    fn requests(button: &str, callback_status: u16) -> Vec<String> {
        let (url, requests) = start(callback_status);
        let page = Consent::open(&url).unwrap();
        let callback = page.decide(button).unwrap();
        follow(&page, &callback).unwrap();
        locked(&requests).clone()
    }

    #[test]
    fn a_person_decides_once() {
        for button in ["authorize", "used-code"] {
            for status in [200, 403, 409, 502] {
                assert_eq!(
                    requests(button, status),
                    [
                        "GET /authorize?a=b ",
                        &format!("POST /authorize ticket=t&decision={button}"),
                        "GET /callback?code=c ",
                    ]
                );
            }
        }
    }

    #[test]
    fn a_person_whose_callback_is_ignored_goes_back_and_agrees_once() {
        assert_eq!(
            requests("forged-state", 400),
            [
                "GET /authorize?a=b ",
                "POST /authorize ticket=t&decision=forged-state",
                "GET /callback?code=c ",
                "POST /authorize ticket=t&decision=authorize",
                "GET /callback?code=c ",
            ]
        );
    }

    #[test]
    fn a_page_that_is_no_consent_page_is_told_with_its_status() {
        let (url, _) = start(404);
        let url = url.replace("/authorize", "/callback");
        let Err(error) = Consent::open(&url) else { panic!("a consent page") };
        let problem = "no consent page, but `404`: check SCOPE and REDIRECT_URI";
        assert_eq!(error.to_string(), problem);
    }
}
