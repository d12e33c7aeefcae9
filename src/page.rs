//! What the browser tab shows: plain HTML, readable in light and dark, no script, nothing from
//! outside.
//!
//! ```text
//! Content-Security-Policy: default-src 'none'; style-src 'sha256-…'; base-uri 'none'; …
//!
//! <!doctype html><html lang="en">…<h1>Signed in</h1><p>You are signed in as <b>octocat</b>…
//! ```
//!
//! Everything that came from outside is escaped, so that it can be read and can do nothing.

use crate::error::Error;
use crate::secret::{base64url, sha256};
use crate::terminal;
use crate::wire::response::Response;

const STYLE: &str = ":root{color-scheme:light dark}\
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;overflow-wrap:anywhere}\
h1{font-size:1.5rem}h2{font-size:1.3rem;margin-top:3rem}h3{font-size:1.1rem;margin-top:2rem}button{font:inherit;padding:.4rem 1rem;margin:0 .5rem .3rem 0}";

/// How much of a login or a name the page shows, in characters.
const LONGEST_NAME: usize = 200;

/// The page after leg 4: who is signed in, by login and name. Other providers have no login, and
/// some people no name.
#[must_use]
pub fn signed_in(login: Option<&str>, name: Option<&str>) -> Response {
    let short = |text: &str| escape(&text.chars().take(LONGEST_NAME).collect::<String>());
    let who = match (login.map(short), name.map(short)) {
        (Some(login), Some(name)) => format!("<b>{login}</b> ({name})"),
        (Some(one), None) | (None, Some(one)) => format!("<b>{one}</b>"),
        (None, None) => "somebody without a name".to_owned(),
    };
    html(
        200,
        "Signed in",
        &format!("<p>You are signed in as {who}.</p><p>You can close this tab.</p>"),
    )
}

/// The page for a login that failed.
#[must_use]
pub fn failed(error: &Error) -> Response {
    let status = if matches!(error, Error::Denied { .. }) { 403 } else { 502 };
    let what = escape(&error.to_string());
    html(
        status,
        "Not signed in",
        &format!(
            "<p>The login failed: {what}.</p><p>You can close this tab; the terminal has more.</p>"
        ),
    )
}

/// The page for a request that is answered and waited past. `reason` must be a text of this
/// program's own.
#[must_use]
pub fn refused(status: u16, reason: &str) -> Response {
    let body = format!(
        "<p>This program waits for one login to come back, and did not take this request: {}.</p>",
        escape(reason)
    );
    let page = html(status, "Not the login that is waited for", &body);
    // RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response".
    if status == 405 { page.with("Allow", "GET") } else { page }
}

/// A page of this program's: a title, and a body that is HTML already.
#[must_use]
pub fn html(status: u16, title: &str, body: &str) -> Response {
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} – bare-oauth</title>\
         <style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>\n"
    );
    // CSP 3 §2.3.1 takes base64url for base64; 32 octets end in one `=`.
    let style = base64url::encode(&sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}='; base-uri 'none'; frame-ancestors 'none'"
    );
    Response::new(status, "text/html; charset=utf-8", text).with("Content-Security-Policy", policy)
}

/// Text as HTML: markup is shown instead of obeyed, and what could disturb the reading is spelled
/// out.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in terminal::escape(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(response: &Response) -> String {
        String::from_utf8(response.octets("GET")).unwrap()
    }

    #[test]
    fn markup_and_directions_in_a_name_are_shown_and_not_obeyed() {
        let page = text(&signed_in(Some("<script>"), Some("\"a\" & 'b' \u{202e}\u{7}")));
        let who = "<b>&lt;script&gt;</b> (&quot;a&quot; &amp; &#39;b&#39; \\u202e\\u0007)";
        assert!(page.contains(who), "{page}");
    }

    #[test]
    fn whoever_has_no_login_or_no_name_has_a_page_as_well() {
        for (login, name, who) in [
            (Some("octocat"), None, "signed in as <b>octocat</b>."),
            (None, Some("Mona"), "signed in as <b>Mona</b>."),
            (None, None, "signed in as somebody without a name."),
        ] {
            let page = text(&signed_in(login, name));
            assert!(page.contains(who), "{page}");
        }
    }

    #[test]
    fn a_page_allows_its_own_style_and_nothing_else() {
        let page = text(&refused(405, "a <reason>"));
        assert!(page.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
        assert!(page.contains("\r\nAllow: GET\r\n"));
        assert!(page.contains("a &lt;reason&gt;"));
        assert!(
            page.contains("\r\nContent-Security-Policy: default-src 'none'; style-src 'sha256-")
        );
        for forbidden in ["<script", "src=", "href=", "url(", "@import", " style="] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn a_failure_has_an_error_status() {
        let denied = Error::Denied { error: "<b>".to_owned(), description: None };
        assert!(text(&failed(&denied)).starts_with("HTTP/1.1 403 "));
        assert!(text(&failed(&denied)).contains("`&lt;b&gt;`"));
        assert!(text(&failed(&Error::Unauthorized)).starts_with("HTTP/1.1 502 "));
    }
}
