//! A text as it reads once its escapes are undone, with the place of each octet in the text: so
//! that a secret is found however it is coded.
//!
//! ```text
//! text     code=a%2Fb   "a\/b"   "a\u002fb"   a&#47;b   a/\r\n5;x\r\nb (two chunks)
//! reads    code=a/b     "a/b"    "a/b"        a/b       a/b
//! ```
//!
//! Undone are chunks (RFC 9112 §7.1), then JSON (RFC 8259 §7), once or twice, HTML, or HTML in
//! JSON, then URLs (RFC 3986 §2.1), once or twice, or forms; each of them or none.
//!
//! Left out: what is coded more often than that, and what stands in the size lines of chunks.
//! Octets above ASCII are all read as one sign: no standard allows them in a secret.

use std::ops::Range;

/// What stands for an octet above ASCII.
pub(super) const NOT_ASCII: u8 = 0x1a;

/// A text in one reading.
pub(super) struct Stream {
    text: String,
    /// For each octet where it begins and ends in the original.
    places: Vec<(usize, usize)>,
}

impl Stream {
    fn new(octets: Vec<u8>, places: Vec<(usize, usize)>) -> Self {
        let ascii = octets.into_iter().map(|octet| {
            let is_ascii = octet.is_ascii();
            char::from(if is_ascii { octet } else { NOT_ASCII })
        });
        Self { text: ascii.collect(), places }
    }

    /// The reading, in ASCII.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Where a secret stands in this reading; nowhere, if it is not ASCII.
    pub(super) fn find(&self, secret: &str) -> Vec<Range<usize>> {
        // `str` finds in linear time, whatever the text and the secret are.
        let found = self.text.match_indices(secret);
        found.map(|(at, secret)| at..at + secret.len()).collect()
    }

    /// What stands before and after a part of this reading.
    pub(super) fn around(&self, part: &Range<usize>) -> (&[u8], &[u8]) {
        let text = self.text.as_bytes();
        let before = text.get(..part.start).unwrap_or_default();
        (before, text.get(part.end..).unwrap_or_default())
    }

    /// Where a part of this reading stands in the original.
    pub(super) fn place(&self, part: &Range<usize>) -> Range<usize> {
        match self.places.get(part.clone()) {
            Some([first, .., last]) => first.0..last.1,
            Some([one]) => one.0..one.1,
            _ => 0..0,
        }
    }

    /// This reading with its escapes undone: `escape` gives an octet and how many it was written
    /// with.
    fn undo(&self, escape: fn(&[u8]) -> Option<(u8, usize)>) -> Self {
        let (mut octets, mut places) = (Vec::new(), Vec::new());
        let mut at = 0;
        while let Some(rest) = self.text.as_bytes().get(at..)
            && let Some(&itself) = rest.first()
        {
            let (octet, length) = escape(rest).unwrap_or((itself, 1));
            octets.push(octet);
            let place = self.place(&(at..at + length));
            places.push((place.start, place.end));
            at += length;
        }
        Self::new(octets, places)
    }
}

/// Reads a text in every way in which a secret may be written in it.
pub(super) fn readings(text: &[u8], visit: &mut dyn FnMut(&Stream)) {
    let plain = without_chunks(text);
    let in_json = plain.undo(json);
    for reading in [in_json.undo(json), in_json.undo(html), plain.undo(html), in_json, plain] {
        let in_url = reading.undo(percent);
        visit(&reading);
        visit(&in_url);
        visit(&in_url.undo(percent));
        visit(&reading.undo(form));
    }
}

/// RFC 9112 §7.1: "chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF". What can't be read so
/// stays as it is.
pub(super) fn without_chunks(text: &[u8]) -> Stream {
    let (heads, last) = heads(text);
    let lines = String::from_utf8_lossy(text.get(last..heads).unwrap_or_default());
    let is_chunked = lines.lines().any(|line| {
        let line = line.to_ascii_lowercase();
        line.starts_with("transfer-encoding:") && line.contains("chunked")
    });
    let mut kept = Vec::new();
    kept.push(0..heads);
    let mut at = heads;
    while is_chunked && let Some((size, data)) = chunk(text, at) {
        let end = data.saturating_add(size).min(text.len());
        kept.push(data..end);
        let rest = text.get(end..).unwrap_or_default();
        at = end + rest.len() - rest.trim_ascii_start().len();
    }
    kept.push(at.min(text.len())..text.len());
    let places: Vec<_> = kept.into_iter().flatten().map(|at| (at, at + 1)).collect();
    let octets = places.iter().filter_map(|(at, _)| text.get(*at).copied());
    Stream::new(octets.collect(), places)
}

