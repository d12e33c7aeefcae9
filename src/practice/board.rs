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
use super::fault::Fault;
use super::reply::Reply;
use super::route::Route;
use crate::receive::page;
use crate::show::terminal::escape;
use crate::wire::date::http_date;
use crate::wire::request::Request;

/// How many logins are kept, and how many lines of each: a client may ask again and again.
const MAX_LOGINS: usize = 60;
const MAX_LINES: usize = 12;
/// How many requests are kept that belong to no login.
const MAX_STRAYS: usize = 12;

/// The board.
#[derive(Debug, Default)]
pub(super) struct Board {
    /// The variables that a client needs, as a shell reads them.
    exports: String,
    logins: VecDeque<Login>,
    /// Requests that belong to no login, the newest first.
    strays: VecDeque<Stray>,
}

#[derive(Debug)]
struct Login {
    number: u32,
    time: String,
    broken_by: Option<&'static Fault>,
    fell_for_it: bool,
    /// As HTML.
    lines: Vec<String>,
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

    /// Notes a request or the end of an answer, and gives the line for the log.
    pub(super) fn note(&mut self, seen: &Seen<'_>) -> String {
        let time = clock();
        match seen {
            Seen::Sent { login, bytes } => {
                format!("{time} {}leg 3: sent {bytes} bytes without an end", of_login(*login))
            }
            Seen::Asked { request, answer } => self.note_answer(time, *request, answer),
        }
    }

    fn note_answer(&mut self, time: String, request: Option<&Request>, answer: &Answer) -> String {
        let arrival = arrival(request);
        let outcome = outcome(answer);
        let text = format!("{time} {}{arrival}: {outcome}", of_login(answer.login));
        let line = html_line(&arrival, &outcome, answer.verdict);
        let is_of_a_leg = request.is_some_and(|request| Route::of(request).leg().is_some());
        match answer.login {
            Some(number) => {
                if let Some(login) = self.login(number, time) {
                    login.note(answer, line);
                }
            }
            None if is_of_a_leg || answer.verdict != Verdict::Right => {
                self.strays.push_front(Stray { time, line });
                self.strays.truncate(MAX_STRAYS);
            }
            // Somebody looks at the board.
            None => {}
        }
        escape(&text)
    }

    /// The login with this number, which is a new one if it isn't there.
    fn login(&mut self, number: u32, time: String) -> Option<&mut Login> {
        let is_there = self.logins.iter().any(|login| login.number == number);
        if !is_there {
            self.logins.push_front(Login {
                number,
                time,
                broken_by: None,
                fell_for_it: false,
                lines: Vec::new(),
            });
            self.logins.truncate(MAX_LOGINS);
        }
        self.logins.iter_mut().find(|login| login.number == number)
    }

    pub(super) fn page(&self) -> Answer {
        let mut logins = String::new();
        for login in &self.logins {
            logins += &login.html();
        }
        if !self.strays.is_empty() {
            logins += "<h2>No login</h2><div>";
            for stray in &self.strays {
                logins += &format!("<p>{}</p>{}", stray.time, stray.line);
            }
            logins += "</div>";
        }
        // A line end is not escaped, because it stands in `<pre>`.
        let mut exports = String::new();
        for line in self.exports.lines() {
            exports += &page::escape(line);
            exports.push('\n');
        }
        let body =
            format!(include_str!("board.html"), exports = exports.trim_end(), logins = logins);
        Answer::right(page::html(200, "The practice provider", &body), "the board")
    }
}

impl Login {
    fn note(&mut self, answer: &Answer, line: String) {
        if answer.broken_by.is_some() {
            self.broken_by = answer.broken_by;
        }
        if answer.verdict == Verdict::FellForIt {
            self.fell_for_it = true;
        }
        self.lines.push(line);
        self.lines.truncate(MAX_LINES);
    }

    fn html(&self) -> String {
        let verdict = match self.broken_by {
            None => String::new(),
            Some(fault) if self.fell_for_it => {
                format!("<p>{}: <strong>the client fell for it.</strong></p>", fault.label)
            }
            Some(fault) => {
                format!("<p>{}: not fooled, as far as the provider can see.</p>", fault.label)
            }
        };
        let lines = self.lines.concat();
        format!("<h2>Login {}, {}</h2>{verdict}<div>{lines}</div>", self.number, self.time)
    }
}

/// The time of day: the sixth of eight parts of `Sun, 06 Nov 1994 08:49:37 GMT`.
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
fn arrival(request: Option<&Request>) -> String {
    let Some(request) = request else { return "a request that can't be read".to_owned() };
    match Route::of(request).leg() {
        Some(leg) => format!("leg {leg}"),
        None => format!("{} {}", shown(&request.method), shown(&request.path)),
    }
}

/// The status, and the reason.
fn outcome(answer: &Answer) -> String {
    let reply = match &answer.reply {
        Reply::Response(response) | Reply::Late(response) => response.status.to_string(),
        Reply::Silence => "no answer".to_owned(),
        Reply::Endless => "an answer without end".to_owned(),
    };
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

fn html_line(arrival: &str, outcome: &str, verdict: Verdict) -> String {
    let tag = if verdict == Verdict::Right { "span" } else { "strong" };
    let arrival = page::escape(arrival);
    let outcome = page::escape(outcome);
    format!("<p><b>{arrival}</b><br><{tag}>{outcome}</{tag}></p>")
}
