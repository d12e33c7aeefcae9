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

use std::{collections::VecDeque, time::SystemTime};

use super::answer::{Answer, Seen, shown};
use super::fault::Fault;
use crate::receive::page;
use crate::show::terminal::escape;
use crate::wire::date::http_date;
use crate::wire::request::Request;

/// How many logins are kept, and how many lines of each: a client may ask again and again.
const MOST: usize = 60;
const MOST_LINES: usize = 12;
/// What every verdict says, of a client that did what a good one doesn't.
const VERDICT: &str = "a good client";

/// What the board shows.
#[derive(Debug, Default)]
pub struct Board {
    /// What a client has to know, as a shell reads it.
    pub(crate) exports: String,
    logins: VecDeque<Login>,
}

#[derive(Debug, Default)]
struct Login {
    number: u32,
    time: String,
    broken: Option<&'static str>,
    lines: Vec<String>,
}

impl Board {
    /// Notes an answer, and gives the line for the log.
    pub(super) fn note(&mut self, seen: &Seen<'_>) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time = http_date(now.as_secs()).get(17..25).unwrap_or_default().to_owned();
        let (request, answer) = match *seen {
            Seen::Asked(request, _, answer) => (request, answer),
            Seen::Sent(bytes) => return format!("{time} leg 3: sent {bytes} bytes without an end"),
        };
        let (number, came, went) = (answer.login, came(request), went(answer));
        let whose = if number > 0 { format!("login {number}, ") } else { String::new() };
        let line = escape(&format!("{time} {whose}{came}: {went}"));
        if !came.starts_with("leg ") && !answer.is_refused {
            return line;
        }
        let known = self.logins.iter().position(|login| number > 0 && login.number == number);
        if known.is_none() {
            self.logins.push_front(Login { number, time, ..Login::default() });
            self.logins.truncate(MOST);
        }
        if let Some(login) = self.logins.get_mut(known.unwrap_or_default()) {
            login.broken = answer.broken_by.map(|fault| fault.button().label).or(login.broken);
            let is_wrong = answer.is_refused || answer.said.contains(VERDICT);
            let tag = if is_wrong { "strong" } else { "span" };
            let (came, went) = (page::escape(&came), page::escape(&went));
            login.lines.push(format!("<p><b>{came}</b><br><{tag}>{went}</{tag}></p>"));
            login.lines.truncate(MOST_LINES);
        }
        line
    }

    pub(super) fn page(&self) -> Answer {
        let logins = self.logins.iter().map(|Login { number, time, broken, lines }| {
            let name = if *number > 0 { format!("Login {number}") } else { "No login".to_owned() };
            let lines = lines.concat();
            let verdict = match broken {
                None => String::new(),
                Some(label) if lines.contains(VERDICT) => {
                    format!("<p>{label}: <strong>the client fell for it.</strong></p>")
                }
                Some(label) => format!("<p>{label}: nothing wrong so far.</p>"),
            };
            format!("<h2>{name}, {time}</h2>{verdict}<div>{lines}</div>")
        });
        let exports = self.exports.lines().map(page::escape).collect::<Vec<_>>().join("\n");
        let logins: String = logins.collect();
        let body = format!(include_str!("board.html"), exports = exports, logins = logins);
        Answer::right(page::html(200, "The practice provider", &body), "the board")
    }
}

/// The leg, or else the method and the path.
fn came(request: Option<&Request>) -> String {
    let Some(request) = request else { return "a request that can't be read".to_owned() };
    let (method, path) = (request.method.as_str(), request.path.as_str());
    let leg = match path {
        "/login/oauth/authorize" if method == "POST" => 2,
        "/login/oauth/authorize" => 1,
        "/login/oauth/access_token" => 3,
        "/user" => 4,
        _ if path.starts_with("/applications/") => 5,
        _ => return format!("{} {}", shown(method), shown(path)),
    };
    format!("leg {leg}")
}

/// What was answered, and why.
fn went(answer: &Answer) -> String {
    let went = match answer.mischief {
        Some((Fault::TokenSilence, _)) => "no answer".to_owned(),
        Some((Fault::TokenEndless, _)) => "an answer without end".to_owned(),
        _ => answer.response.status.to_string(),
    };
    let broken = answer.broken_by.map(|fault| fault.button().label);
    let broken = broken.map_or(String::new(), |label| format!("broken on purpose ({label}), "));
    let refused = if answer.is_refused { "refused: " } else { "" };
    format!("{went}, {broken}{refused}{}", answer.said)
}
