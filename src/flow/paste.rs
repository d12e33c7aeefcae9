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

use std::io::{self, BufRead, Read};
use std::sync::{Arc, mpsc};
use std::thread;

use super::callback::{Answer, Event, Expected, NotTaken};
use super::port::Inbox;
use crate::error::Error;
use crate::wire::request::{HEAD_LIMIT, split_target};

/// Reads lines from standard input, on a thread of its own, until one is the right address.
pub fn read_lines(expected: Expected) -> Result<Inbox, Error> {
    // It holds one event, so that a pipe waits until its last line has been judged.
    let (sender, events) = mpsc::sync_channel(1);
    let inbox = Inbox { events, expected: Arc::new(expected), threads: Vec::new() };
    let expected = Arc::clone(&inbox.expected);
    let run: Box<dyn FnOnce() + Send> = Box::new(move || {
        while let Some(line) = read_line(&mut io::stdin().lock()) {
            let event = match answer(&expected, line.trim()) {
                None => continue,
                Some(Ok(answer)) => Event::Arrived((answer, None)),
                Some(Err(reason)) => Event::NotTaken(reason, Vec::new(), Vec::new()),
            };
            let is_over = matches!(event, Event::Arrived(_));
            if sender.send(Box::new(event)).is_err() || is_over {
                return;
            }
        }
    });
    thread::Builder::new().spawn(run).map(|_| inbox).map_err(Error::System)
}

/// One line; none at the end of the input. What is longer than any address is read in pieces.
pub(crate) fn read_line(input: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let count = input.by_ref().take(HEAD_LIMIT as u64).read_until(b'\n', &mut line).ok()?;
    (count > 0).then(|| String::from_utf8_lossy(&line).into_owned())
}

/// What a pasted line says; nothing if it is empty.
fn answer(expected: &Expected, line: &str) -> Option<Result<Answer, NotTaken>> {
    // What follows `#` never reaches a server.
    let address = line.split('#').next().filter(|_| !line.is_empty())?;
    if let Some(query) = address.strip_prefix('?') {
        return Some(expected.read(query));
    }
    Some(match split_target(address) {
        Ok((path, query)) if path == expected.path => expected.read(query),
        Ok(_) => Err(NotTaken::Ignored("its path isn't the one of the redirect URI")),
        Err(_) => Err(NotTaken::Ignored("it isn't an http:// address")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::State;
    use crate::wire::hidden::Hidden;
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
            assert!(matches!(answer(&expected(), line), Some(Ok(_))), "{line}");
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
            assert_eq!(answer(&expected(), line).unwrap().unwrap_err(), refused, "{line}");
        }
        assert!(answer(&expected(), "").is_none());
    }

    #[test]
    fn a_line_is_read_up_to_a_limit() {
        let mut input = io::Cursor::new(format!("short\n{}", "a".repeat(HEAD_LIMIT + 5)));
        assert_eq!(read_line(&mut input).as_deref(), Some("short\n"));
        assert_eq!(read_line(&mut input).map(|line| line.len()), Some(HEAD_LIMIT));
        assert_eq!(read_line(&mut input).as_deref(), Some("aaaaa"));
        assert_eq!(read_line(&mut input), None);
    }
}
