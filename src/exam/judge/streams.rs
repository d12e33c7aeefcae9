//! Checks of what a person reads in the terminal.

use crate::exam::seen::Record;
use crate::exam::verdict::Finding;

/// What a terminal obeys: a part of `ESCAPES`, which a client gets.
struct Escape {
    text: &'static str,
    name: &'static str,
}

const ESCAPES: [Escape; 3] = [
    Escape { text: "\u{1b}[38;5;197mThe", name: "ESC" },
    Escape { text: "The\r", name: "a carriage return" },
    Escape { text: "\u{202e}", name: "U+202E, which turns text around" },
];

pub(in crate::exam) fn prints_no_escapes(run: &Record) -> Option<Finding> {
    for stream in run.streams() {
        // A line may end in CR LF.
        let text = stream.text().replace("\r\n", "\n");
        for escape in ESCAPES {
            if text.contains(escape.text) {
                let seen = format!("{} stands on {} as it came", escape.name, stream.name);
                return Some(Finding::broken(seen));
            }
        }
    }
    None
}

/// How long a word of ASCII is at most, in bytes: a longer one may be random.
const MAX_WORD: usize = 20;

/// What the client says differs from what it says in the login, or it ends with another
/// status than 0.
pub(in crate::exam) fn tells_of_fewer_scopes(
    runs: &[Record],
    login: &str,
    own: &str,
) -> Option<Finding> {
    let login = runs.iter().find(|run| run.name == login)?;
    let run = runs.iter().find(|run| run.name == own)?;
    if !run.end.is_some_and(|end| end.success()) {
        return None;
    }
    let known = sayings(login);
    if sayings(run).iter().any(|saying| !known.contains(saying)) {
        return None;
    }
    Some(Finding::broken("no line differs from those of the login, and it ended with 0"))
}

/// The lines of both streams, without what is another one each time.
fn sayings(run: &Record) -> Vec<String> {
    let mut sayings = Vec::new();
    for stream in run.streams() {
        for line in stream.text().lines() {
            let saying = saying(line);
            if !saying.is_empty() {
                sayings.push(saying);
            }
        }
    }
    sayings
}

/// The words of a line that every run has: no number, no time, nothing random, not even a part of it. None of
/// a URL.
fn saying(line: &str) -> String {
    let mut saying = String::new();
    if line.contains("://") {
        return saying;
    }
    for word in line.split_whitespace() {
        let changes =
            word.contains(|letter: char| letter.is_ascii_digit() || "_…*".contains(letter));
        // Some languages have no blanks between their words, but a random text is ASCII.
        let is_long = word.len() > MAX_WORD && word.is_ascii();
        if !changes && !word.contains("..") && !is_long {
            saying += word;
            saying += " ";
        }
    }
    saying
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exam::answers;

    #[test]
    fn a_line_is_told_by_its_words_without_what_changes() {
        for (line, told) in [
            ("Warnung: Das Recht wurde nicht erteilt.", "Warnung: Das Recht wurde nicht erteilt. "),
            ("12:03:55  token gho_… received", "token received "),
            ("Code: AbCd… (20 characters), state ****wXyZ, aBcD...", "Code: characters), state "),
            ("Verifier: abcdefghijklmnopqrstuvwxyzABCD", "Verifier: "),
            ("Open http://localhost:20514/ now", ""),
            ("警告：您没有授予读取用户资料的权限。", "警告：您没有授予读取用户资料的权限。 "),
            ("", ""),
        ] {
            assert_eq!(saying(line), told, "{line}");
        }
    }

    #[test]
    fn what_is_looked_for_is_what_a_client_gets() {
        for escape in ESCAPES {
            assert!(answers::ESCAPES.contains(escape.text), "{}", escape.name);
        }
    }
}
