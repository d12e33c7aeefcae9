//! A message of HTTP as the trace shows it: each line with a mark, and remarks about what isn't shown.
//!
//! ```text
//! received, 316 bytes:
//! < HTTP/1.1 200 OK
//! < …
//! (the body, 48 bytes, is withheld: it repeats a secret; --reveal shows it)
//! ```
//!
//! Shown by `tests/suite/trace.rs`.

/// The text that is shown of a message, and remarks about the rest.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) remarks: Vec<String>,
}

impl Shown {
    /// Nothing but the reason.
    pub(super) fn withheld(message: &[u8], why: &str) -> Self {
        Self { text: String::new(), remarks: vec![withheld("message", message, why)] }
    }

    /// Cuts the text here, or as little before as a character allows.
    pub(super) fn cut_at(&mut self, mut end: usize, remark: &str) {
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.truncate(end);
        self.remarks.insert(0, remark.to_owned());
    }

    /// The heading, each line of the text with its mark, in a colour, and the remarks.
    pub(super) fn lines(&self, heading: &str, mark: &str, colour: &str, plain: &str) -> String {
        let mut lines = format!("{heading}\n");
        for line in self.text.split_inclusive('\n') {
            let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
            let line = line.trim_end_matches(['\r', '\n']);
            lines += &format!("{colour}{mark}{line}{plain}{end}");
        }
        lines += &self.remarks.join("\n");
        lines.trim_end_matches('\n').to_owned()
    }
}

/// The remark in the place of a part that can't be shown safely.
pub(super) fn withheld(part: &str, bytes: &[u8], why: &str) -> String {
    let length = bytes.len();
    format!("(the {part}, {length} bytes, is withheld: {why}; --reveal shows it)")
}

/// A message as its head, with the empty line at the end, and the rest.
pub(super) struct Parts<'a> {
    pub(super) head: &'a [u8],
    pub(super) rest: &'a [u8],
}

/// Takes a message apart. The head is empty if it isn't whole.
pub(super) fn split_head(message: &[u8]) -> Parts<'_> {
    let (head, rest) = message.split_at(head_length(message));
    Parts { head, rest }
}

/// The length of a message's head in bytes, with the empty line at the end; 0 if it isn't whole.
/// RFC 9110 §15.2: a client must "be able to parse one or more 1xx responses received prior to a
/// final response".
fn head_length(message: &[u8]) -> usize {
    let mut start = 0;
    let mut end = 0;
    for line in message.split_inclusive(|&byte| byte == b'\n') {
        let is_first = start == end;
        end += line.len();
        let head = message.get(start..end).unwrap_or_default();
        match line {
            b"\n" | b"\r\n" if head.starts_with(b"HTTP/1.1 1") => start = end,
            b"\n" | b"\r\n" => return end,
            // Neither a request line nor a status line.
            _ if is_first && !line.windows(5).any(|part| part == b"HTTP/") => return 0,
            _ => {}
        }
    }
    0
}
