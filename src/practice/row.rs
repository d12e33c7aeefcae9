//! A login on the board: a row, which unfolds to its drawing and its log.
//!
//! ```text
//! 3  14:02:11  octocat  ✓ state  ✓ PKCE  ✓ response_type  ✗ no grant_type  ✓ Accept   signed in
//! 2  14:01:50  nobody   ✓ state  ✗ no PKCE  …             forged-state: not seen yet
//! ```
//!
//! Left out: a way to keep it unfolded in the browser, which forgets that when the page is renewed. The number
//! is a button that has the board come with this row unfolded.

use super::account::Account;
use super::answer::{Answer, Verdict};
use super::arrows;
use super::fault::Fault;
use super::marks::{Mark, NOTHING_YET, Part, of_request};
use super::reply::Reply;
use super::route::Route;
use crate::show::drawing::Drawing;
use crate::wire::form::Form;
use crate::wire::request::Request;

/// How many lines of a login are kept: a client may ask again and again.
const MAX_LINES: usize = 12;

/// A login.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) number: u32,
    time: String,
    parts: [Part; 5],
    end: End,
    broken: Option<Broken>,
    drawing: Drawing,
    /// As HTML.
    lines: Vec<String>,
}

/// How far the login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Open,
    PersonSaidNo,
    Refused,
    SignedIn(Account),
}

/// The fault of a login, and what became of it.
#[derive(Clone, Copy, Debug)]
struct Broken {
    fault: &'static Fault,
    outcome: Outcome,
}

/// The client's part in it, as far as the provider can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    NotSeenYet,
    Held,
    FellForIt,
}

impl Row {
    pub(super) fn new(number: u32, time: String) -> Self {
        Self {
            number,
            time,
            parts: NOTHING_YET,
            end: End::Open,
            broken: None,
            drawing: Drawing::default(),
            lines: Vec::new(),
        }
    }

    /// Notes a request and its answer, which this line tells of.
    pub(super) fn note(&mut self, request: &Request, body: &str, answer: &Answer, line: String) {
        for seen in of_request(request, body) {
            for part in &mut self.parts {
                if part.name == seen.name {
                    part.mark = seen.mark;
                }
            }
        }
        self.note_end(request, body, answer);
        self.note_fault(Route::of(request), answer);
        if self.lines.len() < MAX_LINES {
            arrows::draw(request, body, answer, &mut self.drawing);
            self.lines.push(line);
        }
    }

    fn note_end(&mut self, request: &Request, body: &str, answer: &Answer) {
        if answer.verdict == Verdict::Refused {
            self.end = End::Refused;
            return;
        }
        if Route::of(request) == Route::Decision {
            self.end = if is_cancel(body) { End::PersonSaidNo } else { End::Open };
        }
        if answer.reply.status() == Some(200) {
            if let Some(account) = answer.account {
                self.end = End::SignedIn(account);
            }
        }
    }

    fn note_fault(&mut self, route: Route, answer: &Answer) {
        let leg = route.leg();
        if leg == Some(2) {
            if let Some(fault) = answer.broken_by {
                let outcome = match self.broken {
                    Some(Broken { outcome: Outcome::FellForIt, .. }) => Outcome::FellForIt,
                    _ => Outcome::NotSeenYet,
                };
                self.broken = Some(Broken { fault, outcome });
            }
        }
        let Some(broken) = &mut self.broken else { return };
        if answer.verdict == Verdict::FellForIt {
            broken.outcome = Outcome::FellForIt;
        }
        let breaks = broken.fault.breaks;
        let is_there = leg == Some(breaks.shows_in_leg());
        let is_its = answer.broken_by.is_some() || breaks.leg() == 2;
        // A client that gives up, and one that stops reading, shows that later.
        let has_answer = !matches!(answer.reply, Reply::Silence | Reply::Endless);
        let is_right = answer.verdict == Verdict::Right;
        if broken.outcome == Outcome::NotSeenYet && is_there && is_its && has_answer && is_right {
            broken.outcome = Outcome::Held;
        }
    }

    /// Notes what has become of a fault that no request shows.
    pub(super) fn note_outcome(&mut self, outcome: Outcome) {
        if let Some(broken) = &mut self.broken {
            broken.outcome = outcome;
        }
    }

    pub(super) fn html(&self, is_unfolded: bool) -> String {
        let Self { number, time, .. } = self;
        let who = match self.end {
            End::SignedIn(account) => account.login(),
            _ => "nobody",
        };
        let mut marks = String::new();
        for part in self.parts {
            marks += &mark(part);
        }
        let verdict = self.verdict();
        let open = if is_unfolded { " open" } else { "" };
        // Pressed again, the button folds it.
        let next = if is_unfolded { String::new() } else { number.to_string() };
        let drawing = self.drawing.html();
        let lines = self.lines.concat();
        format!(
            "<details id=\"login-{number}\"{open}><summary>\
             <button name=\"login\" value=\"{next}\">{number}</button>\
             <span>{time}</span><b>{who}</b>{marks}<span>{verdict}</span></summary>\
             {drawing}<div class=\"log\">{lines}</div></details>\n"
        )
    }

    fn verdict(&self) -> String {
        if let Some(Broken { fault, outcome }) = self.broken {
            let name = fault.name;
            return match outcome {
                Outcome::NotSeenYet => format!("<code>{name}</code>: not seen yet"),
                Outcome::Held => format!("<code>{name}</code>: <i>held</i>"),
                Outcome::FellForIt => format!("<code>{name}</code>: <strong>fell for it</strong>"),
            };
        }
        match self.end {
            End::Open => "not finished".to_owned(),
            End::PersonSaidNo => "the person said no".to_owned(),
            End::Refused => "<strong>refused</strong>".to_owned(),
            End::SignedIn(_) => "<i>signed in</i>".to_owned(),
        }
    }
}

fn mark(part: Part) -> String {
    let name = part.name;
    match part.mark {
        Mark::NotSeenYet => format!("<small>… {name}</small>"),
        Mark::There => format!("<i>✓ {name}</i>"),
        Mark::Missing => format!("<b class=\"bad\">✗ no {name}</b>"),
    }
}

fn is_cancel(body: &str) -> bool {
    Form::decode(body).get("decision") == Ok(Some("cancel"))
}
