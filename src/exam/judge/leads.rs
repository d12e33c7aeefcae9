//! Where a page leads that an attacker's callback has brought: to the attacker's host, or to a script.
//!
//! ```text
//! Location: /callback/?next=//attacker.example     to this machine
//! Location: //attacker.example                     to the attacker
//! Refresh: 0; url=javascript:exam(1)               to a script
//! ```

use crate::exam::seen::Page;

/// A host that nobody should be sent to.
pub(in crate::exam) const ATTACKER: &str = "attacker.example";
/// A script that nobody should be able to start.
pub(in crate::exam) const SCRIPT: &str = "javascript:exam(1)";

/// Where the browser goes from this page by itself.
pub(in crate::exam) fn redirects(page: &Page) -> Vec<&str> {
    let mut targets = Vec::new();
    if (300..400).contains(&page.status()) {
        targets.extend(page.message.header("location"));
    }
    if let Some(refresh) = page.message.header("refresh") {
        targets.extend(refresh_target(refresh));
    }
    targets
}

/// The URL behind the seconds: `0; url=https://…`
fn refresh_target(refresh: &str) -> Option<&str> {
    let (_, target) = refresh.split_once([';', ','])?;
    let target = target.trim_start();
    let target = match target.split_once('=') {
        Some((name, value)) if name.trim_end().eq_ignore_ascii_case("url") => value.trim_start(),
        _ => target,
    };
    Some(target.trim_matches(['"', '\'']))
}

/// The URLs of `Link: <https://…>; rel="…"`.
pub(in crate::exam) fn linked(page: &Page) -> Vec<&str> {
    let mut urls = Vec::new();
    let header = page.message.header("link").unwrap_or_default();
    for part in header.split('<').skip(1) {
        urls.extend(part.split('>').next());
    }
    urls
}

/// Whether a URL leads to the attacker. One without a host stays where the page is.
pub(in crate::exam) fn is_attackers(url: &str) -> bool {
    let url = as_a_browser_reads_it(url);
    let rest = match url.strip_prefix("https:") {
        Some(rest) => rest,
        None => url.strip_prefix("http:").unwrap_or(&url),
    };
    let has_host = rest.starts_with("//") || url.starts_with("https:");
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    let (_, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, _) = host.split_once(':').unwrap_or((host, ""));
    has_host && (host == ATTACKER || host.ends_with(".attacker.example"))
}

/// Whether a URL is the attacker's script.
pub(in crate::exam) fn is_script(url: &str) -> bool {
    // A URL without quotes may have lost its last parenthesis.
    as_a_browser_reads_it(url).starts_with(SCRIPT.trim_end_matches(')'))
}

/// A browser leaves out what stands before a URL, and line ends in it, and reads `\` as `/`.
fn as_a_browser_reads_it(url: &str) -> String {
    let url = url.trim_start_matches(|letter| letter <= ' ');
    let url = url.replace(['\t', '\r', '\n'], "").replace('\\', "/");
    url.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exam::http::{Header, Message};

    fn page(status: &str, name: &str, value: &str) -> Page {
        let start = format!("HTTP/1.1 {status} x");
        let header = Header { name: name.to_owned(), value: value.to_owned() };
        let message = Message { start, headers: vec![header], body: String::new() };
        Page { message, ..Page::default() }
    }

    #[test]
    fn a_redirect_is_a_location_behind_a_3xx_or_a_refresh() {
        for (status, name, value, target) in [
            ("302", "Location", "/x", Some("/x")),
            ("200", "Location", "/x", None),
            ("200", "Refresh", "5", None),
            ("200", "Refresh", "0; url=/x?a=b", Some("/x?a=b")),
            ("400", "Refresh", "0;URL = '/x'", Some("/x")),
            ("200", "Refresh", "0, /x?url=b", Some("/x?url=b")),
        ] {
            let page = page(status, name, value);
            assert_eq!(redirects(&page).first(), target.as_ref(), "{value}");
        }
    }

    #[test]
    fn a_link_header_names_urls() {
        let page = page("200", "Link", "</a>; rel=next, <https://b.example/?<>; rel=preload");
        assert_eq!(linked(&page), ["/a", "https://b.example/?", ""]);
    }

    #[test]
    fn only_the_host_says_whose_a_url_is() {
        for url in [
            "https://attacker.example/",
            "//attacker.example",
            "///attacker.example",
            "/\\attacker.example",
            "https:/attacker.example/x",
            " HTTP://user@Attacker.example:80?x",
            "https://localhost.attacker.example",
        ] {
            assert!(is_attackers(url), "{url}");
        }
        for url in [
            "/callback/?next=//attacker.example",
            "/attacker.example",
            "?next=https://attacker.example",
            "http://localhost:8000/?next=https://attacker.example/",
            "http://127.0.0.1//attacker.example",
            "https://docs.example/?from=//attacker.example",
            "https://notattacker.example",
            "attacker.example",
            "",
        ] {
            assert!(!is_attackers(url), "{url}");
        }
    }

    #[test]
    fn a_script_is_found_as_a_browser_finds_it() {
        for url in ["javascript:exam(1)", "javascript:exam(1", " JAVA\nSCRIPT:exam(1)//"] {
            assert!(is_script(url), "{url}");
        }
        for url in ["javascript:window.close()", "/?error_uri=javascript:exam(1)", "x"] {
            assert!(!is_script(url), "{url}");
        }
    }
}
