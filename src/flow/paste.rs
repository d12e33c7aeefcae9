//! Leg 2 without a tab, RFC 6749 §4.1.2: the browser is on another machine, and the address that it
//! ended on is pasted here.
//!
//! ```text
//! http://localhost:8000/callback?code=4f2c…&state=6GtQ…       the whole address
//! ?code=4f2c…&state=6GtQ…                                     or the part from `?`
//! ```
//!
//! The same checks as at the port, and the same channel. It reads only from a terminal: a pipe is
//! not a person.
//!
//! Left out: hiding what is pasted. The code in it is good once, needs the verifier, and is used at
//! once.
//!
//! Shown by `tests/suite/elsewhere.rs`, in a terminal.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::{self, JoinHandle};

use super::callback::{Answer, Arrival, Event, Expected, NotTaken};
use crate::error::Error;
use crate::terminal;
use crate::wire::request::{HEAD_LIMIT, split_target};

/// How many characters of a line a terminal passes on, on Linux.
const TERMINAL_LIMIT: usize = 4095;

/// Asks until an address is right or none is needed any more, on a thread of its own. In the end it
/// says whether the last line that it read was meant for somebody else: the callback had come in
/// through the port.
///
/// # Errors
/// [`Error::System`] when no thread can be started.
pub fn ask(expected: &Arc<Expected>, events: &Sender<Event>) -> Result<JoinHandle<bool>, Error> {
    terminal::say(
        "If that page can't be reached, paste the address that your browser ended on, and press Enter:",
    );
    let (expected, events) = (Arc::clone(expected), events.clone());
    let run = move || {
        while let Some(line) = read_line(&mut io::stdin().lock()) {
            if expected.is_taken() {
                return true;
            }
            match read(&expected, line.trim()) {
                None => {}
                Some(Ok(answer)) => {
                    let _ = events.send(Event::Arrived(Arrival { answer, tab: None }));
                    return false;
                }
                Some(Err(_)) if line.trim_end().len() >= TERMINAL_LIMIT => terminal::say(
                    "That address was cut by the terminal, which passes on 4095 characters: \
                     forward the port instead.",
                ),
                // The callback has come in through the port this moment.
                Some(Err(NotTaken::Late)) => return true,
                Some(Err(NotTaken::Refused(reason))) => {
                    let again = "Paste the one that begins with the redirect URI:";
                    terminal::say(&format!("That address {reason}. {again}"));
                }
            }
        }
        // The end of the input, which is a line like any other where the callback has come in.
        let is_taken = expected.is_taken();
        if !is_taken {
            terminal::say("Nothing more is read here; the answer can still come through the port.");
        }
        is_taken
    };
    thread::Builder::new().name("paste".to_owned()).spawn(run).map_err(Error::System)
}

/// One line; `None` at the end of the input. What is longer than any address is cut, and refused as
/// such.
fn read_line(input: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let limit = HEAD_LIMIT as u64;
    match input.by_ref().take(limit).read_until(b'\n', &mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(String::from_utf8_lossy(&line).into_owned()),
    }
}

/// What a pasted line says; `None` where it is empty.
fn read(expected: &Expected, line: &str) -> Option<Result<Answer, NotTaken>> {
    // What follows `#` never reaches a server.
    let address = line.split('#').next().unwrap_or_default();
    if line.is_empty() {
        return None;
    }
    if let Some(query) = address.strip_prefix('?') {
        return Some(expected.read(query));
    }
    Some(match split_target("GET", address) {
        Ok((path, query)) if path == expected.path => expected.read(query),
        Ok(_) => Err(NotTaken::Refused("has another path than the redirect URI")),
        Err(_) => Err(NotTaken::Refused("is no http address")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::State;
    use crate::secret::hidden::Hidden;
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
            assert!(matches!(read(&expected(), line), Some(Ok(_))), "{line}");
        }
    }

    #[test]
    fn a_wrong_address_is_told_why() {
        for (line, reason) in [
            ("code=a&state=Right", "is no http address"),
            ("https://localhost:8000/callback?code=a&state=Right", "is no http address"),
            ("http://localhost:8000/callback?code=a&state=Right b", "is no http address"),
            ("http://localhost:8000/?code=a&state=Right", "has another path than the redirect URI"),
            ("https", "is no http address"),
            ("#", "is no http address"),
            ("?", "has no `state`"),
            ("?code=a", "has no `state`"),
            ("?code=a&state=Right&state=Right", "has a parameter twice"),
        ] {
            let refused = NotTaken::Refused(reason);
            assert_eq!(read(&expected(), line).unwrap().unwrap_err(), refused, "{line}");
        }
        assert!(read(&expected(), "").is_none());
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
