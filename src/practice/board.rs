//! The board, at the provider's `/`: what to export, and each login so far, the newest first. And the
//! log, which says the same in lines.
//!
//! ```text
//! 14:02:11 login 3, leg 1: 200, client_id and redirect_uri are right (RFC 6749 §4.1.1); …
//! 14:02:13 login 3, leg 3: 200, refused: the code was used before … (RFC 6749 §4.1.2)
//! ```
//!
//! Neither holds a code, a token or a verifier. The standard library knows no time zone, so the time
//! is UTC. Shown by `tests/suite/alone.rs` and `tests/browser.rs`.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::answer::{Answer, Seen, Verdict, shown};
use super::html_page::HtmlPage;
use super::mischief::MAX_SENT;
use super::route::Route;
use super::row::{Outcome, Row};
use crate::show::html;
use crate::show::terminal::escape;
use crate::wire::date::http_date;
use crate::wire::form::Form;
use crate::wire::request::Request;

/// How many logins are kept.
const MAX_LOGINS: usize = 60;
/// How many requests are kept that belong to no login.
const MAX_STRAYS: usize = 12;

/// The board.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// The variables that a client needs, as a shell reads them.
    exports: String,
    logins: VecDeque<Row>,
    /// Requests that belong to no login, the newest first.
    strays: VecDeque<Stray>,
}

#[derive(Debug)]
struct Stray {
    time: String,
    /// As HTML.
    line: String,
}

impl Board {
    pub(super) fn new(exports: String) -> Self {
        Self { exports, ..Self::default() }
    }

    /// Notes an event, and gives the line for the log.
    pub(super) fn note(&mut self, seen: &Seen<'_>) -> String {
        let time = clock();
        match seen {
            Seen::Sent { login, bytes } => {
                let has_read_all = *bytes >= MAX_SENT;
                let outcome = if has_read_all { Outcome::FellForIt } else { Outcome::Held };
                self.note_outcome(*login, outcome);
                format!("{time} {}leg 3: sent {bytes} bytes without an end", of_login(*login))
            }
            Seen::GaveUp { login } => {
                self.note_outcome(*login, Outcome::Held);
                format!("{time} {}leg 3: the client has given up", of_login(*login))
            }
            Seen::Unreadable { answer } => {
                let arrival = "a request that can't be read";
                self.note_stray(&time, arrival, answer);
                log_line(&time, arrival, answer)
            }
            Seen::Asked { request, body, answer } => {
                let arrival = arrival(request);
                match answer.login {
                    Some(number) => self.note_login(number, &time, request, body, answer),
                    None if is_of_a_leg(request) || answer.verdict != Verdict::Right => {
                        self.note_stray(&time, &arrival, answer);
                    }
                    // Somebody looks at the board.
                    None => {}
                }
                log_line(&time, &arrival, answer)
            }
        }
    }

    fn note_login(
        &mut self,
        number: u32,
        time: &str,
        request: &Request,
        body: &str,
        answer: &Answer,
    ) {
        let is_there = self.logins.iter().any(|login| login.number == number);
        if !is_there {
            self.logins.push_front(Row::new(number, time.to_owned()));
            self.logins.truncate(MAX_LOGINS);
        }
        let line = html_line(&arrival(request), answer);
        for login in &mut self.logins {
            if login.number == number {
                login.note(request, body, answer, line);
                return;
            }
        }
    }

    fn note_outcome(&mut self, number: Option<u32>, outcome: Outcome) {
        for login in &mut self.logins {
            if Some(login.number) == number {
                login.note_outcome(outcome);
            }
        }
    }

    fn note_stray(&mut self, time: &str, arrival: &str, answer: &Answer) {
        let line = html_line(arrival, answer);
        self.strays.push_front(Stray { time: time.to_owned(), line });
        self.strays.truncate(MAX_STRAYS);
    }

