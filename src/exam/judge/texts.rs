//! Checks of what a person reads: the pages in the tab, and the streams in the terminal.

use crate::exam::seen::{Probe, Record};
use crate::exam::tab;
use crate::exam::verdict::{Finding, Weight};

/// Markup that does nothing and is easy to find.
pub(in crate::exam) const MARKUP: &str = "\"'><exam-mark>";

pub(in crate::exam) fn claims_no_success(run: &Record) -> Option<Finding> {
    for page in &run.pages {
        if let Some(words) = tab::success_words(page) {
            let seen = format!("the tab said `{words}`, and nobody was signed in");
            return Some(Finding::broken(seen));
        }
    }
    None
}

pub(in crate::exam) fn repeats_no_markup(run: &Record) -> Option<Finding> {
    for page in &run.pages {
        if page.is_html() && page.body().contains("<exam-mark>") {
            return Some(Finding::broken("a page repeated the markup as it came"));
        }
    }
    None
}

pub(in crate::exam) fn prints_no_escapes(run: &Record) -> Option<Finding> {
    for stream in run.streams() {
        // A line may end in CR LF.
        let text = stream.text().replace("\r\n", "\n");
        for mark in ["\u{1b}[31mThe", "The\r", "\u{202e}"] {
            if text.contains(mark) {
                return Some(Finding::broken("a stream had them as they came"));
            }
        }
    }
    None
}

/// What a probe of the port or of the process found.
pub(in crate::exam) fn probed(run: &Record) -> Option<Finding> {
    match &run.probe {
        Some(Probe::Fine) => None,
        Some(Probe::Wrong(seen)) => Some(Finding::broken(seen.clone())),
        None => {
            let seen = "this system or this redirect URI doesn't tell";
            Some(Finding::new(Weight::NotHere, seen))
        }
    }
}

/// The client is done this many seconds after the callback that counts.
pub(in crate::exam) fn is_done_within(run: &Record, seconds: u64) -> Option<Finding> {
    let took = run.took.as_secs();
    if took < seconds {
        return None;
    }
    Some(Finding::broken(format!("it took {took} s after the callback")))
}

/// Somebody has answered.
pub(in crate::exam) fn is_answered(run: &Record) -> Option<Finding> {
    if !run.pages.is_empty() {
        return None;
    }
    Some(Finding::broken(match run.was_delivered {
        Some(true) => "nobody answered on this address",
        _ => "nobody listens on this address",
    }))
}
