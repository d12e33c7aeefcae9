//! Checks of what a person reads in the terminal.

use crate::exam::seen::Record;
use crate::exam::stream::Stream;
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

/// What the client says of its scopes differs from what it says in the login, or it ends with another
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
    let said = lines_about_scopes(login);
    if lines_about_scopes(run) == said {
        let seen = "neither stream says that fewer scopes were granted, and it ended with 0";
        return Some(Finding::broken(seen));
    }
    None
}

/// The lines that tell of scopes.
fn lines_about_scopes(run: &Record) -> Vec<String> {
    let mut lines = Vec::new();
    for stream in run.streams() {
        lines.extend(about_scopes(stream));
    }
    lines
}

fn about_scopes(stream: &Stream) -> Vec<String> {
    let mut lines = Vec::new();
    for line in stream.text().lines() {
        let lower = line.to_ascii_lowercase();
        let is_url = line.contains("://");
        let words = ["scope", "grant", "permission", "read:user"];
        if !is_url && words.iter().any(|word| lower.contains(word)) {
            lines.push(line.to_owned());
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exam::answers;

    #[test]
    fn what_is_looked_for_is_what_a_client_gets() {
        for escape in ESCAPES {
            assert!(answers::ESCAPES.contains(escape.text), "{}", escape.name);
        }
    }
}
