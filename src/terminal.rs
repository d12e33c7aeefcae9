//! What the terminal shows: the result on standard output, everything else on standard error, and
//! nothing from outside that could move the cursor, change the direction of the text or fake a
//! line.

use std::env;
use std::error::Error as _;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write as _};

use serde_json::{Map, Value};

use crate::error::Error;

/// Says a line to the person. Standard error may be closed; the login goes on.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Whether somebody can be asked: there is a terminal, and it is this program's turn to read from
/// it. A job in the background that reads is stopped, and could not answer at the port either.
#[must_use]
pub fn has_keyboard() -> bool {
    io::stdin().is_terminal() && !is_in_background()
}

/// proc(5), `/proc/[pid]/stat`: the fields after the name are state, ppid, pgrp, session, `tty_nr`
/// and tpgid, the process group whose turn it is; -1 where no terminal controls this process, and
/// nothing stops it.
fn is_in_background() -> bool {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let mut fields = after_name.split_whitespace();
    let (group, foreground) = (fields.nth(2), fields.nth(2));
    foreground != Some("-1") && group != foreground
}

/// Whether standard error may be coloured: it is a terminal, and nobody has asked for plain text
/// (<https://no-color.org>).
#[must_use]
pub fn has_colour() -> bool {
    let is_plain = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || env::var_os("TERM").is_some_and(|value| value == "dumb");
    io::stderr().is_terminal() && !is_plain
}

/// Says why there is no login, in one line with its causes.
pub fn say_error(error: &Error) {
    let mut line = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    say(&escape(&line));
}

/// Writes the result.
///
/// # Errors
/// [`Error::Output`] when standard output is closed or full.
pub fn write_result(text: &str) -> Result<(), Error> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Error::Output)
}

/// A profile as lines, `key: value`, in the order received: strings bare, everything else as JSON.
#[must_use]
pub fn profile_lines(members: &Map<String, Value>) -> String {
    let line = |(key, value): (&String, &Value)| match value.as_str() {
        Some(text) => format!("{}: {}\n", escape(key), escape(text)),
        None => format!("{}: {}\n", escape(key), escape_json(&value.to_string())),
    };
    members.iter().map(line).collect()
}

/// A profile's JSON text as received, ended by a line end.
#[must_use]
pub fn profile_json(json: &str) -> String {
    let text = escape_json(json);
    if text.ends_with('\n') { text } else { text + "\n" }
}

/// Text from outside on one line: control characters, line separators and marks that turn the
/// direction of the text around are spelled out as in JSON, `\u202e`.
#[must_use]
pub fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut escaped, character| {
        match character {
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ => push_escaped(&mut escaped, character),
        }
        escaped
    })
}

/// Octets of a message on one line: text as above, but for tabs, which do no harm; and `\xff` for
/// what is no UTF-8.
#[must_use]
pub fn escape_octets(octets: &[u8]) -> String {
    let mut escaped = String::with_capacity(octets.len());
    for chunk in octets.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\t' => escaped.push('\t'),
                '\r' => escaped.push_str("\\r"),
                _ => push_escaped(&mut escaped, character),
            }
        }
        for octet in chunk.invalid() {
            // Writing to a `String` can't fail.
            let _ = write!(escaped, "\\x{octet:02x}");
        }
    }
    escaped
}

/// The same for JSON text, which stays the same JSON: in strings the escapes mean what they stand
/// for, and outside of them there is only white space, where a space does for a lone carriage
/// return.
fn escape_json(json: &str) -> String {
    let mut escaped = String::with_capacity(json.len());
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' if characters.peek() != Some(&'\n') => escaped.push(' '),
            '\n' | '\r' | '\t' => escaped.push(character),
            _ => push_escaped(&mut escaped, character),
        }
    }
    escaped
}

fn push_escaped(escaped: &mut String, character: char) {
    let disturbs = character.is_control()
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if disturbs {
        // Writing to a `String` can't fail.
        let _ = write!(escaped, "\\u{:04x}", u32::from(character));
    } else {
        escaped.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_disturb_the_terminal_is_spelled_out() {
        for (text, escaped) in [
            ("plain, é 😀 \\ \"", "plain, é 😀 \\ \""),
            ("a\nb\r\tc", "a\\nb\\r\\tc"),
            ("\u{1b}[31m\0\u{7}\u{7f}\u{9b}", "\\u001b[31m\\u0000\\u0007\\u007f\\u009b"),
            (
                "\u{202a}\u{202e}\u{2066}\u{2069}\u{200f}\u{61c}\u{2028}",
                "\\u202a\\u202e\\u2066\\u2069\\u200f\\u061c\\u2028",
            ),
        ] {
            assert_eq!(escape(text), escaped);
        }
    }

    #[test]
    fn octets_are_shown_whatever_they_are() {
        assert_eq!(
            escape_octets(b"a\tb\rc \x1b[2J \xc3\xa9 \xff\xfe \\"),
            "a\tb\\rc \\u001b[2J é \\xff\\xfe \\"
        );
    }

    #[test]
    fn a_profile_is_shown_whole_and_in_its_order() {
        let json = r#"{"z":"text","a":null,"id":9007199254740993,"big":1.10,"plan":{"z":[1, "é"],"a":{}},"site_admin":false,"":"","bi\no":"a\nb\u202e"}"#;
        let members = serde_json::from_str(json).unwrap();
        assert_eq!(
            profile_lines(&members),
            "z: text\na: null\nid: 9007199254740993\nbig: 1.10\nplan: {\"z\":[1,\"é\"],\"a\":{}}\nsite_admin: false\n: \n\
             bi\\no: a\\nb\\u202e\n"
        );
        assert_eq!(profile_json(json), format!("{json}\n"));
    }

    #[test]
    fn json_stays_the_same_json_when_its_raw_marks_are_spelled_out() {
        let json = "{\r\n\t\"bio\": \"\u{202e}\u{9b}\"\r\r\n}\n";
        assert_eq!(profile_json(json), "{\r\n\t\"bio\": \"\\u202e\\u009b\" \r\n}\n");
    }
}
