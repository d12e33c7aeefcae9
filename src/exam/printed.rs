//! The URLs that a client prints, as a person would copy them.
//!
//! ```text
//! Open http://127.0.0.1:40123/login/oauth/authorize?client_id=…&state=x).     without the end `).`
//! \x1b[4mhttp://…\x1b[0m                                                      without the colours
//! \x1b]8;;http://…\x1b\\here\x1b]8;;\x1b\\                                    behind a word
//! http://…(80 columns)\nrest of it\n                                          in several lines
//! {"url":"http://…?client_id=…\u0026state=x"}                                 in JSON
//! ```

/// The characters that end a sentence, and no URL.
const ENDS: &str = ").,;:'\"]}>";
/// How many URLs are looked at, and how long each may be, in bytes.
const MAX_URLS: usize = 100;
pub(super) const MAX_URL: usize = 16 * 1024;
/// The least and the most columns of a terminal that wraps its lines.
const COLUMNS: std::ops::RangeInclusive<usize> = 40..=250;

/// The http URLs in a text, the likeliest reading of each first. `is_complete` says whether more may
/// come; a URL at the very end counts only then.
pub(super) fn urls(text: &str, is_complete: bool) -> Vec<String> {
    // Some programs write JSON with this in the place of an ampersand.
    let text = without_escapes(text).replace("\\u0026", "&");
    let mut urls = Vec::new();
    for (start, _) in text.match_indices("http://").take(MAX_URLS) {
        let (_, rest) = text.split_at(start);
        let length = rest.find(|letter| !is_url(letter)).unwrap_or(rest.len());
        let (plain, after) = rest.split_at(length);
        if after.is_empty() && !is_complete || length > MAX_URL {
            continue;
        }
        let column = column(&text, start);
        if let Some(joined) = joined(plain, after, column) {
            urls.push(trimmed(&joined).to_owned());
        }
        urls.push(trimmed(plain).to_owned());
        urls.push(plain.to_owned());
    }
    urls.dedup();
    urls
}

fn is_url(letter: char) -> bool {
    letter.is_ascii_graphic() && !"\"<>`\\^{|}".contains(letter)
}

fn trimmed(url: &str) -> &str {
    url.trim_end_matches(|letter| ENDS.contains(letter))
}

/// How many characters stand before this in its line.
fn column(text: &str, at: usize) -> usize {
    let (before, _) = text.split_at(at);
    before.chars().rev().take_while(|letter| *letter != '\n').count()
}

/// The URL with the lines that it goes on in, if it was wrapped: each but the last is as long as the
/// first.
fn joined(first: &str, after: &str, column: usize) -> Option<String> {
    let width = column + first.len();
    if !COLUMNS.contains(&width) {
        return None;
    }
    let mut joined = first.to_owned();
    let mut rest = after.strip_prefix('\r').unwrap_or(after).strip_prefix('\n')?;
    loop {
        let (line, next) = rest.split_once('\n').unwrap_or((rest, ""));
        let line = line.trim_end_matches('\r');
        if line.is_empty() || line.len() > width || !line.chars().all(is_url) {
            break;
        }
        if joined.len() > MAX_URL {
            return None;
        }
        // A word alone is a line of its own.
        if joined.len() == first.len() && line.len() < width && !goes_on(line) {
            break;
        }
        joined += line;
        if line.len() < width {
            break;
        }
        rest = next;
    }
    if joined.len() > first.len() { Some(joined) } else { None }
}

/// Whether a line looks like a piece of a query.
fn goes_on(line: &str) -> bool {
    line.contains(['=', '&', '%']) || line.contains(|letter: char| letter.is_ascii_digit())
}

/// The text without what only a terminal obeys; the target of a link stands on a line of its own.
fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain += before;
        if let Some(sequence) = after.strip_prefix('[') {
            let end = sequence.find(|letter: char| ('@'..='~').contains(&letter));
            let (_, after) = sequence.split_at(end.unwrap_or(sequence.len()));
            rest = after.get(1..).unwrap_or_default();
        } else if let Some(command) = after.strip_prefix(']') {
            let end = command.find(['\u{7}', '\u{1b}']).unwrap_or(command.len());
            let (link, after) = command.split_at(end);
            if let Some(target) = link.strip_prefix("8;") {
                let (_, target) = target.split_once(';').unwrap_or(("", target));
                if !target.is_empty() {
                    plain += &format!("\n{target}\n");
                }
            }
            rest = after.trim_start_matches(['\u{7}', '\u{1b}']).trim_start_matches('\\');
        } else {
            rest = after;
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://127.0.0.1:1/login/oauth/authorize?client_id=practice&state=abc-_x";

    #[test]
    fn a_url_is_found_however_it_is_printed() {
        for text in [
            format!("Open {URL}\n"),
            format!("(see {URL}).\n"),
            format!("\"{URL}\", please\n"),
            format!("[{URL}]\r\n"),
            format!("<{URL}>;"),
            format!("\u{1b}[1;34m{URL}\u{1b}[0m\n"),
            format!("\u{1b}]8;;{URL}\u{1b}\\here\u{1b}]8;;\u{1b}\\\n"),
            format!("\u{1b}]8;id=1;{URL}\u{7}here\u{1b}]8;;\u{7}\n"),
            format!("'{URL}'\n"),
            format!("{{\"url\":\"{URL}\"}}\n").replace('&', "\\u0026"),
        ] {
            let urls = urls(&text, false);
            assert_eq!(urls.first().map(String::as_str), Some(URL), "{text:?}");
        }
    }

    #[test]
    fn a_url_at_the_very_end_may_go_on() {
        assert!(urls(URL, false).is_empty());
        assert_eq!(urls(URL, true), [URL]);
    }

    #[test]
    fn a_wrapped_url_is_joined_but_not_with_the_word_in_the_next_line() {
        let long = format!("{URL}{}", "&y=1".repeat(40));
        for columns in [60, 80, 132] {
            let mut text = String::from("> ");
            for letter in long.chars() {
                if text.lines().last().unwrap_or_default().chars().count() == columns {
                    text.push('\n');
                }
                text.push(letter);
            }
            text += "\nWaiting for the browser\n";
            assert_eq!(urls(&text, true).first(), Some(&long), "{columns}");
        }
        for next in ["Done", "Waiting...", "Waiting for the browser", "", "(see above)"] {
            assert_eq!(urls(&format!("{URL}\n{next}\n"), true), [URL], "{next}");
        }
    }
}
