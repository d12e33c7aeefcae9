//! A body in chunks, RFC 9112 §7.1, as Node and others send it when they don't know its length yet.
//!
//! ```text
//! 5\r\n
//! code=\r\n
//! 14;name=value\r\n
//! 0123456789abcdef0123\r\n
//! 0\r\n
//! \r\n
//! ```
//!
//! Left out: extensions and trailers, which are skipped. Shown by the tables below, and by
//! `tests/suite/provider.rs`.

use crate::wire::request::Rejection;

/// The longest line with a size, in bytes. Nobody needs an extension.
const LINE_LIMIT: usize = 256;
/// The longest trailer section, in bytes.
const TRAILER_LIMIT: usize = 8 * 1024;

/// The next piece of a body.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// More has to come.
    Unfinished,
    /// A chunk: its data, and its length with its frame.
    Chunk { data: &'a [u8], length: usize },
    /// The last chunk, which is empty, and the trailers.
    End,
}

/// Reads the next chunk, which may hold this many bytes.
pub(super) fn next(bytes: &[u8], limit: usize) -> Result<Next<'_>, Rejection> {
    let Some(line) = line(bytes, LINE_LIMIT)? else { return Ok(Next::Unfinished) };
    let after_line = line.len() + "\r\n".len();
    // RFC 9112 §7.1.1: "A recipient MUST ignore unrecognized chunk extensions."
    let (size, _extensions) = line.split_once(';').unwrap_or((line, ""));
    let size = size.trim_end_matches([' ', '\t']);
    if size.is_empty() || !size.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(bad_request("a chunk has no valid size"));
    }
    let size = usize::from_str_radix(size, 16).unwrap_or(usize::MAX);
    if size > limit {
        return Err(Rejection { status: 413, reason: "the chunks are longer than a body may be" });
    }
    let rest = bytes.get(after_line..).unwrap_or_default();
    if size == 0 {
        return end(rest);
    }
    let Some((data, after)) = rest.split_at_checked(size) else { return Ok(Next::Unfinished) };
    match after {
        [] | [b'\r'] => Ok(Next::Unfinished),
        [b'\r', b'\n', ..] => Ok(Next::Chunk { data, length: after_line + size + "\r\n".len() }),
        _ => Err(bad_request("a chunk is longer than its size")),
    }
}

/// Skips the trailers, up to the empty line.
fn end(bytes: &[u8]) -> Result<Next<'_>, Rejection> {
    let mut rest = bytes;
    let mut length = 0;
    loop {
        let Some(line) = line(rest, TRAILER_LIMIT - length)? else { return Ok(Next::Unfinished) };
        if line.is_empty() {
            return Ok(Next::End);
        }
        length += line.len();
        rest = rest.get(line.len() + "\r\n".len()..).unwrap_or_default();
    }
}

/// The first line without its end, which must be CR LF: a parser that takes less for one can be made to see
/// another body than the sender meant.
fn line(bytes: &[u8], limit: usize) -> Result<Option<&str>, Rejection> {
    let too_long = bad_request("a line between the chunks is too long");
    let Some(end) = bytes.iter().position(|byte| byte.is_ascii_control() && *byte != b'\t') else {
        return if bytes.len() > limit { Err(too_long) } else { Ok(None) };
    };
    let (line, after) = bytes.split_at(end);
    if line.len() > limit {
        return Err(too_long);
    }
    match after {
        [b'\r'] => Ok(None),
        [b'\r', b'\n', ..] => match std::str::from_utf8(line) {
            Ok(line) => Ok(Some(line)),
            Err(_) => Err(bad_request("a line between the chunks isn't text")),
        },
        _ => Err(bad_request("a line between the chunks doesn't end in CR LF")),
    }
}

fn bad_request(reason: &'static str) -> Rejection {
    Rejection { status: 400, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body, or the status of the refusal; none if more has to come.
    fn read(text: &str) -> Result<Option<String>, u16> {
        let mut rest = text.as_bytes();
        let mut body = Vec::new();
        loop {
            match next(rest, 20 - body.len()) {
                Ok(Next::Unfinished) => return Ok(None),
                Ok(Next::End) => return Ok(Some(String::from_utf8(body).unwrap())),
                Ok(Next::Chunk { data, length }) => {
                    body.extend(data);
                    rest = &rest[length..];
                }
                Err(refusal) => return Err(refusal.status),
            }
        }
    }

    #[test]
    fn chunks_are_joined() {
        for (text, body) in [
            ("0\r\n\r\n", ""),
            ("3\r\nabc\r\n0\r\n\r\n", "abc"),
            ("1\r\na\r\n02\r\nbc\r\n000\r\n\r\n", "abc"),
            ("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"),
            ("1;name=\"v;\";x \r\na\r\n0;y\r\n\r\n", "a"),
            ("1 \t;name\r\na\r\n0\r\n\r\n", "a"),
            ("4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"),
            ("1\r\na\r\n0\r\nExpires: never\r\nA:\r\n\r\n", "a"),
            ("1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n", "a"),
        ] {
            assert_eq!(read(text), Ok(Some(body.to_owned())), "{text:?}");
        }
    }

    #[test]
    fn more_is_waited_for_at_each_byte() {
        let text = "3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nA: b\r\n\r\n";
        for end in 0..text.len() {
            assert_eq!(read(&text[..end]), Ok(None), "{end}");
        }
        assert_eq!(read(text), Ok(Some("abcd".to_owned())));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for text in [
            "\r\n",
            ";\r\n",
            "g\r\n",
            "+1\r\na\r\n",
            "-1\r\n",
            "0x1\r\na\r\n",
            " 1\r\na\r\n",
            "1 1\r\na\r\n",
            "1\na\r\n",
            "1\ra\r\n",
            "1\r\nab\r\n",
            "1\r\na\n0\r\n\r\n",
            "1\r\na0\r\n\r\n",
            "1\r\na\r\n0\n\n",
            "1;\0\r\na\r\n",
            "1\r\na\r\n0\r\nA: b\n\r\n",
        ] {
            assert_eq!(read(text), Err(400), "{text:?}");
        }
    }

    #[test]
    fn sizes_lines_and_trailers_are_bounded() {
        for size in ["15", "ffffffffffffffff", "ffffffffffffffffffffff"] {
            assert_eq!(read(&format!("{size}\r\n")), Err(413), "{size}");
        }
        // Twenty bytes in all.
        assert_eq!(read("a\r\n0123456789\r\nb\r\n"), Err(413));
        for (name, limit) in [("1;", LINE_LIMIT), ("0\r\nA:", TRAILER_LIMIT)] {
            assert_eq!(read(&format!("{name}{}", "a".repeat(limit))), Err(400));
            assert_eq!(read(&format!("{name}{}\r\n", "a".repeat(limit))), Err(400));
        }
        assert_eq!(read(&format!("0\r\n{}", "A: b\r\n".repeat(TRAILER_LIMIT))), Err(400));
    }
}
