//! The board, at the provider's `/`: what to export, and each login so far, the newest first. And the
//! log, which says the same in lines.
//!
//! ```text
//! 14:02:11 login 3, leg 3: 200, client_id, client_secret and code are right …; this code came with …
//! ```
//!
//! Neither holds a code, a token or a verifier. The standard library knows no time zone, so the time
//! is UTC. Shown by `tests/suite/alone.rs` and `tests/browser.rs`.

use std::{collections::VecDeque, time::SystemTime};

use super::answer::{Answer, Reply, Seen, shown};
use crate::{page, terminal::escape, wire::date::http_date};

/// How many logins are kept, and how many lines of each: a client may ask again and again.
const MOST: usize = 60;
const MOST_LINES: usize = 12;

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
    is_wrong: bool,
    lines: Vec<String>,
}

impl Board {
    /// Notes what the provider sees, and gives the line for the log.
    pub(super) fn note(&mut self, seen: &Seen<'_>) -> String {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let time = http_date(now.as_secs()).get(17..25).unwrap_or_default().to_owned();
        let (request, answer) = match *seen {
            Seen::Asked(request, _, answer) => (request, answer),
            Seen::Sent(bytes) => return format!("{time} leg 3: sent {bytes} bytes without an end"),
        };
        let came = request.map_or("a request that can't be read".to_owned(), |request| {
            let (path, method) = (request.path.as_str(), request.method.as_str());
            match (path, method) {
                ("/login/oauth/authorize", "POST") => "leg 2".to_owned(),
                ("/login/oauth/authorize", _) => "leg 1".to_owned(),
                ("/login/oauth/access_token", _) => "leg 3".to_owned(),
                ("/user", _) => "leg 4".to_owned(),
                _ if path.starts_with("/applications/") => "leg 5".to_owned(),
                _ => format!("{} {}", shown(method), shown(path)),
            }
        });
        let went = went(answer);
        if came.starts_with("leg ") || answer.is_refused {
            self.add(&time, &came, &went, answer);
        }
        let login =
            if answer.login > 0 { format!("login {}, ", answer.login) } else { String::new() };
        escape(&format!("{time} {login}{came}: {went}"))
    }

    fn add(&mut self, time: &str, came: &str, went: &str, answer: &Answer) {
        let number = answer.login;
        let known = self.logins.iter().position(|login| number > 0 && login.number == number);
        if known.is_none() {
            let time = time.to_owned();
            self.logins.push_front(Login { number, time, ..Login::default() });
            self.logins.truncate(MOST);
        }
        let Some(login) = self.logins.get_mut(known.unwrap_or_default()) else { return };
        login.broken = answer.broken_by.map(|fault| fault.button().label).or(login.broken);
        // Every verdict says so.
        let is_wrong = answer.said.contains("a good client");
        login.is_wrong |= is_wrong;
        let (open, close) =
            if is_wrong || answer.is_refused { ("<strong>", "</strong>") } else { ("", "") };
        if login.lines.len() < MOST_LINES {
            let (came, went) = (page::escape(came), page::escape(went));
            login.lines.push(format!("<p><b>{came}</b><br>{open}{went}{close}</p>"));
        }
    }

    pub(super) fn page(&self) -> Answer {
        let logins = self.logins.iter().map(|Login { number, time, broken, is_wrong, lines }| {
            let name = if *number > 0 { format!("Login {number}") } else { "No login".to_owned() };
            let verdict = match (broken, is_wrong) {
                (None, _) => String::new(),
                (Some(label), false) => format!("<p>Broken on purpose: {label}. Nothing wrong so far.</p>"),
                (Some(label), true) => {
                    format!("<p>Broken on purpose: {label}. <strong>The client fell for it.</strong></p>")
                }
            };
            format!("<h2>{name}, {time}</h2>{verdict}<div>{}</div>", lines.concat())
        });
        let body = format!(
            "<meta http-equiv=\"refresh\" content=\"3\"><p>Set these in a terminal, and log in from there with \
             any client.</p><pre>{}</pre>{}<p>Times are UTC. This page renews itself.</p>",
            self.exports.lines().map(page::escape).collect::<Vec<_>>().join("\n"),
            logins.collect::<String>(),
        );
        Answer::right(page::html(200, "The practice provider", &body), "the board")
    }
}

/// What was answered, and why.
fn went(answer: &Answer) -> String {
    let went = match &answer.reply {
        Reply::Whole(response) | Reply::Late(response) => response.status.to_string(),
        Reply::Silence => "no answer".to_owned(),
        Reply::WithoutEnd(_) => "an answer without end".to_owned(),
    };
    let broken = answer.broken_by.map(|fault| fault.button().label);
    let broken = broken.map_or(String::new(), |label| format!("broken on purpose ({label}), "));
    let refused = if answer.is_refused { "refused: " } else { "" };
    format!("{went}, {broken}{refused}{}", answer.said)
}
