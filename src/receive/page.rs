//! The page in the browser's tab: plain HTML, readable in light and dark, no script, nothing from
//! outside.
//!
//! ```text
//! Content-Security-Policy: default-src 'none'; style-src 'sha256-…'; base-uri 'none'; …
//!
//! <!doctype html><html lang="en">…<h1>Signed in</h1><p>You are signed in as <b>octocat</b>…
//! ```
//!
//! Shown by the tests below, and in a real browser by `tests/browser.rs`.

use crate::ask::trace::Step;
use crate::error::{Error, Leg};
use crate::secret::{base64url, sha256};
use crate::show::terminal;
use crate::wire::response::Response;

const STYLE: &str = include_str!("style.css");
const CLOSE: &str = "<p>You can close this tab.</p>";

/// The page after a login: who is signed in, by login and name, and the steps. Other providers have
/// no login, and some people no name.
pub fn signed_in(login: Option<&str>, name: Option<&str>, steps: &[Step]) -> Response {
    let who = match (login, name) {
        (Some(login), Some(name)) => format!(" as <b>{}</b> ({})", short(login), short(name)),
        (Some(name), None) | (None, Some(name)) => format!(" as <b>{}</b>", short(name)),
        (None, None) => String::new(),
    };
    let lesson = lesson(steps);
    html(200, "Signed in", &format!("<p>You are signed in{who}.</p>{CLOSE}{lesson}"))
}

/// The page after a login that failed: what happened, what to do, and the steps.
pub fn not_signed_in(error: &Error, steps: &[Step]) -> Response {
    let is_denied = matches!(error, Error::Refused { leg: Leg::Authorization, .. });
    let status = if is_denied { 403 } else { 502 };
    let what = paragraph(&error.what());
    let advice = match error.advice() {
        Some(advice) => paragraph(&advice),
        None => String::new(),
    };
    let lesson = lesson(steps);
    html(status, "Not signed in", &format!("{what}{advice}{CLOSE}{lesson}"))
}

/// The page for a request that is answered while the program goes on waiting. `reason` must be this
/// program's own.
pub fn ignored(status: u16, title: &str, reason: &str) -> Response {
    let reason = paragraph(reason);
    let is_being_completed = status == 409;
    let page = if is_being_completed {
        html(status, title, &reason)
    } else {
        let waits = "<p>bare-oauth is still waiting: go back and choose again.</p>";
        html(status, title, &format!("{reason}{waits}"))
    };
    // RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response".
    if status == 405 { page.with("Allow", "GET") } else { page }
}

/// A page of this program's: a title, and a body that is HTML already.
pub fn html(status: u16, title: &str, body: &str) -> Response {
    let text = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title} – bare-oauth</title>\
         <style>{STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>\n"
    );
    // CSP 3 §2.3.1 accepts base64url in place of base64; 32 bytes end in one `=`.
    let style = base64url::encode(&sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}='; base-uri 'none'; frame-ancestors 'none'"
    );
    Response::new(status, "text/html; charset=utf-8", text).with("Content-Security-Policy", policy)
}

/// A phrase of ours as a paragraph, with what stands in backticks as code: ``check `SCOPE` ``
/// becomes `<p>Check <code>SCOPE</code>.</p>`.
pub(crate) fn paragraph(phrase: &str) -> String {
    let mut html = String::new();
    let mut is_code = false;
    for piece in escape(phrase).split('`') {
        if is_code {
            html += &format!("<code>{piece}</code>");
        } else {
            html += piece;
        }
        is_code = !is_code;
    }
    format!("<p>{}.</p>", capitalized(&html))
}

/// The text with its first letter in upper case. A text that begins with `<code>` stays as it is: it
/// begins with a name.
fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => first.to_ascii_uppercase().to_string() + characters.as_str(),
        None => String::new(),
    }
}

/// At most 200 characters of a name, as HTML.
fn short(text: &str) -> String {
    escape(&text.chars().take(200).collect::<String>())
}

