//! Leg 2 without a port, RFC 6749 §4.1.2: the browser is on another machine, and the person pastes
//! the URL that it ends on.
//!
//! ```text
//! http://localhost:8000/callback?code=4f2c…&state=6GtQ…       the whole URL
//! localhost:8000/callback?code=4f2c…&amp;state=6GtQ…          as chats and mails change it
//! ?code=4f2c…&state=6GtQ…                                     or its query
//! ```
//!
//! A pasted URL passes the same checks as a request at the port, and goes through the same channel.
//!
//! Left out: hiding what is pasted (its code works once, and needs the verifier), and lines
//! that a terminal cuts after 4095 characters: pipe a longer line in. Shown by `tests/suite/elsewhere.rs`.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use crate::error::Error;
use crate::protocol::callback::{AuthorizationResponse, ExpectedCallback, NotTaken};
use crate::receive::inbox::{Callback, Event, Inbox, Refused};
use crate::show::terminal::read_line;

/// From this length on, in bytes, no more lines are added to a URL.
const MAX_URL: usize = 64 * 1024;

/// Reads lines from standard input, on a thread of its own, until one is the right URL.
pub fn read_lines(expected: ExpectedCallback) -> Result<Inbox, Error> {
    // The channel holds one event, so that a pipe waits until its last line has been judged.
    let (sender, events) = mpsc::sync_channel(1);
    thread::Builder::new().spawn(move || read(&expected, &sender)).map_err(Error::System)?;
    Ok(Inbox { events, is_closed: Arc::default(), addresses: Vec::new() })
}

fn read(expected: &ExpectedCallback, sender: &SyncSender<Event>) {
    let mut earlier = String::new();
    while let Some(line) = read_line(&mut io::stdin().lock()) {
        let line = clean(&line);
        if line.is_empty() {
            continue;
        }
        // A terminal or a mail may have broken the URL over several lines.
        let begins_a_url = line.contains('?') || line.contains("://");
        let is_full = earlier.len() > MAX_URL;
        let joined =
            if begins_a_url || is_full { line.clone() } else { format!("{earlier}{line}") };
        let mut taken = take(expected, &line);
        if taken.is_err() {
            taken = take(expected, &joined);
        }
        let event = match taken {
            Ok(response) => Event::Arrived(Callback { response, tab: None }),
            Err(why) => Event::Refused(Refused::Pasted(why)),
        };
        let is_over = matches!(event, Event::Arrived(_));
        if sender.send(event).is_err() || is_over {
            return;
        }
        earlier = joined;
    }
}

/// A pasted line without what chats, mails and terminals put around and into a URL.
fn clean(line: &str) -> String {
    // A terminal marks what is pasted, if a program before this one has asked for that.
    let line = line.replace("\u{1b}[200~", "").replace("\u{1b}[201~", "");
    // A browser copies a URL in ASCII, so signs beyond ASCII belong to the text around it.
    let is_around = |sign: char| {
        !sign.is_ascii_graphic() || matches!(sign, '"' | '\'' | '<' | '>' | '`' | '(' | ')' | ',')
    };
    line.trim_matches(is_around).replace("&amp;", "&")
}

/// Takes the callback that was pasted.
fn take(expected: &ExpectedCallback, pasted: &str) -> Result<AuthorizationResponse, NotTaken> {
    // No server gets to see what follows `#`.
    let url = match pasted.split_once('#') {
        Some((url, _)) => url,
        None => pasted,
    };
    if let Some((address, query)) = url.split_once('?') {
        if !address.is_empty() && path_of(address) != expected.path() {
            return Err(NotTaken::Ignored("its path isn't the one of the redirect URI"));
        }
        return expected.take(query);
    }
    if url.contains('=') {
        return expected.take(url);
    }
    if url.contains('/') {
        return Err(NotTaken::Ignored(
            "it ends before its query, which has the code and the state",
        ));
    }
    Err(NotTaken::Ignored(
        "a code alone proves nothing; its state is missing, so paste the whole URL",
    ))
}

/// The path of a URL, with or without its scheme and host.
fn path_of(address: &str) -> &str {
    let host_and_path = match address.split_once("://") {
        Some((_, host_and_path)) => host_and_path,
        None => address,
    };
    match host_and_path.find('/') {
        Some(start) => host_and_path.split_at(start).1,
        None => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::State;
    use crate::setup::config::Issuer;
    use crate::show::hidden::Hidden;
    use crate::wire::url::RedirectUri;

    fn take_line(line: &str) -> Result<AuthorizationResponse, NotTaken> {
        let redirect_uri = RedirectUri::parse("http://localhost:8000/callback").unwrap();
        let state = State::new("Right".to_owned());
        let expected =
            ExpectedCallback::new(&redirect_uri, state, &Issuer::Unknown, &Hidden::default());
        take(&expected, &clean(line))
    }

    #[test]
    fn the_url_is_taken_as_people_paste_it() {
        for line in [
            "http://localhost:8000/callback?code=a&state=Right",
            "HTTP://127.0.0.1:9000/callback?state=Right&code=a#_=_",
            "https://localhost:8000/callback?code=a&state=Right",
            "localhost:8000/callback?code=a&state=Right\r\n",
            "/callback?code=a&state=Right",
            "?code=a&state=Right",
            "code=a&state=Right",
            "  \"http://localhost:8000/callback?code=a&state=Right\"",
            "<http://localhost:8000/callback?code=a&state=Right>",
            "`http://localhost:8000/callback?code=a&state=Right`",
            "'http://localhost:8000/callback?code=a&amp;state=Right'",
            "(http://localhost:8000/callback?code=a&state=Right),",
            "“http://localhost:8000/callback?code=a&state=Right”",
            "\u{200b}http://localhost:8000/callback?code=a&state=Right\u{200b}",
            "\u{1b}[200~http://localhost:8000/callback?code=a&state=Right\u{1b}[201~\n",
        ] {
            let taken = take_line(line);
            let is_granted =
                matches!(&taken, Ok(AuthorizationResponse::Granted(code)) if code.expose() == "a");
            assert!(is_granted, "{line}: {taken:?}");
        }
    }

    #[test]
    fn a_wrong_url_is_refused_with_the_reason() {
        let path = "its path isn't the one of the redirect URI";
        for (line, reason) in [
            ("http://localhost:8000/?code=a&state=Right", path),
            ("localhost:8000?code=a&state=Right", path),
            ("http://localhost:8000/callback/?code=a&state=Right", path),
            ("?code=a", "it has no state"),
            ("code=a", "it has no state"),
            ("http://localhost:8000/callback?code=a&state=Right b", STATE),
            ("http://localhost:8000/callback?code=a&state=Righ", STATE),
            (
                "http://localhost:8000/callback",
                "it ends before its query, which has the code and the state",
            ),
            (
                "4f2c8d1e90",
                "a code alone proves nothing; its state is missing, so paste the whole URL",
            ),
        ] {
            assert_eq!(take_line(line).unwrap_err(), NotTaken::Ignored(reason), "{line}");
        }
    }

    const STATE: &str = "its state isn't the one this login sent";
}
