//! A message of HTTP, taken apart: its head, with the empty line at the end, and the rest.
//!
//! ```text
//! HTTP/1.1 200 OK
//! content-type: application/json
//!                                             the head, up to here
//! {"login":"octocat",…}                       the rest
//! ```
//!
//! Left out: the chunks of a body, which stay in the rest. Shown by the table below.

/// A message as its head, with the empty line at the end, and the rest.
pub(super) struct HeadAndRest<'a> {
    pub(super) head: &'a [u8],
    pub(super) rest: &'a [u8],
}

/// Takes a message apart. The head is empty if it isn't whole.
pub(super) fn split_head(message: &[u8]) -> HeadAndRest<'_> {
    let (head, rest) = message.split_at(head_length(message));
    HeadAndRest { head, rest }
}

/// How many bytes of a message are its head, with the empty line at the end; 0 if it isn't whole.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_ends_with_its_empty_line_and_interim_answers_belong_to_it() {
        for (message, head) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
            ("HTTP/1.1 200 OK\nA: b\n\nbody", "HTTP/1.1 200 OK\nA: b\n\n"),
            (
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            ),
            ("HTTP/1.1 200 OK\r\nA: b\r\n", ""),
            ("SSH-2.0-OpenSSH_9.2\r\n\r\n", ""),
            ("\r\n", "\r\n"),
            ("", ""),
        ] {
            let parts = split_head(message.as_bytes());
            assert_eq!(parts.head, head.as_bytes(), "{message}");
            assert_eq!([parts.head, parts.rest].concat(), message.as_bytes());
        }
    }
}
