//! The trace: the bytes of legs 2 to 5, for `--explain`.
//!
//! ```text
//! sent, 412 bytes:
//! > POST /login/oauth/access_token HTTP/1.1
//! > …
//! > grant_type=authorization_code&code=4f2c… (20 characters)&redirect_uri=http%3A%2F%2F…
//! received, 316 bytes:
//! < HTTP/1.1 200 OK
//! < …
//! ```
//!
//! A request is shown while its answer is awaited, and an answer when its leg has read it: its secrets
//! aren't known before. They are masked ([`crate::show::hidden`]), and what can't be shown safely is
//! withheld.
//!
//! Left out: a message longer than 4 MiB, and what follows the first 64 KiB. Shown by
//! `tests/suite/trace.rs`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ask::message::{Parts, split_head};
use crate::ask::shown::{Direction, Shown, withheld};
use crate::secret::opaque;
use crate::show::hidden::Hidden;
use crate::show::terminal::{self, escape_message};

/// How much of a message is shown, in bytes.
const MAX_SHOWN: usize = 64 * 1024;
/// How much of an answer is kept, in bytes.
const MAX_KEPT: usize = 4 << 20;
const UNCHUNKED: &str = "(the body is shown without its chunks; --reveal shows the raw bytes)";
const REVEALED: Step = Step {
    words: "The steps\nWith --reveal the terminal shows them unmasked, so this page doesn't.",
    said: String::new(),
};

/// The words that explain a step, and what was said in it.
#[derive(Clone, Debug)]
pub struct Step {
    pub words: &'static str,
    pub said: String,
}

/// How much a trace shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// Nothing.
    #[default]
    Off,
    /// The bytes, their secrets masked.
    Masked,
    /// The bytes as they are.
    Revealed,
}

/// The part of a message's body that may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// All of it, once its secrets are masked.
    Readable(&'a [u8]),
    /// Nothing, for this reason.
    Withheld(&'static str),
}

impl Body<'_> {
    /// Nothing, because only a leg that can read an answer knows the secrets in it.
    pub const UNREADABLE: Self = Body::Withheld("this leg can't read it");
}

/// Shows the bytes of one login, or nothing. Clones share what they keep.
#[derive(Clone, Default)]
pub struct Trace {
    /// The secrets that it masks.
    pub hidden: Hidden,
    level: Level,
    has_colour: bool,
    kept: Arc<Mutex<Kept>>,
}

/// The steps so far, and what has gone over the wire and isn't shown yet.
#[derive(Default)]
struct Kept {
    steps: Vec<Step>,
    request: Vec<u8>,
    answer: Vec<u8>,
}

opaque!(Trace);

impl Trace {
    /// A trace of this level, in colours or without.
    pub fn new(level: Level, has_colour: bool) -> Self {
        Self { level, has_colour, ..Self::default() }
    }

    /// Whether anything is shown.
    pub fn is_on(&self) -> bool {
        self.level != Level::Off
    }

    /// Explains the step that begins.
    pub fn explain(&self, words: &'static str) {
        if self.is_on() {
            terminal::say(&format!("\n{words}"));
            self.lock().steps.push(Step { words, said: String::new() });
        }
    }

    /// Says a line, which belongs to the step.
    pub fn say(&self, line: &str) {
        terminal::say(line);
        self.keep(line);
    }

    fn keep(&self, line: &str) {
        if let Some(step) = self.lock().steps.last_mut() {
            if step.said.len() < MAX_SHOWN {
                step.said += line;
                step.said += "\n";
            }
        }
    }

    /// Every step so far, as the page may show it. A secret may have been learned after it was shown.
    pub fn steps(&self) -> Vec<Step> {
        if self.level == Level::Revealed {
            return vec![REVEALED];
        }
        let mut steps = self.lock().steps.clone();
        for step in &mut steps {
            match self.hidden.body(&step.said) {
                Ok(masked) => step.said = masked,
                Err(_) => "(withheld)".clone_into(&mut step.said),
            }
        }
        steps
    }

    /// Shows a message that this program has sent.
    pub fn sent(&self, message: &[u8]) {
        let body = split_head(message).rest;
        self.show(Direction::Sent, message, Body::Readable(body));
    }

    /// Shows a request that this program has received.
    pub fn received(&self, message: &[u8]) {
        self.show(Direction::Received, message, Body::Withheld("nobody here reads it"));
    }

    /// Shows the rest of an exchange: the request, if it isn't shown yet, and the answer, with this
    /// much of its body.
    pub fn show_exchange(&self, body: Body<'_>) {
        self.show_request();
        let answer = std::mem::take(&mut self.lock().answer);
        self.show(Direction::Received, &answer, body);
    }

    /// Shows the request that was sent, if it isn't shown yet.
    pub(super) fn show_request(&self) {
        let request = std::mem::take(&mut self.lock().request);
        self.sent(&request);
    }

    /// Keeps these bytes of a request.
    pub(super) fn keep_of_request<'a>(&self, bytes: impl Iterator<Item = &'a u8>) {
        if self.is_on() {
            self.lock().request.extend(bytes);
        }
    }

    /// Keeps these bytes of an answer, as long as there is room.
    pub(super) fn keep_of_answer<'a>(&self, bytes: impl Iterator<Item = &'a u8>) {
        if self.is_on() {
            let answer = &mut self.lock().answer;
            let room = MAX_KEPT.saturating_sub(answer.len());
            answer.extend(bytes.take(room));
        }
    }

    /// Shows a message: its head, and its body, or why that is withheld.
    fn show(&self, direction: Direction, message: &[u8], body: Body<'_>) {
        if !self.is_on() || message.is_empty() {
            return;
        }
        let mut shown = self.masked(message, body);
        // A page is for the browser, and repeats the steps that the terminal has shown already.
        if direction == Direction::Sent && self.level == Level::Masked {
            if let Some(page) = shown.text.find("<!doctype html>") {
                shown.cut_at(
                    page,
                    "(then a page, which the browser shows; --reveal shows its HTML)",
                );
            }
        }
        if shown.text.len() > MAX_SHOWN {
            shown.cut_at(MAX_SHOWN, "(the rest isn't shown)");
        }
        let lines = shown.lines(direction, message.len());
        if self.has_colour {
            terminal::say(&shown.coloured_lines(direction, message.len()));
        } else {
            terminal::say(&lines);
        }
        self.keep(&lines);
    }

    /// The part of a message that may be shown.
    fn masked(&self, message: &[u8], body: Body<'_>) -> Shown {
        if self.level == Level::Revealed {
            return Shown { text: escape_message(message), remarks: Vec::new() };
        }
        let Parts { head, rest } = split_head(message);
        if head.is_empty() {
            return Shown::withheld(message, "it doesn't begin with a whole HTTP head");
        }
        let mut shown = match self.hidden.head(&escape_message(head)) {
            Ok(text) => Shown { text, remarks: Vec::new() },
            Err(why) => return Shown::withheld(message, why),
        };
        if rest.is_empty() {
            return shown;
        }
        let body = match body {
            Body::Readable(body) => body,
            Body::Withheld(why) => {
                shown.remarks.push(withheld("body", rest, why));
                return shown;
            }
        };
        match self.hidden.body(&escape_message(body)) {
            Ok(text) => {
                shown.text += &text;
                if body != rest {
                    shown.remarks.push(UNCHUNKED.to_owned());
                }
            }
            Err(why) => shown.remarks.push(withheld("body", rest, why)),
        }
        shown
    }

    /// A thread that panics ends the program, so that what is kept is never half changed.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
