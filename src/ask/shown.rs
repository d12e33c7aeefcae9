//! A message as the trace shows it: a heading, a mark before each line, and remarks.
//!
//! ```text
//! sent, 412 bytes:
//! > POST /login/oauth/access_token HTTP/1.1
//! > …
//! (the body, 270 bytes, is withheld: this leg can't use it; --reveal shows it)
//! ```
//!
//! Left out: choosing what is shown, which `trace.rs` does. Shown by `tests/suite/trace.rs`.

use crate::show::drawing::Party;

/// The way that a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Sent,
    Received,
}

impl Direction {
    /// The line above the message, which has this many bytes.
    fn heading(self, length: usize) -> String {
        match self {
            Self::Sent => format!("sent, {length} bytes:"),
            Self::Received => format!("received, {length} bytes:"),
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Sent => "> ",
            Self::Received => "< ",
        }
    }

    fn colour(self) -> Colour {
        match self {
            Self::Sent => CYAN,
            Self::Received => GREEN,
        }
    }
}

/// The marks that a terminal takes for the beginning and the end of a colour.
struct Colour {
    begin: &'static str,
    end: &'static str,
}

const NO_COLOUR: Colour = Colour { begin: "", end: "" };
const CYAN: Colour = Colour { begin: "\x1b[36m", end: "\x1b[0m" };
const GREEN: Colour = Colour { begin: "\x1b[32m", end: "\x1b[0m" };

/// A message that this program has sent or received.
#[derive(Debug)]
pub struct Message {
    pub direction: Direction,
    /// The other side.
    pub peer: Party,
    /// How many bytes it has.
    pub length: usize,
    pub shown: Shown,
    /// Why it wasn't taken, if it wasn't.
    pub problem: Option<&'static str>,
}

/// The text of a message that may be shown, and remarks about the rest.
#[derive(Debug)]
pub struct Shown {
    pub text: String,
    pub remarks: Vec<String>,
}

impl Shown {
    /// None of a message, for this reason.
    pub(super) fn withheld(message: &[u8], why: &str) -> Self {
        Self { text: String::new(), remarks: vec![withheld("message", message, why)] }
    }

    /// Cuts the text here, or as little before as a character allows.
    pub(super) fn cut_at(&mut self, mut end: usize, remark: &str) {
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.truncate(end);
        self.remarks.insert(0, remark.to_owned());
    }
}

impl Message {
    /// The lines without colours.
    pub fn lines(&self) -> String {
        self.lines_in(&NO_COLOUR)
    }

    /// The lines in the colour of their direction.
    pub(super) fn coloured_lines(&self) -> String {
        self.lines_in(&self.direction.colour())
    }

    /// The heading, each line of the text with its mark, and the remarks.
    fn lines_in(&self, colour: &Colour) -> String {
        let mut lines = self.direction.heading(self.length) + "\n";
        let Colour { begin, end } = colour;
        let mark = self.direction.mark();
        for line in self.shown.text.split_inclusive('\n') {
            let line_end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            let line = line.trim_end_matches(['\r', '\n']);
            lines += &format!("{begin}{mark}{line}{end}{line_end}");
        }
        lines += &self.shown.remarks.join("\n");
        lines.trim_end_matches('\n').to_owned()
    }
}

/// The remark about a part that isn't shown, for this reason.
pub(super) fn withheld(part: &str, bytes: &[u8], why: &str) -> String {
    let length = bytes.len();
    format!("(the {part}, {length} bytes, is withheld: {why}; --reveal shows it)")
}
