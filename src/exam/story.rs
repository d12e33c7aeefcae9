//! A run from its beginning to its end: what the exam did, what the client asked and was answered, its
//! pages, and its streams.
//!
//! ```text
//!   0.31 s  the browser opens http://127.0.0.1:40123/login/oauth/authorize?client_id=…
//!   0.32 s  the browser sends GET /callback?code=4b2f…&iss=…&state=… to localhost:20514
//!   0.35 s  the provider hears POST /login/oauth/access_token HTTP/1.1
//! ```

use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use super::marks::Mark;
use super::secrets::Secrets;
use super::seen::Record;
use super::stream::Stream;
use super::verdict::Verdict;
use crate::show::terminal::escape_message;

/// What tokens begin with.
const TOKEN_STARTS: [&str; 2] = ["gho_", "ghr_"];
/// How much of a secret is shown, in characters.
const SHOWN: usize = 4;

/// Everything that was seen of a run, secrets masked unless they shall be shown.
pub(super) fn of(run: &Record, reveals: bool) -> String {
    let mut text = format!("=== a run of `{}`\n", run.name);
    for event in &run.events {
        let at = seconds(event.at);
        text += &format!("{at:>6} s  {}\n", event.text.replace('\n', "\n          "));
    }
    let lasted = seconds(run.lasted);
    text += &format!("{lasted:>6} s  {}\n", ending(run));
    for stream in run.streams() {
        text += &format!("--- {}\n{}", stream.name, shown(stream));
    }
    if reveals { text } else { masked(&text, run) }
}

/// `0.31`, from whole numbers: what formats floats would be 10 KB of the program.
pub(super) fn seconds(time: Duration) -> String {
    format!("{}.{:02}", time.as_secs(), time.subsec_millis() / 10)
}

fn ending(run: &Record) -> String {
    match run.end {
        Some(end) => format!("the client has ended: {end}"),
        None => "the client was ended, because it still ran".to_owned(),
    }
}

/// A stream, spelt out.
fn shown(stream: &Stream) -> String {
    let mut text = escape_message(stream.text().as_bytes());
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

/// The text without the secrets of a run.
fn masked(text: &str, run: &Record) -> String {
    let mut text = text.to_owned();
    for spelling in Secrets::of(run).spellings {
        // A client chooses its verifier, of any letters.
        if let Some((end, _)) = spelling.text.char_indices().nth(SHOWN) {
            let (start, _) = spelling.text.split_at(end);
            text = text.replace(&spelling.text, &format!("{start}…"));
        }
    }
    for start in TOKEN_STARTS {
        text = masked_tokens(&text, start);
    }
    text
}

/// The text with its tokens cut short.
fn masked_tokens(text: &str, prefix: &str) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(prefix) {
        masked += before;
        masked += prefix;
        let is_end = |letter: char| !(letter.is_ascii_alphanumeric() || "-_".contains(letter));
        let end = after.find(is_end).unwrap_or(after.len());
        if end > 0 {
            masked += "…";
        }
        let (_, after) = after.split_at(end);
        rest = after;
    }
    masked + rest
}

/// The runs of one case, and the verdict on it.
pub(super) fn show(runs: &[Record], mark: &Mark, reveals: bool) -> String {
    let mut text = String::new();
    for run in runs {
        if run.name == mark.case.name || mark.case.runs.is_empty() {
            text += &of(run, reveals);
            text += "\n";
        }
    }
    if mark.verdict == Verdict::NotRun {
        for run in runs {
            text += &of(run, reveals);
        }
    }
    text
}

/// Writes a file for each run: its story, with both streams.
pub(super) fn save(runs: &[Record], folder: &Path, reveals: bool) -> io::Result<()> {
    for (number, run) in runs.iter().enumerate() {
        let file = folder.join(format!("{:02}-{}.txt", number, run.name));
        fs::write(file, of(run, reveals))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exam::http::Message;
    use crate::exam::parameters::parameters;
    use crate::exam::seen::{Asked, LastLeg, Point};

    #[test]
    fn a_secret_is_masked_after_its_fourth_letter_whatever_they_are() {
        let mut run = Record::new("login", Point::Start, LastLeg::Profile, Duration::ZERO);
        run.secret = "a+b/c".to_owned();
        let start = "POST / HTTP/1.1".to_owned();
        let body = "code_verifier=abc%C3%A9fgh".to_owned();
        let request = Message { start, headers: Vec::new(), body };
        let parameters = parameters(&request);
        let asked = Asked { request, parameters, account: None, refused: None, was_granted: false };
        run.leg_3.push(asked);
        for (text, shown) in [
            ("abcéfgh", "abcé…"),
            ("code_verifier=abc%C3%A9fgh&x", "code_verifier=abc%…&x"),
            ("a+b/c or a%2Bb%2Fc", "a+b/… or a%2B…"),
            ("gho_123 ghr_", "gho_… ghr_"),
        ] {
            assert_eq!(masked(text, &run), shown);
        }
    }
}