/// The steps in words, and what was said in each, for a class that looks at one window.
fn lesson(steps: &[Step]) -> String {
    let mut html = String::new();
    for step in steps {
        let (heading, words) = step.words.split_once('\n').unwrap_or((step.words, ""));
        html += &format!("<h2>{}</h2>", escape(heading));
        html += &format!("<p>{}</p><pre>", escape(&words.replace('\n', " ")));
        for line in step.said.trim().lines() {
            html += &escape(line);
            html += "\n";
        }
        html += "</pre>";
    }
    html
}

/// Text from outside as HTML: it can be read, and can do nothing.
pub fn escape(text: &str) -> String {
    // `&` comes first, because the others bring one.
    let text = terminal::escape(text).replace('&', "&amp;").replace('"', "&quot;");
    text.replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(response: &Response) -> String {
        String::from_utf8(response.bytes("GET")).unwrap()
    }

    fn signed_in_as(login: Option<&str>, name: Option<&str>) -> String {
        text(&signed_in(login, name, &[]))
    }

    #[test]
    fn markup_and_marks_in_a_name_are_shown_and_not_obeyed() {
        let page = signed_in_as(Some("<script>"), Some("\"a\" & 'b' \u{202e}\u{7}"));
        let who = "<b>&lt;script&gt;</b> (&quot;a&quot; &amp; &#39;b&#39; \\u202e\\u0007)";
        assert!(page.contains(who), "{page}");
    }

    #[test]
    fn a_person_without_a_login_or_a_name_gets_a_page_as_well() {
        for (login, name, who) in [
            (Some("octocat"), None, "You are signed in as <b>octocat</b>."),
            (None, Some("Mona"), "You are signed in as <b>Mona</b>."),
            (None, None, "You are signed in."),
        ] {
            assert!(signed_in_as(login, name).contains(who), "{who}");
        }
    }

    #[test]
    fn a_page_allows_its_own_style_and_nothing_else() {
        let page = text(&ignored(405, "Ignored", "a <reason>"));
        assert!(page.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
        assert!(page.contains("\r\nAllow: GET\r\n"));
        assert!(page.contains("<p>A &lt;reason&gt;.</p>"));
        assert!(
            page.contains("\r\nContent-Security-Policy: default-src 'none'; style-src 'sha256-")
        );
        for forbidden in ["<script", "src=", "href=", "url(", "@import", " style="] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn a_failure_tells_what_happened_and_what_to_do_with_names_as_code() {
        let page = text(&not_signed_in(
            &Error::Refused {
                leg: Leg::Token,
                status: None,
                error: "invalid_client".to_owned(),
                description: Some("X1: the client_id `<a_b>`; no".to_owned()),
            },
            &[],
        ));
        assert!(
            page.contains(
                "<p>Leg 3, the token request, was refused: <code>invalid_client</code> (X1: the client_id \
                 <code>&lt;a_b&gt;</code>; no).</p><p>Check <code>CLIENT_ID</code> and \
                 <code>CLIENT_SECRET</code>.</p>"
            ),
            "{page}"
        );
    }

    #[test]
    fn a_phrase_is_a_paragraph_whatever_its_backticks_are() {
        for (phrase, html) in [
            ("it has no code", "<p>It has no code.</p>"),
            ("`SCOPE` is odd", "<p><code>SCOPE</code> is odd.</p>"),
            ("an odd ` <i>", "<p>An odd <code> &lt;i&gt;</code>.</p>"),
            ("", "<p>.</p>"),
        ] {
            assert_eq!(paragraph(phrase), html);
        }
    }

    #[test]
    fn a_failure_has_an_error_status() {
        let error = "<b>".to_owned();
        let denied =
            Error::Refused { leg: Leg::Authorization, status: None, error, description: None };
        assert!(text(&not_signed_in(&denied, &[])).starts_with("HTTP/1.1 403 "));
        assert!(text(&not_signed_in(&denied, &[])).contains("<code>&lt;b&gt;</code>"));
        assert!(
            text(&not_signed_in(
                &Error::RateLimited { leg: Leg::Profile, when: String::new() },
                &[]
            ))
            .starts_with("HTTP/1.1 502 ")
        );
    }
}
