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

use std::sync::{Arc, Mutex};

use crate::ask::message::{Parts, split_head};
use crate::secret::opaque;
use crate::show::hidden::Hidden;
use crate::show::locked;
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

/// What may be shown of a message's body.
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

/// Which way a message goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Sent,
    Received,
}

impl Trace {
    /// A trace that shows so much, in colours or without.
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
            locked(&self.kept).steps.push(Step { words, said: String::new() });
        }
    }

    /// Says a line, which belongs to the step.
    pub fn say(&self, line: &str) {
        terminal::say(line);
        self.keep(line);
    }

    fn keep(&self, line: &str) {
        if let Some(step) = locked(&self.kept).steps.last_mut() {
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
        let mut steps = locked(&self.kept).steps.clone();
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

    /// Shows what isn't shown yet of an exchange; of the answer's body so much.
    pub fn exchanged(&self, body: Body<'_>) {
        self.requested();
        let answer = std::mem::take(&mut locked(&self.kept).answer);
        self.show(Direction::Received, &answer, body);
    }

    /// Shows a request that was sent and isn't shown yet.
    pub(super) fn requested(&self) {
        let request = std::mem::take(&mut locked(&self.kept).request);
        self.sent(&request);
    }

    /// Keeps these bytes of a request.
    pub(super) fn keep_of_request<'a>(&self, bytes: impl Iterator<Item = &'a u8>) {
        if self.is_on() {
            locked(&self.kept).request.extend(bytes);
        }
    }

    /// Keeps these bytes of an answer, as long as there is room.
    pub(super) fn keep_of_answer<'a>(&self, bytes: impl Iterator<Item = &'a u8>) {
        if self.is_on() {
            let answer = &mut locked(&self.kept).answer;
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
        // The page ends with the steps, and they stand above; but not those that are unmasked.
        if direction == Direction::Sent && self.level == Level::Masked {
            if let Some(steps) = shown.text.find("<h2>") {
                shown.cut_at(steps, "(the rest repeats what stands above)");
            }
        }
        if shown.text.len() > MAX_SHOWN {
            shown.cut_at(MAX_SHOWN, "(the rest isn't shown)");
        }
        let length = message.len();
        let (heading, mark, colour) = match direction {
            Direction::Sent => (format!("sent, {length} bytes:"), "> ", "\x1b[36m"),
            Direction::Received => (format!("received, {length} bytes:"), "< ", "\x1b[32m"),
        };
        let plain = shown.lines(&heading, mark, "", "");
        if self.has_colour {
            terminal::say(&shown.lines(&heading, mark, colour, "\x1b[0m"));
        } else {
            terminal::say(&plain);
        }
        self.keep(&plain);
    }

    /// What may be shown of a message.
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
}

/// What is shown of a message, and remarks about the rest.
struct Shown {
    text: String,
    remarks: Vec<String>,
}

impl Shown {
    fn withheld(message: &[u8], why: &str) -> Self {
        Self { text: String::new(), remarks: vec![withheld("message", message, why)] }
    }

    /// Cuts the text here, or as little before as a character allows.
    fn cut_at(&mut self, mut end: usize, remark: &str) {
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.truncate(end);
        self.remarks.insert(0, remark.to_owned());
    }

    /// The heading, each line of the text with its mark, in a colour, and the remarks.
    fn lines(&self, heading: &str, mark: &str, colour: &str, plain: &str) -> String {
        let mut lines = format!("{heading}\n");
        for line in self.text.split_inclusive('\n') {
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            let line = line.trim_end_matches(['\r', '\n']);
            lines += &format!("{colour}{mark}{line}{plain}{end}");
        }
        lines += &self.remarks.join("\n");
        lines.trim_end_matches('\n').to_owned()
    }
}

fn withheld(part: &str, bytes: &[u8], why: &str) -> String {
    let length = bytes.len();
    format!("(the {part}, {length} bytes, is withheld: {why}; --reveal shows it)")
}
