//! Checks of how a run ended: who was signed in, which requests came, and the exit status.

use crate::exam::seen::{Account, Record};
use crate::exam::verdict::{Finding, Weight};
use crate::show::terminal::escape;

/// How much of a line is quoted, in characters.
const QUOTED: usize = 200;

/// The client is done, and says that it has gone well.
pub(in crate::exam) fn succeeds(run: &Record) -> Option<Finding> {
    if !run.signed_in_as(Account::Person) {
        return Some(Finding::broken(format!("nobody was signed in: {}", last(run))));
    }
    match run.end {
        Some(end) if end.success() => None,
        Some(_) => Some(Finding::broken(format!("it was signed in, but {}", last(run)))),
        None => Some(Finding::broken("it was signed in, but it still ran when its time was over")),
    }
}

/// The client is done, and says that it hasn't gone well.
pub(in crate::exam) fn fails(run: &Record) -> Option<Finding> {
    match run.end {
        Some(end) if !end.success() => None,
        _ => Some(Finding::broken(ending(run))),
    }
}

pub(in crate::exam) fn asks_no_token(run: &Record) -> Option<Finding> {
    if run.leg_3.is_empty() { None } else { Some(Finding::broken("it made a token request")) }
}

pub(in crate::exam) fn asks_no_profile(run: &Record) -> Option<Finding> {
    if run.leg_4.is_empty() {
        return None;
    }
    Some(Finding::broken("it made a profile request all the same"))
}

/// Nobody is signed in as the stranger, and no stranger's code is exchanged.
pub(in crate::exam) fn meets_no_stranger(run: &Record) -> Option<Finding> {
    if run.signed_in_as(Account::Stranger) {
        return Some(Finding::broken("it was signed in as the stranger `mallory`"));
    }
    let is_strangers = |account: Option<Account>| account == Some(Account::Stranger);
    if !run.leg_3.iter().any(|asked| is_strangers(asked.account)) {
        return None;
    }
    let seen = "it sent the stranger's code to the token endpoint";
    if run.leg_1_parameter("state").is_some() {
        return Some(Finding::broken(seen));
    }
    let seen = format!("{seen}, and only PKCE has kept the stranger out");
    Some(Finding::new(Weight::Weak, seen))
}

pub(in crate::exam) fn leaves_the_code(run: &Record) -> Option<Finding> {
    if run.exchanges() == 0 {
        return None;
    }
    Some(Finding::broken("it exchanged the code of this callback"))
}

pub(in crate::exam) fn sends_the_code_once(run: &Record) -> Option<Finding> {
    match run.exchanges() {
        1 => None,
        count => Some(Finding::broken(format!("the code was sent {count} times"))),
    }
}

/// How a run ended.
pub(in crate::exam) fn ending(run: &Record) -> String {
    let Some(end) = run.end else { return "it still ran when its time was over".to_owned() };
    match end.code() {
        Some(code) => format!("it ended with the exit status {code}"),
        None => format!("it was ended by a {end}"),
    }
}

/// How a run ended, and the last thing that the client said.
pub(in crate::exam) fn last(run: &Record) -> String {
    format!("{}{}", ending(run), last_line(run))
}

/// The last thing that the client said, and an error rather than anything else.
pub(in crate::exam) fn last_line(run: &Record) -> String {
    for stream in run.streams() {
        let text = stream.text();
        let mut last = None;
        let mut error = None;
        for line in text.lines() {
            if !line.trim().is_empty() {
                last = Some(line);
            }
            if is_error(line) {
                error = Some(line);
            }
        }
        if let Some(line) = error.or(last) {
            let mut line = escape(line);
            if let Some((end, _)) = line.char_indices().nth(QUOTED) {
                line.truncate(end);
            }
            return format!("; its last line is `{line}`");
        }
    }
    String::new()
}

/// Whether a line tells of an error: as most languages write the word, or begin a line with it. A line
/// of an access log, which has a target in it, doesn't.
fn is_error(line: &str) -> bool {
    let has_word = ["error", "Error", "ERROR"].iter().any(|word| line.contains(word));
    has_word && !line.contains("HTTP/1.")
}
