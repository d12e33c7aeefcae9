//! One of the client's two streams, of which the beginning and the end are kept, however much comes.

use std::collections::VecDeque;

/// How much of each end is kept, in bytes.
const KEPT: usize = 64 * 1024;

/// One of the client's two streams: its beginning and its end.
#[derive(Debug)]
pub(super) struct Stream {
    /// `standard output`, for example.
    pub(super) name: &'static str,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    /// How much came, in bytes.
    pub(super) length: u64,
}

impl Stream {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, head: Vec::new(), tail: VecDeque::new(), length: 0 }
    }

    pub(super) fn keep(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let room = KEPT - self.head.len();
        let (first, rest) = bytes.split_at(room.min(bytes.len()));
        self.head.extend_from_slice(first);
        self.tail.extend(rest);
        let excess = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..excess);
    }

    pub(super) fn text(&self) -> String {
        let mut bytes = self.head.clone();
        bytes.extend(&self.tail);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_keeps_its_beginning_and_its_end() {
        let mut stream = Stream::new("standard output");
        stream.keep(b"begin");
        stream.keep(&vec![b'-'; 3 * KEPT]);
        stream.keep(b"end");
        let text = stream.text();
        assert!(text.starts_with("begin---") && text.ends_with("---end"));
        assert_eq!((text.len(), stream.length), (2 * KEPT, 3 * KEPT as u64 + 8));
    }
}