/// Where the heads of a message end, and where the last of them begins. RFC 9110 §15.2: a client
/// must "be able to parse one or more 1xx responses received prior to a final response".
pub(super) fn heads(text: &[u8]) -> (usize, usize) {
    let mut end = 0;
    loop {
        let rest = text.get(end..).unwrap_or_default();
        let Some(length) = rest.windows(4).position(|end| end == b"\r\n\r\n") else {
            return (text.len(), end);
        };
        let start = end;
        end += length + 4;
        let is_interim = matches!(rest, [b'H', b'T', b'T', b'P', b'/', _, b'.', _, b' ', b'1', ..]);
        if !is_interim {
            return (end, start);
        }
    }
}

/// The size of the chunk whose size line begins here, and where its data begins.
fn chunk(text: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = text.get(at..)?;
    let end = rest.iter().position(|&octet| octet == b'\n')?;
    let line = str::from_utf8(rest.get(..end)?).ok()?;
    let digits = line.split(';').next()?.trim();
    let size = usize::from_str_radix(digits, 16).ok()?;
    (size > 0).then_some((size, at + end + 1))
}

fn percent(octets: &[u8]) -> Option<(u8, usize)> {
    match octets {
        [b'%', high, low, ..] => Some((hexadecimal(&[*high, *low])?, 3)),
        _ => None,
    }
}

fn form(octets: &[u8]) -> Option<(u8, usize)> {
    match octets {
        [b'+', ..] => Some((b' ', 1)),
        _ => percent(octets),
    }
}

fn json(octets: &[u8]) -> Option<(u8, usize)> {
    match octets {
        [b'\\', b'u', digits @ ..] => Some((hexadecimal(digits.get(..4)?)?, 6)),
        [b'\\', escaped @ (b'"' | b'\\' | b'/'), ..] => Some((*escaped, 2)),
        _ => None,
    }
}

fn html(octets: &[u8]) -> Option<(u8, usize)> {
    let [b'&', rest @ ..] = octets else {
        return None;
    };
    let end = rest.iter().take(10).position(|&octet| octet == b';')?;
    let name = rest.get(..end)?;
    let octet = match name {
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        [b'#', b'x' | b'X', digits @ ..] => hexadecimal(digits)?,
        [b'#', digits @ ..] => str::from_utf8(digits).ok()?.parse().ok()?,
        _ => return None,
    };
    Some((octet, end + 2))
}

fn hexadecimal(digits: &[u8]) -> Option<u8> {
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let value = u32::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()?;
    Some(u8::try_from(value).unwrap_or(NOT_ASCII))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(text: &str, secret: &str) -> Vec<String> {
        let mut found = Vec::new();
        readings(text.as_bytes(), &mut |reading| {
            let places = reading.find(secret).into_iter();
            found.extend(places.map(|part| text[reading.place(&part)].to_owned()));
        });
        found.dedup();
        found
    }

    #[test]
    fn a_secret_is_found_in_each_coding_and_its_place_is_the_whole_of_it() {
        for coded in [
            "a/b+c=",
            "a%2Fb%2Bc%3D",
            "a%2fb%2bc=",
            "%61/b+c=",
            "a\\/b+c\\u003d",
            "a&#47;b&#x2B;c&#x3d;",
            "a\\/b\\u0026#43;c=",
            "a\\u00252Fb%2Bc%3D",
            "a%252Fb%252Bc%253D",
            "a\\\\/b\\u002bc\\\\u003d",
        ] {
            assert_eq!(places(&format!("x={coded}&"), "a/b+c="), [coded], "{coded}");
        }
        assert_eq!(places("a+b", "a b"), ["a+b"]);
        assert_eq!(places("&lt;&gt;&quot;&apos;&amp;", "<>\"'&").len(), 1);
        assert_eq!(places("%2 %zz &; &#; &nosuchname; \\u00 %", "x"), [""; 0]);
    }

    #[test]
    fn a_secret_that_chunks_cut_anywhere_is_found() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n";
        for (body, place) in [
            ("3\r\na%2\r\n 2;x=y \r\nFb\r\n0\r\n\r\n", "a%2\r\n 2;x=y \r\nFb"),
            ("2\na/\n1\nb\n0\n\n", "a/\n1\nb"),
            ("ff\r\na/b", "a/b"),
        ] {
            assert_eq!(places(&format!("{head}{body}"), "a/b"), [place]);
        }
        let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
        assert_eq!(places(&format!("{early}{head}2\r\na/\r\n1\r\nb"), "a/b"), ["a/\r\n1\r\nb"]);
        let bare = "HTTP/1.1 200 OK\r\n\r\n2\r\na/\r\n1\r\nb";
        assert_eq!(places(bare, "a/b"), [""; 0]);
    }
}
