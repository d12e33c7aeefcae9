//! The terminal: the result goes to standard output, and everything else to standard error. No text from
//! outside can move the cursor, turn the text around or fake a line.

use std::io::{self, BufRead, ErrorKind, Read as _, Write};
use std::time::Duration;
use std::{error, thread};

use crate::error::Error;

/// The longest line of an error, in characters.
const MAX_ERROR: usize = 1000;
/// The time between two tries to write, where the stream doesn't block and nobody reads it.
const MOMENT: Duration = Duration::from_millis(10);
/// How many moments the result may wait for a reader: half a minute.
const RESULT_PATIENCE: u32 = 3000;
/// How many moments a line may wait for a reader: a tenth of a second.
const LINE_PATIENCE: u32 = 10;

/// Says a line to the person. Standard error may be closed; the login goes on.
pub fn say(line: &str) {
    let _ = write_all(&mut io::stderr().lock(), &format!("{line}\n"), LINE_PATIENCE);
}

/// The longest line that is read from standard input in one piece, in bytes.
const LINE_LIMIT: u64 = 64 * 1024;

/// One line; none at the end of the input. A line that is longer than any URL is read in pieces.
pub fn read_line(input: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    match input.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(String::from_utf8_lossy(&line).into_owned()),
    }
}

/// Says why there is no login, in one line with its causes.
pub fn say_error(error: &Error) {
    say(&error_line(error));
}

fn error_line(error: &dyn error::Error) -> String {
    let mut line = format!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        line += &format!(": {error}");
        cause = error.source();
    }
    let mut shown = String::new();
    for (count, character) in escape(&line).chars().enumerate() {
        if count == MAX_ERROR {
            shown.pop();
            shown.push('…');
            break;
        }
        shown.push(character);
    }
    shown
}

/// Writes the result, and ends its last line.
/// Errors: [`Error::Output`] when standard output is full, or nobody reads it.
pub fn write_result(text: &str) -> Result<(), Error> {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let text = format!("{text}{end}");
    write_all(&mut io::stdout().lock(), &text, RESULT_PATIENCE).map_err(Error::Output)
}

/// Writes a text. Another program may have set the stream not to block. Then this waits while somebody
/// reads now and then, and gives up when nobody has read for as long as the patience lasts.
fn write_all(stream: &mut impl Write, text: &str, patience: u32) -> io::Result<()> {
    let mut rest = text.as_bytes();
    let mut moments_left = patience;
    while !rest.is_empty() {
        match stream.write(rest) {
            Ok(0) => return Err(ErrorKind::WriteZero.into()),
            Ok(count) => {
                rest = rest.get(count..).unwrap_or_default();
                moments_left = patience;
            }
            Err(error) => wait_for_a_reader(error, &mut moments_left)?,
        }
    }
    while let Err(error) = stream.flush() {
        wait_for_a_reader(error, &mut moments_left)?;
    }
    Ok(())
}

/// Waits for a moment. Errors: this one, if waiting doesn't help, or no moment is left.
fn wait_for_a_reader(error: io::Error, moments_left: &mut u32) -> io::Result<()> {
    match error.kind() {
        ErrorKind::Interrupted => Ok(()),
        ErrorKind::WouldBlock if *moments_left > 0 => {
            *moments_left -= 1;
            thread::sleep(MOMENT);
            Ok(())
        }
        _ => Err(error),
    }
}

/// JSON text as received, which stays the same JSON. Inside strings, `\u202e` means the same character.
/// Outside, only white space can be affected, and there a lone carriage return becomes a space.
pub fn escape_json(json: &str) -> String {
    escape_lines(json, " ")
}

/// A message on its own lines, with its tabs and line ends, and `\xff` for what isn't UTF-8.
pub fn escape_message(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        shown += &escape_lines(chunk.valid(), "\\r");
        for byte in chunk.invalid() {
            shown += &format!("\\x{byte:02x}");
        }
    }
    shown
}

/// Text from outside on one line.
pub fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        push_escaped(character, &mut shown);
    }
    shown
}

/// Text from outside on its own lines. A carriage return that ends no line could overwrite one, and is
/// replaced.
fn escape_lines(text: &str, lone_return: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
        let body = line.strip_suffix(end).unwrap_or(line);
        for character in body.chars() {
            match character {
                '\t' => shown.push('\t'),
                '\r' => shown += lone_return,
                _ => push_escaped(character, &mut shown),
            }
        }
        if line.len() > body.len() {
            shown += end;
        }
    }
    shown
}

/// Spells out a control character, a line separator, or a mark that turns the text around, as JSON does:
/// `\u202e`.
fn push_escaped(character: char, shown: &mut String) {
    match character {
        '\n' => *shown += "\\n",
        '\r' => *shown += "\\r",
        '\t' => *shown += "\\t",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            push_number(character, shown);
        }
        _ if character.is_control() => push_number(character, shown),
        _ => shown.push(character),
    }
}

fn push_number(character: char, shown: &mut String) {
    *shown += &format!("\\u{:04x}", u32::from(character));
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
    fn a_line_of_an_error_has_its_causes_and_at_most_1000_characters() {
        let error =
            |name: &str| Error::Practice(io::Error::new(ErrorKind::InvalidData, name.to_owned()));
        let line = error_line(&error("no\u{1b}page"));
        let shown = "error: the practice provider can't be used: try again, or with `--no-browser`: no\\u001bpage";
        assert_eq!(line, shown);
        let rest = 1000 - error_line(&error("")).chars().count();
        let whole = error_line(&error(&"é".repeat(rest)));
        assert!(whole.chars().count() == 1000 && whole.ends_with('é'), "{whole}");
        for more in [1, 10_000] {
            let cut = error_line(&error(&"é".repeat(rest + more)));
            assert!(cut.chars().count() == 1000 && cut.ends_with("é…"), "{cut}");
        }
    }

    /// A stream that takes three bytes at a time, and blocks or is interrupted before each.
    struct Slow {
        errors: Vec<ErrorKind>,
        taken: Vec<u8>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.flush()?;
            self.errors =
                vec![ErrorKind::Interrupted, ErrorKind::WouldBlock, ErrorKind::WouldBlock];
            let count = bytes.len().min(3);
            self.taken.extend(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.errors.pop().map_or(Ok(()), |error| Err(error.into()))
        }
    }

    #[test]
    fn a_stream_that_does_not_block_is_waited_for() {
        let mut stream = Slow { errors: vec![ErrorKind::WouldBlock], taken: Vec::new() };
        write_all(&mut stream, "a text\n", 2).unwrap();
        assert_eq!(stream.taken, b"a text\n");
        // Three bytes are taken at a time, and then it blocks twice. With less patience it is given up, and
        // so is one that is broken.
        let mut stream = Slow { errors: Vec::new(), taken: Vec::new() };
        let error = write_all(&mut stream, "a text\n", 1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        assert_eq!(stream.taken, b"a t");
        let mut stream = Slow { errors: vec![ErrorKind::BrokenPipe], taken: Vec::new() };
        let error = write_all(&mut stream, "a text\n", 2).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
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
