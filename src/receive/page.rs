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

use crate::ask::step::ShownStep;
use crate::error::Error;
use crate::receive::steps;
use crate::secret::{base64url, sha256};
use crate::show::drawing::Party;
use crate::show::html::{escape, paragraph, short};
use crate::wire::response::Response;

/// The style of every page.
const STYLE: &str = include_str!("style.css");
const CLOSE: &str = "<p>You can close this tab.</p>";

/// A page: who speaks, in a band on top; what has happened, as its title; and the rest, which is HTML
/// already.
#[derive(Debug)]
pub struct Page<'a> {
    pub speaker: Speaker<'a>,
    pub status: u16,
    pub title: &'a str,
    pub news: News,
    /// The style of its own, which follows that of every page.
    pub own_style: &'static str,
    pub body: &'a str,
}

/// The side that speaks on a page, which the band shows in the colour of the side.
#[derive(Clone, Copy, Debug)]
pub struct Speaker<'a> {
    pub side: Party,
    pub name: &'a str,
    /// Scheme, host and port.
    pub origin: &'a str,
}

/// The kind of news in the title. Its colour shows it at a glance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    Good,
    Bad,
    Neither,
}

impl Page<'_> {
    /// The response that brings the page.
    pub fn response(&self) -> Response {
        let Self { speaker, status, title, body, .. } = self;
        let style = format!("{STYLE}{}", self.own_style);
        let side = speaker.side.name();
        let name = escape(speaker.name);
        let origin = escape(speaker.origin);
        let news = match self.news {
            News::Good => "yes",
            News::Bad => "no",
            News::Neither => "neither",
        };
        let text = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title} – {name}</title>\
             <style>{style}</style></head><body class=\"{news}\"><header class=\"{side}\">\
             <b>{name}</b>, the {side}, at <b>{origin}</b></header><main><h1>{title}</h1>{body}</main></body></html>\n"
        );
        // CSP 3 §2.3.1 accepts base64url in place of base64; 32 bytes end in one `=`.
        let hash = base64url::encode(&sha256::digest(style.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{hash}='; base-uri 'none'; frame-ancestors 'none'"
        );
        Response::new(*status, "text/html; charset=utf-8", text)
            .with("Content-Security-Policy", policy)
    }
}

/// A page of the login's own.
fn page(origin: &str, status: u16, title: &str, news: News, body: &str) -> Response {
    let speaker = Speaker { side: Party::Client, name: "bare-oauth", origin };
    Page { speaker, status, title, news, own_style: "", body }.response()
}

/// The page after a login: who is signed in, by login and name, and the steps. Other providers have
/// no login, and some people no name.
pub fn signed_in(
    origin: &str,
    login: Option<&str>,
    name: Option<&str>,
    steps: &[ShownStep],
) -> Response {
    let who = match (login, name) {
        (Some(login), Some(name)) => format!(" as <b>{}</b> ({})", short(login), short(name)),
        (Some(only), None) | (None, Some(only)) => format!(" as <b>{}</b>", short(only)),
        (None, None) => String::new(),
    };
    let steps = steps::html(steps, None);
    let body = format!("<p>You are signed in{who}.</p>{CLOSE}{steps}");
    page(origin, 200, "Signed in", News::Good, &body)
}

/// The page after a login that failed: what happened, what to do, and the steps.
pub fn not_signed_in(origin: &str, error: &Error, steps: &[ShownStep]) -> Response {
    let mut body = String::new();
    let mut status = 502;
    if let Error::NotAuthorized { error, .. } = error {
        status = 403;
        // RFC 6749 §4.1.2.1: "The resource owner or authorization server denied the request."
        if error == "access_denied" {
            body += "<p><b>You said no</b> at the provider, or the provider did.</p>";
        }
    }
    body += &paragraph(&error.what());
    if let Some(advice) = error.advice() {
        body += &paragraph(&advice);
    }
    body += CLOSE;
    body += &steps::html(steps, Some(&error.what()));
    page(origin, status, "Not signed in", News::Bad, &body)
}

/// The page for a request that isn't taken as the callback, before the callback has come or after.
/// `reason` must be this program's own.
pub fn ignored(origin: &str, status: u16, title: &str, reason: &str, is_waiting: bool) -> Response {
    let mut body = paragraph(reason);
    let mut news = News::Neither;
    if is_waiting {
        news = News::Bad;
        body += "<p>bare-oauth is still waiting: go back and choose again, or look in the terminal.</p>";
    }
    let response = page(origin, status, title, news, &body);
    // RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response".
    if status == 405 { response.with("Allow", "GET") } else { response }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Leg;

    const HERE: &str = "http://localhost:8000";

    fn text(response: &Response) -> String {
        String::from_utf8(response.bytes("GET")).unwrap()
    }

    fn signed_in_as(login: Option<&str>, name: Option<&str>) -> String {
        text(&signed_in(HERE, login, name, &[]))
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
        let page = text(&ignored(HERE, 405, "Ignored", "a <reason>", true));
        assert!(page.starts_with("HTTP/1.1 405 Method Not Allowed\r\n"));
        assert!(page.contains("\r\nAllow: GET\r\n"));
        assert!(page.contains("<p>A &lt;reason&gt;.</p>"));
        assert!(
            page.contains("\r\nContent-Security-Policy: default-src 'none'; style-src 'sha256-")
        );
        assert!(page.contains("='; base-uri 'none'; frame-ancestors 'none'\r\n"));
        for forbidden in ["<script", "src=", "href=", "url(", "@import", " style="] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
    }

    #[test]
    fn a_failure_tells_what_happened_and_what_to_do_with_names_as_code() {
        let page = text(&not_signed_in(
            HERE,
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
                 <code>&lt;a_b&gt;</code>; no).</p><p>Check <code>CLIENT_ID</code>, \
                 <code>CLIENT_SECRET</code> and <code>CLIENT_AUTH</code>.</p>"
            ),
            "{page}"
        );
    }

    #[test]
    fn a_failure_has_an_error_status() {
        let error = "<b>".to_owned();
        let denied = Error::NotAuthorized { error, description: None };
        assert!(text(&not_signed_in(HERE, &denied, &[])).starts_with("HTTP/1.1 403 "));
        assert!(text(&not_signed_in(HERE, &denied, &[])).contains("<code>&lt;b&gt;</code>"));
        assert!(
            text(&not_signed_in(
                HERE,
                &Error::RateLimited { leg: Leg::Profile, when: String::new(), said: None },
                &[]
            ))
            .starts_with("HTTP/1.1 502 ")
        );
    }
}