    /// The page. With `login=3` the row of login 3 is unfolded.
    pub(super) fn page(&self, query: &str) -> Answer {
        let unfolded = unfolded(query);
        let mut logins = String::new();
        for login in &self.logins {
            logins += &login.html(Some(login.number) == unfolded);
        }
        let mut strays = String::new();
        if !self.strays.is_empty() {
            strays += "<h2>No login</h2>";
            for stray in &self.strays {
                strays += &format!(
                    "<div class=\"stray\"><span>{}</span>{}</div>",
                    stray.time, stray.line
                );
            }
        }
        // A line end is not escaped, because it stands in `<pre>`.
        let mut exports = String::new();
        for line in self.exports.lines() {
            exports += &html::escape(line);
            exports.push('\n');
        }
        let body = format!(
            include_str!("board.html"),
            time = clock(),
            exports = exports.trim_end(),
            logins = logins,
            strays = strays,
        );
        Answer::right(HtmlPage::new(200, "The practice provider", body), "the board")
    }
}

/// The number of the login that the query names.
fn unfolded(query: &str) -> Option<u32> {
    Form::decode(query).get("login").ok()??.parse().ok()
}

fn is_of_a_leg(request: &Request) -> bool {
    Route::of(request).leg().is_some()
}

fn log_line(time: &str, arrival: &str, answer: &Answer) -> String {
    escape(&format!("{time} {}{arrival}: {}", of_login(answer.login), outcome(answer)))
}

/// The time of day: the eight characters after the year in `Sun, 06 Nov 1994 08:49:37 GMT`.
fn clock() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    http_date(now.as_secs()).get(17..25).unwrap_or_default().to_owned()
}

fn of_login(login: Option<u32>) -> String {
    match login {
        Some(number) => format!("login {number}, "),
        None => String::new(),
    }
}

/// The leg, or else the method and the path.
fn arrival(request: &Request) -> String {
    match Route::of(request).leg() {
        Some(leg) => format!("leg {leg}"),
        None => format!("{} {}", shown(&request.method), shown(&request.path)),
    }
}

/// The status, and the reason.
fn outcome(answer: &Answer) -> String {
    let reply = answer.reply.outcome();
    let broken = match answer.broken_by {
        Some(fault) => format!(", broken on purpose ({})", fault.label),
        None => String::new(),
    };
    match answer.verdict {
        Verdict::Refused => format!("{reply}{broken}, refused: {}", answer.said),
        _ if answer.broken_by.is_some() => format!("{reply}{broken}: {}", answer.said),
        _ => format!("{reply}, {}", answer.said),
    }
}

fn html_line(arrival: &str, answer: &Answer) -> String {
    let tag = if answer.verdict == Verdict::Right { "span" } else { "strong" };
    let arrival = html::escape(arrival);
    let outcome = with_names(&outcome(answer));
    format!("<p><b>{arrival}</b><br><{tag}>{outcome}</{tag}></p>")
}

/// A text as HTML, with the protocol's names as code: they are the words with an underscore.
fn with_names(text: &str) -> String {
    let is_end = |sign: char| !sign.is_ascii_alphanumeric() && sign != '_';
    let mut html = String::new();
    for piece in text.split_inclusive(is_end) {
        let word = piece.trim_end_matches(is_end);
        let end = piece.strip_prefix(word).unwrap_or_default();
        if word.contains('_') {
            html += &format!("<code>{word}</code>");
        } else {
            html += word;
        }
        html += &html::escape(end);
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code_and_everything_else_is_text() {
        for (text, html) in [
            ("client_id is right", "<code>client_id</code> is right"),
            ("(code_verifier)", "(<code>code_verifier</code>)"),
            ("a <b_c> & \"é\"", "a &lt;<code>b_c</code>&gt; &amp; &quot;é&quot;"),
            ("", ""),
        ] {
            assert_eq!(with_names(text), html);
        }
    }

    #[test]
    fn the_query_names_the_row_that_is_unfolded() {
        for (query, number) in [
            ("", None),
            ("login=3", Some(3)),
            ("login=", None),
            ("login=x", None),
            ("login=1&login=2", None),
        ] {
            assert_eq!(unfolded(query), number, "{query}");
        }
    }
}
