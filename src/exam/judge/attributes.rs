//! The names of the attributes in a page, as a browser reads its tags.
//!
//! ```text
//! <input value="x'&quot; exam-mark">      one attribute, `value`
//! <input value="x'" exam-mark">           `value` and `exam-mark`: the quotation mark let it out
//! ```
//!
//! Left out: HTML within a script or a style.

/// The characters that end a name.
const ENDS: [char; 8] = [' ', '\t', '\r', '\n', '\x0c', '/', '>', '='];

/// Whether a tag of this page has an attribute of this name, in small letters.
pub(in crate::exam) fn has_attribute(html: &str, name: &str) -> bool {
    let html = html.to_ascii_lowercase();
    let mut rest = html.as_str();
    while let Some((_, tag)) = rest.split_once('<') {
        rest = tag;
        if let Some(comment) = tag.strip_prefix("!--") {
            rest = behind(comment, "-->");
        } else if tag.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
            let tag = Tag::read(tag);
            if tag.attributes.contains(&name) {
                return true;
            }
            rest = match tag.name {
                "script" => behind(tag.rest, "</script"),
                "style" => behind(tag.rest, "</style"),
                _ => tag.rest,
            };
        }
    }
    false
}

/// The text behind this end; nothing if it isn't there.
fn behind<'a>(text: &'a str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(end).unwrap_or(("", ""));
    rest
}

/// A tag, and what follows it.
struct Tag<'a> {
    name: &'a str,
    attributes: Vec<&'a str>,
    rest: &'a str,
}

impl<'a> Tag<'a> {
    /// Reads what follows `<`.
    fn read(text: &'a str) -> Self {
        let (name, rest) = text.split_at(text.find(ENDS).unwrap_or(text.len()));
        let mut tag = Self { name, attributes: Vec::new(), rest };
        loop {
            tag.rest =
                tag.rest.trim_start_matches(|letter| ENDS.contains(&letter) && letter != '>');
            if tag.rest.is_empty() || tag.rest.starts_with('>') {
                return tag;
            }
            let end = tag.rest.find(ENDS).unwrap_or(tag.rest.len());
            let (attribute, rest) = tag.rest.split_at(end);
            tag.attributes.push(attribute);
            tag.rest = rest;
            if let Some(value) = rest.trim_start().strip_prefix('=') {
                tag.rest = behind_value(value.trim_start());
            }
        }
    }
}

/// The text behind a value, in quotation marks or without them.
fn behind_value(text: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some(value) = text.strip_prefix(quote) {
            let (_, rest) = value.split_once(quote).unwrap_or(("", ""));
            return rest;
        }
    }
    let is_end = |letter: char| letter.is_ascii_whitespace() || letter == '>';
    let (_, rest) = text.split_at(text.find(is_end).unwrap_or(text.len()));
    rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attribute_stands_in_a_tag_and_not_in_a_value_or_a_text() {
        for html in [
            "<p><input value=\"x'\" exam-mark &gt;&lt;exam-mark&gt;\">",
            "<input value='x'&quot; exam-mark &gt;'>",
            "<input value=x'\" exam-mark &gt;>",
            "<a href = \"x'\" EXAM-MARK >",
            "<a\nhref=''exam-mark=1>",
            "<script>a<b</script><i exam-mark>",
        ] {
            assert!(has_attribute(html, "exam-mark"), "{html}");
        }
        for html in [
            "<p>x'\" exam-mark &gt;&lt;exam-mark&gt;</p>",
            "<input value=\"x&#x27;&quot; exam-mark &gt;\">",
            "<input value=\"x' exam-mark &gt;\">",
            "<p class=\"error\">x'\" exam-mark &gt;</p>",
            "<!-- <i exam-mark> -->",
            "<script>if (a<b) say(\"x' exam-mark\")</script>",
            "1 < 2 exam-mark",
            "<",
            "",
        ] {
            assert!(!has_attribute(html, "exam-mark"), "{html}");
        }
    }
}
