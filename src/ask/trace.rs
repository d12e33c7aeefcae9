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

use crate::ask::message::{HeadAndRest, split_head};
use crate::ask::shown::{Direction, Message, Shown, withheld};
use crate::ask::step::{Lesson, Said, ShownStep};
use crate::secret::opaque;
use crate::show::drawing::Party;
use crate::show::hidden::Hidden;
use crate::show::terminal::{self, escape_message};

/// How much of a message is shown, in bytes.
const MAX_SHOWN: usize = 64 * 1024;
/// How much of an answer is kept, in bytes.
const MAX_KEPT: usize = 4 << 20;
const UNCHUNKED: &str = "(the body is shown without its chunks; --reveal shows the raw bytes)";
const REVEALED: ShownStep = ShownStep {
    lesson: Lesson {
        heading: "The steps",
        words: "With --reveal the terminal shows them unmasked, so this page doesn't.",
    },
    said: Vec::new(),
};

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
    /// Nothing, because only a leg that can use an answer knows the secrets in it.
    pub const UNUSABLE: Self = Body::Withheld("this leg can't use it");
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
    steps: Vec<ShownStep>,
    /// How many bytes the last step has so far.
    length: usize,
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
    pub fn explain(&self, lesson: Lesson) {
        if self.is_on() {
            terminal::say(&format!("\n{}\n{}", lesson.heading, lesson.words));
            let mut kept = self.lock();
            kept.steps.push(ShownStep { lesson, said: Vec::new() });
            kept.length = 0;
        }
    }

    /// Says a line, which belongs to the step.
    pub fn say(&self, line: &str) {
        terminal::say(line);
        self.keep(line.len(), Said::Line(line.to_owned()));
    }

    /// Says a parameter of leg 1, with its purpose.
    pub fn say_parameter(&self, name: &str, value: &str, purpose: &'static str) {
        let shown_name = terminal::escape(name);
        let shown_value = terminal::escape(value);
        terminal::say(&format!("  {shown_name} = {shown_value} ({purpose})"));
        let length = name.len() + value.len();
        let said = Said::Parameter { name: name.to_owned(), value: value.to_owned(), purpose };
        self.keep(length, said);
    }

    /// Keeps a line, a parameter or a message for the page, as long as the step has room.
    fn keep(&self, length: usize, said: Said) {
        let kept = &mut *self.lock();
        if let Some(step) = kept.steps.last_mut() {
            if kept.length < MAX_SHOWN {
                kept.length += length;
                step.said.push(said);
            }
        }
    }

    /// Takes every step so far, as the page may show it. A secret may have been learned after it was
    /// shown.
    pub fn take_steps(&self) -> Vec<ShownStep> {
        if self.level == Level::Revealed {
            return vec![REVEALED];
        }
        let mut steps = std::mem::take(&mut self.lock().steps);
        for step in &mut steps {
            step.mask(&self.hidden);
        }
        steps
    }

    /// Shows a page that this program has sent to the browser. Its HTML is for the tab.
    pub fn sent_page(&self, message: &[u8]) {
        let body = Body::Withheld("it is the page in the tab");
        self.show(Direction::Sent, Party::Browser, message, body, None);
    }

    /// Shows a request that the browser has sent, with the reason for which it wasn't taken, if so.
    pub fn received(&self, message: &[u8], problem: Option<&'static str>) {
        let body = Body::Withheld("nobody here reads it");
        self.show(Direction::Received, Party::Browser, message, body, problem);
    }

    /// Shows the rest of an exchange: the request, if it isn't shown yet, and the answer, with this
    /// much of its body.
    pub fn show_exchange(&self, body: Body<'_>) {
        self.show_request();
        let answer = std::mem::take(&mut self.lock().answer);
        self.show(Direction::Received, Party::Provider, &answer, body, None);
    }

    /// Shows the request that was sent, if it isn't shown yet.
    pub(super) fn show_request(&self) {
        let request = std::mem::take(&mut self.lock().request);
        let body = Body::Readable(split_head(&request).rest);
        self.show(Direction::Sent, Party::Provider, &request, body, None);
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
    fn show(
        &self,
        direction: Direction,
        peer: Party,
        bytes: &[u8],
        body: Body<'_>,
        problem: Option<&'static str>,
    ) {
        if !self.is_on() || bytes.is_empty() {
            return;
        }
        let mut shown = self.masked(bytes, body);
        if shown.text.len() > MAX_SHOWN {
            shown.cut_at(MAX_SHOWN, "(the rest isn't shown)");
        }
        let message = Message { direction, peer, length: bytes.len(), shown, problem };
        if self.has_colour {
            terminal::say(&message.coloured_lines());
        } else {
            terminal::say(&message.lines());
        }
        self.keep(message.shown.text.len(), Said::Message(message));
    }

    /// The part of a message that may be shown.
    fn masked(&self, message: &[u8], body: Body<'_>) -> Shown {
        if self.level == Level::Revealed {
            return Shown { text: escape_message(message), remarks: Vec::new() };
        }
        let HeadAndRest { head, rest } = split_head(message);
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

    /// A thread that panics ends the released program. Elsewhere, such as in tests, what it left is used.
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
