//! What the browser's tab shows: plain HTML, readable in light and dark, no script, nothing from
//! outside.
//!
//! ```text
//! Content-Security-Policy: default-src 'none'; style-src 'sha256-…'; base-uri 'none'; …
//!
//! <!doctype html><html lang="en">…<h1>Signed in</h1><p>You are signed in as <b>octocat</b>…
//! ```

use serde_json::{Map, Value};

use crate::error::{Error, Leg};
use crate::secret::{base64url, sha256};
use crate::{terminal, wire::response::Response};

const STYLE: &str = ":root{color-scheme:light dark}\
body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;padding:0 1rem;overflow-wrap:anywhere}\
h1{font-size:1.5rem}h2{font-size:1.3rem;margin-top:3rem}h3{font-size:1.1rem;margin-top:2rem}\
button{font:inherit;padding:.4rem 1rem;margin:0 .5rem .3rem 0}";

/// The page after a login: who is signed in, up to 200 characters, or why nobody is.
pub fn after(result: &Result<Option<&Map<String, Value>>, &Error>) -> Response {
    let failed = |status, error: &Error| {
        let more = "<p>You can close this tab. The terminal shows more.</p>";
        html(status, "Not signed in", &(paragraph(&error.to_string()) + more))
    };
    let profile = match result {
        Ok(profile) => *profile,
        Err(error @ Error::Refused { leg: Leg::Authorization, .. }) => return failed(403, error),
        Err(error) => return failed(502, error),
    };
    // There is room for 200 characters of each.
    let short = |key| {
        let text = profile.and_then(|members| members.get(key)?.as_str())?;
        Some(escape(&text.chars().take(200).collect::<String>())).filter(|it| !it.is_empty())
    };
    // Other providers have no login, and some people no name.
    let who = match (short("login"), short("name")) {
        (Some(login), Some(name)) => format!(" as <b>{login}</b> ({name})"),
        (Some(one), None) | (None, Some(one)) => format!(" as <b>{one}</b>"),
        (None, None) => String::new(),
    };
    html(200, "Signed in", &format!("<p>You are signed in{who}.</p><p>You can close this tab.</p>"))
}

/// The page for a request that is answered and waited past. `reason` must be this program's own.
pub fn ignored(status: u16, title: &str, reason: &str) -> Response {
    let waits = "<p>bare-oauth is still waiting: go back and choose again.</p>";
    let more = if status == 409 { "" } else { waits };
    let page = html(status, title, &(paragraph(reason) + more));
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
    // CSP 3 §2.3.1 takes base64url for base64; 32 bytes end in one `=`.
    let style = base64url::encode(&sha256::digest(STYLE.as_bytes()));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}='; base-uri 'none'; frame-ancestors 'none'"
    );
    Response::new(status, "text/html; charset=utf-8", text).with("Content-Security-Policy", policy)
}

/// A phrase as a paragraph: `its state is wrong` as `<p>Its state is wrong.</p>`
fn paragraph(phrase: &str) -> String {
    let (first, rest) = phrase.split_at_checked(1).unwrap_or(("", phrase));
    format!("<p>{}.</p>", escape(&(first.to_ascii_uppercase() + rest)))
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

    fn signed_in_as(profile: &str) -> String {
        text(&after(&Ok(Some(&serde_json::from_str(profile).unwrap()))))
    }

    #[test]
    fn markup_and_marks_in_a_name_are_shown_and_not_obeyed() {
        let page = signed_in_as(r#"{"login":"<script>","name":"\"a\" & 'b' \u202e\u0007"}"#);
        let who = "<b>&lt;script&gt;</b> (&quot;a&quot; &amp; &#39;b&#39; \\u202e\\u0007)";
        assert!(page.contains(who), "{page}");
    }

    #[test]
    fn whoever_has_no_login_or_no_name_gets_a_page_as_well() {
        for (profile, who) in [
            (r#"{"login":"octocat","name":null}"#, "signed in as <b>octocat</b>."),
            (r#"{"name":"Mona","login":""}"#, "signed in as <b>Mona</b>."),
            ("{}", "You are signed in."),
        ] {
            assert!(signed_in_as(profile).contains(who), "{profile}");
        }
        assert!(text(&after(&Ok(None))).contains("You are signed in."));
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
    fn a_failure_has_an_error_status() {
        let error = "<b>".to_owned();
        let denied = Error::Refused { leg: Leg::Authorization, error, description: None };
        assert!(text(&after(&Err(&denied))).starts_with("HTTP/1.1 403 "));
        assert!(text(&after(&Err(&denied))).contains("`&lt;b&gt;`"));
        assert!(
            text(&after(&Err(&Error::RateLimited(String::new())))).starts_with("HTTP/1.1 502 ")
        );
    }
}
