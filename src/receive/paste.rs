//! Leg 2 without a port, RFC 6749 §4.1.2: the browser is on another machine, and the person pastes
//! the address that it ends on.
//!
//! ```text
//! http://localhost:8000/callback?code=4f2c…&state=6GtQ…       the whole address
//! ?code=4f2c…&state=6GtQ…                                     or the part from `?`
//! ```
//!
//! It passes the same checks as at the port, and goes through the same channel.
//!
//! Left out: hiding what is pasted (its code works once, and needs the verifier), and what a terminal
//! cuts after 4095 characters: pipe a longer line in. Shown by `tests/suite/elsewhere.rs`.

use std::io;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use crate::error::Error;
use crate::protocol::callback::{AuthorizationResponse, Expected, NotTaken};
use crate::receive::inbox::{Callback, Event, Inbox, Refused};
use crate::show::terminal::read_line;
use crate::wire::request::split_target;

/// Reads lines from standard input, on a thread of its own, until one is the right address.
pub fn read_lines(expected: Expected) -> Result<Inbox, Error> {
    // It holds one event, so that a pipe waits until its last line has been judged.
    let (sender, events) = mpsc::sync_channel(1);
    thread::Builder::new().spawn(move || read(&expected, &sender)).map_err(Error::System)?;
    Ok(Inbox::without_sockets(events))
}

fn read(expected: &Expected, sender: &SyncSender<Event>) {
    while let Some(line) = read_line(&mut io::stdin().lock()) {
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        let event = match take(expected, line) {
            Ok(response) => Event::Arrived(Callback { response, tab: None }),
            Err(why) => {
                Event::Refused(Refused::Callback { why, request: Vec::new(), answer: Vec::new() })
            }
        };
        let is_over = matches!(event, Event::Arrived(_));
        if sender.send(event).is_err() || is_over {
            return;
        }
    }
}

/// What a pasted line says.
fn take(expected: &Expected, line: &str) -> Result<AuthorizationResponse, NotTaken> {
    // What follows `#` never reaches a server.
    let (address, _) = line.split_once('#').unwrap_or((line, ""));
    if let Some(query) = address.strip_prefix('?') {
        return expected.take(query);
    }
    match split_target(address) {
        Ok(target) if target.path == expected.path() => expected.take(target.query),
        Ok(_) => Err(NotTaken::Ignored("its path isn't the one of the redirect URI")),
        Err(_) => Err(NotTaken::Ignored("it isn't an http:// address")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::State;
    use crate::show::hidden::Hidden;
    use crate::wire::url::RedirectUri;

    fn expected() -> Expected {
        let redirect_uri = RedirectUri::parse("http://localhost:8000/callback").unwrap();
        let state = State::new("Right".to_owned());
        Expected::new(&redirect_uri, state, None, &Hidden::default())
    }

    #[test]
    fn the_whole_address_or_the_part_from_the_question_mark_is_taken() {
        for line in [
            "http://localhost:8000/callback?code=a&state=Right",
            "HTTP://127.0.0.1:9000/callback?state=Right&code=a#_=_",
            "/callback?code=a&state=Right",
            "?code=a&state=Right",
        ] {
            assert!(
                matches!(take(&expected(), line), Ok(AuthorizationResponse::Granted(_))),
                "{line}"
            );
        }
    }

    #[test]
    fn a_wrong_address_is_told_why() {
        for (line, reason) in [
            ("code=a&state=Right", "it isn't an http:// address"),
            ("https://localhost:8000/callback?code=a&state=Right", "it isn't an http:// address"),
            ("http://localhost:8000/callback?code=a&state=Right b", "it isn't an http:// address"),
            (
                "http://localhost:8000/?code=a&state=Right",
                "its path isn't the one of the redirect URI",
            ),
            ("https", "it isn't an http:// address"),
            ("#", "it isn't an http:// address"),
            ("?", "it has no state"),
            ("?code=a", "it has no state"),
            ("?code=a&state=Right&state=Right", "it has a parameter twice"),
        ] {
            let refused = NotTaken::Ignored(reason);
            assert_eq!(take(&expected(), line).unwrap_err(), refused, "{line}");
        }
    }
}
