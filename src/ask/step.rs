//! A step of a login, as the page shows it: its words, and everything that was said in it.
//!
//! Left out: choosing what may be shown, which `trace.rs` does. Shown by `tests/suite/lesson.rs`.

use crate::ask::shown::Message;
use crate::show::hidden::Hidden;

/// The words that explain a step, and everything that was said in it.
#[derive(Debug)]
pub struct ShownStep {
    pub lesson: Lesson,
    pub said: Vec<Said>,
}

/// The words that explain a step.
#[derive(Clone, Copy, Debug)]
pub struct Lesson {
    /// Such as `Leg 4: the profile request (RFC 6750 §2.1)`.
    pub heading: &'static str,
    /// The lines under the heading.
    pub words: &'static str,
}

impl Lesson {
    /// The step that the heading begins with, such as `Leg 4`.
    pub fn leg(&self) -> &'static str {
        match self.heading.split_once(':') {
            Some((leg, _)) => leg,
            None => self.heading,
        }
    }
}

/// A thing that was said in a step.
#[derive(Debug)]
pub enum Said {
    Line(String),
    /// A parameter of leg 1.
    Parameter {
        name: String,
        value: String,
        purpose: &'static str,
    },
    Message(Message),
}

impl ShownStep {
    /// Masks the secrets that have been learned meanwhile.
    pub(super) fn mask(&mut self, hidden: &Hidden) {
        for said in &mut self.said {
            match said {
                Said::Line(line) => mask(line, hidden),
                Said::Parameter { name, value, .. } => {
                    mask(name, hidden);
                    mask(value, hidden);
                }
                Said::Message(message) => mask(&mut message.shown.text, hidden),
            }
        }
    }
}

fn mask(text: &mut String, hidden: &Hidden) {
    match hidden.body(text) {
        Ok(masked) => *text = masked,
        Err(_) => "(withheld)".clone_into(text),
    }
}
