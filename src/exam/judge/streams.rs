//! Checks of what a person reads in the terminal.

use crate::exam::seen::Record;
use crate::exam::tab::visible_text;
use crate::exam::verdict::Finding;

/// What a terminal obeys: a part of `ESCAPES`, which a client gets.
struct Escape {
    text: &'static str,
    name: &'static str,
}

const ESCAPES: [Escape; 4] = [
    Escape { text: "\u{1b}[38;5;197mThe", name: "ESC" },
    Escape { text: "The\r", name: "a carriage return" },
    Escape { text: "\u{202e}", name: "U+202E (which turns text around)" },
    Escape { text: "\u{9b}", name: "U+009B (ESC [)" },
];

pub(in crate::exam) fn prints_no_escapes(run: &Record) -> Option<Finding> {
    for stream in run.streams() {
        // A line may end in CR LF.
        let text = stream.text().replace("\r\n", "\n");
        for escape in ESCAPES {
            if text.contains(escape.text) {
                let seen = format!("it printed {} on {} as it came", escape.name, stream.name);
                return Some(Finding::broken(seen));
            }
        }
    }
    None
}

/// How long a word of ASCII is at most, in bytes: a longer one may be random.
const MAX_WORD: usize = 20;
/// From this length on, what a login makes anew tells nothing, in bytes: a shorter state may be any word.
const MIN_RANDOM: usize = 8;
/// From this length on, a word that stands in a random text is a part of it, in bytes.
const MIN_PART: usize = 4;

/// The client says something that it doesn't say in the login, or ends with a status other than 0.
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
    if says_more(run, login) || says_more(login, run) {
        return None;
    }
    Some(Finding::broken("it said the same as after the login, and ended with 0"))
}

/// Whether there is a word in one run that isn't in the other one. The words of two threads may come without
/// a blank between them.
fn says_more(run: &Record, other: &Record) -> bool {
    let known = said(other);
    let random = random_texts(run);
    for word in said(run).split_whitespace() {
        if !may_change(word) && !is_random(word, &random) && !known.contains(word) {
            return true;
        }
    }
    false
}

/// What is made anew for each login.
fn random_texts(run: &Record) -> Vec<&str> {
    let mut texts = Vec::new();
    for text in run.codes.iter().chain(&run.tokens) {
        texts.push(text.as_str());
    }
    texts.extend(run.leg_1_parameter("state"));
    texts.extend(run.leg_1_parameter("code_challenge"));
    texts.extend(run.leg_3_parameter("code_verifier"));
    texts
}

/// Whether one of these texts stands in a word, or the word is a part of one.
fn is_random(word: &str, texts: &[&str]) -> bool {
    for text in texts {
        if text.len() < MIN_RANDOM {
            continue;
        }
        if word.contains(text) || (word.len() >= MIN_PART && text.contains(word)) {
            return true;
        }
    }
    false
}

/// Both streams, and what a person sees of the pages.
fn said(run: &Record) -> String {
    let mut text = String::new();
    for stream in run.streams() {
        text += &stream.text();
        text += "\n";
    }
    for page in &run.pages {
        text += &visible_text(page.body());
    }
    text
}

/// Whether a word may be another one in each run: a number, a time, a URL, or something random, even if only a
/// part of it is shown.
fn may_change(word: &str) -> bool {
    let is_number = word.contains(|letter: char| letter.is_ascii_digit());
    let is_part = word.contains("..") || word.contains(['_', '…', '*']);
    // Some languages have no blanks between their words, but a random text is ASCII.
    let is_long = word.len() > MAX_WORD && word.is_ascii();
    is_number || is_part || is_long || word.contains("://")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exam::answers;

    #[test]
    fn a_word_that_changes_tells_nothing() {
        for word in [
            "12:03:55",
            "gho_…",
            "AbCd…",
            "****wXyZ",
            "aBcD...",
            "abcdefghijklmnopqrstuvwxyzABCD",
            "http://localhost/",
        ] {
            assert!(may_change(word), "{word}");
        }
        for word in ["Warnung:", "Recht", "erteilt.", "警告：您没有授予读取用户资料的权限。"]
        {
            assert!(!may_change(word), "{word}");
        }
    }

    #[test]
    fn a_code_tells_nothing_even_if_it_looks_like_a_word() {
        let code = "abcdefghijklmnopqrst";
        assert!(!may_change(code));
        for word in [code, "code=abcdefghijklmnopqrst", "abcdefgh", "qrst"] {
            assert!(is_random(word, &[code]), "{word}");
        }
        for word in ["code", "abc", "Login"] {
            assert!(!is_random(word, &[code]), "{word}");
        }
        assert!(!is_random("granted", &["grant"]), "a state that is no random text");
    }

    #[test]
    fn what_is_looked_for_is_what_a_client_gets() {
        for escape in ESCAPES {
            assert!(answers::ESCAPES.contains(escape.text), "{}", escape.name);
        }
    }
}
