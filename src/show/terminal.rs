//! What the terminal shows: the result on standard output, everything else on standard error, and
//! nothing from outside that could move the cursor, turn the text around or fake a line.

use std::io::{self, BufRead, Read as _, Write as _};
use std::{error::Error as _, fmt::Write as _, iter};

use crate::error::Error;

/// Says a line to the person. Standard error may be closed; the login goes on.
pub fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

/// The longest line that is read from standard input in one piece, in bytes.
const LINE_LIMIT: u64 = 64 * 1024;

/// One line; none at the end of the input. What is longer than any address is read in pieces.
pub fn read_line(input: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    match input.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(String::from_utf8_lossy(&line).into_owned()),
    }
}

/// Says why there is no login, in one line with its causes.
pub fn say_error(error: &Error) {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    let line = causes.fold(format!("error: {error}"), |line, cause| format!("{line}: {cause}"));
    say(&escape(&line));
}

/// Writes the result, and ends its last line.
/// Errors: [`Error::Output`] when standard output is full, or nobody reads it.
pub fn write_result(text: &str) -> Result<(), Error> {
    let text = if text.is_empty() || text.ends_with('\n') { text } else { &format!("{text}\n") };
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Error::Output)
}

/// JSON text as received, which stays the same JSON: in strings an escape means what it stands for,
/// and outside of them there is only white space, where a space does for a lone carriage return.
pub fn escape_json(json: &str) -> String {
    spell_out(json, true, " ")
}

/// Text from outside on one line.
pub fn escape(text: &str) -> String {
    spell_out(text, false, "\\r")
}

/// A message on its own lines, with its tabs and line ends, and `\xff` for what isn't UTF-8.
pub fn escape_message(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown += &spell_out(chunk.valid(), true, "\\r");
        shown.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    shown
}

/// Spells out control characters, line separators, and marks that turn the text around, as in JSON:
/// `\u202e`. A text may keep its lines; a carriage return that ends none is replaced even then.
fn spell_out(text: &str, keeps_lines: bool, lone_return: &str) -> String {
    let is_mark = |it| {
        matches!(it, '\u{61c}' | '\u{200e}' | '\u{200f}')
            || matches!(it, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\n' | '\t' if keeps_lines => shown.push(character),
            '\r' if keeps_lines && characters.peek() == Some(&'\n') => shown.push(character),
            '\n' => shown += "\\n",
            '\r' => shown += lone_return,
            '\t' => shown += "\\t",
            _ if character.is_control() || is_mark(character) => {
                let _ = write!(shown, "\\u{:04x}", u32::from(character));
            }
            _ => shown.push(character),
        }
    }
    shown
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
    fn a_message_is_shown_whatever_its_bytes_are() {
        assert_eq!(
            escape_message(b"a\tb\rc\r\n\x1b[2J \xc3\xa9 \xff\xfe \\\r"),
            "a\tb\\rc\r\n\\u001b[2J é \\xff\\xfe \\\\r"
        );
    }

    #[test]
    fn json_stays_the_same_json_when_its_raw_marks_are_spelled_out() {
        let json = "{\r\n\t\"bio\": \"\u{202e}\u{9b}\"\r\r\n}\n";
        assert_eq!(escape_json(json), "{\r\n\t\"bio\": \"\\u202e\\u009b\" \r\n}\n");
    }

    #[test]
    fn a_line_is_read_up_to_a_limit() {
        let mut input = io::Cursor::new(format!("short\n{}", "a".repeat(65_536 + 5)));
        assert_eq!(read_line(&mut input).as_deref(), Some("short\n"));
        assert_eq!(read_line(&mut input).map(|line| line.len()), Some(65_536));
        assert_eq!(read_line(&mut input).as_deref(), Some("aaaaa"));
        assert_eq!(read_line(&mut input), None);
    }
}
