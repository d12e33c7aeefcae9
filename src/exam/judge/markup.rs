//! Where the markup of a page leads: what it loads, links to, and redirects to.
//!
//! ```text
//! <img src="https://…">   <a href='…'>   <style>body { background: url(…) } @import "…"</style>
//! <meta http-equiv="refresh" content="0; url=…">
//! ```

/// The signs that stand before an address.
const STARTS: [&str; 9] =
    ["src=", "href=", "action=", "data=", "srcset=", "poster=", "url(", "url=", "@import "];
/// How many addresses of a page are looked at, and how much of each, in characters.
const MAX_ADDRESSES: usize = 500;
const MAX_LENGTH: usize = 2000;

/// The addresses within the tags and the styles of a page. In a text, nobody follows an address.
pub(in crate::exam) fn addresses(html: &str) -> Vec<String> {
    let lower = html.to_ascii_lowercase();
    let mut addresses = Vec::new();
    let mut is_in_tag = false;
    let mut is_in_style = false;
    for (at, letter) in lower.char_indices() {
        let (_, rest) = lower.split_at(at);
        if letter == '<' {
            is_in_tag = true;
            is_in_style |= rest.starts_with("<style");
            is_in_style &= !rest.starts_with("</style");
        }
        if letter == '>' {
            is_in_tag = false;
        }
        if !is_in_tag && !is_in_style {
            continue;
        }
        for start in STARTS {
            if rest.starts_with(start) && addresses.len() < MAX_ADDRESSES {
                let (_, rest) = html.split_at(at + start.len());
                addresses.push(value(rest));
            }
        }
    }
    addresses
}

/// An address, in quotes or without them, with the references of HTML undone as far as they matter here.
fn value(text: &str) -> String {
    let text: String = text.chars().take(MAX_LENGTH).collect();
    let text = text.trim_start();
    let value = match text.chars().next() {
        Some(quote @ ('"' | '\'')) => text.trim_start_matches(quote).split(quote).next(),
        _ => text.split([' ', '>', ')', '"', '\'', ';', '\n']).next(),
    };
    let value = value.unwrap_or_default().trim();
    value.replace("&#58;", ":").replace("&colon;", ":").replace("&#47;", "/").replace("&amp;", "&")
}

/// Whether an address leads away from the machine that the page came from.
pub(in crate::exam) fn is_foreign(address: &str) -> bool {
    let address = address.to_ascii_lowercase();
    let Some((scheme, rest)) = address.split_once("//") else { return false };
    if !["", "http:", "https:", "ws:", "wss:"].contains(&scheme) {
        return false;
    }
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    let is_here = host == "localhost" || host.ends_with(".localhost");
    !(is_here || host.starts_with("127.") || host == "[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_where_a_browser_follows_it() {
        for (html, found) in [
            ("<img src=\"https://a.example/x.png\">", "https://a.example/x.png"),
            ("<a href='//a.example'>x</a>", "//a.example"),
            ("<A HREF=javascript:alert(1)>x</A>", "javascript:alert(1"),
            ("<style>p { background: url(https://a.example) }</style>", "https://a.example"),
            ("<style>@import \"https://a.example\";</style>", "https://a.example"),
            ("<style>p > a { }</style><p>url(x)</p><img src=é.png>", "é.png"),
            ("<meta http-equiv=refresh content=\"0; url=https://a.example\">", "https://a.example"),
            ("<a href=\"https&#58;//a.example\">", "https://a.example"),
        ] {
            assert_eq!(addresses(html), [found], "{html}");
        }
        for html in ["<p>href=https://a.example</p>", "see https://a.example", ""] {
            assert!(addresses(html).is_empty(), "{html}");
        }
    }

    #[test]
    fn neither_many_addresses_nor_long_ones_take_long() {
        let many = format!("<a {}", "src=".repeat(100_000));
        assert_eq!(addresses(&many).len(), MAX_ADDRESSES);
        let long = format!("<a href={}é", "a".repeat(100_000));
        assert_eq!(addresses(&long), ["a".repeat(MAX_LENGTH)]);
        let styles = "<style>url(".repeat(50_000);
        assert_eq!(addresses(&styles).len(), MAX_ADDRESSES);
    }

    #[test]
    fn only_another_origin_is_foreign() {
        for address in ["https://a.example/x", "//a.example", "HTTP://A.EXAMPLE"] {
            assert!(is_foreign(address), "{address}");
        }
        for address in [
            "/style.css",
            "x.png",
            "#top",
            "data:image/png;base64,AA",
            "http://localhost:1/",
            "http://app.localhost:1/",
            "http://127.0.0.1/",
            "",
        ] {
            assert!(!is_foreign(address), "{address}");
        }
    }
}
