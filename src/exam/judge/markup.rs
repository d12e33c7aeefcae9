//! Where the markup of a page leads: what it loads, links to, and redirects to.
//!
//! ```text
//! <img src="https://…">   <a href='…'>   <style>body { background: url(…) } @import "…"</style>
//! <meta http-equiv="refresh" content="0; url=…">
//! ```

/// What stands before an address.
const STARTS: [&str; 9] =
    ["src=", "href=", "action=", "data=", "srcset=", "poster=", "url(", "url=", "@import "];

/// The addresses in a page, with the references of HTML undone as far as they matter here.
pub(in crate::exam) fn addresses(html: &str) -> Vec<String> {
    let lower = html.to_ascii_lowercase();
    let mut addresses = Vec::new();
    for start in STARTS {
        for (at, _) in lower.match_indices(start) {
            let (_, rest) = html.split_at(at + start.len());
            if is_in_markup(&lower, at) {
                addresses.push(value(rest));
            }
        }
    }
    addresses
}

/// Whether this place is within a tag or a style. In a text, nobody follows an address.
fn is_in_markup(html: &str, at: usize) -> bool {
    let (before, _) = html.split_at(at);
    let tag = before.rfind('<');
    let is_in_tag = tag > before.rfind('>');
    let style = before.rfind("<style");
    is_in_tag || style.is_some() && style > before.rfind("</style")
}

/// An address, in quotes or without them.
fn value(text: &str) -> String {
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
    !(host == "localhost" || host.starts_with("127.") || host == "[")
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
            "http://127.0.0.1/",
            "",
        ] {
            assert!(!is_foreign(address), "{address}");
        }
    }
}
