//! Text as HTML. What comes from outside can be read, and can do nothing.
//!
//! ```text
//! <script> & "x"      &lt;script&gt; &amp; &quot;x&quot;
//! check `SCOPE`       <p>Check <code>SCOPE</code>.</p>
//! code=4f2c…&a=b      <span class="code">code=4f2c…</span>&amp;a=b
//! ```
//!
//! Shown by the tables below.

use crate::show::terminal;

/// Text from outside as HTML.
pub fn escape(text: &str) -> String {
    // `&` comes first, because the others bring one.
    let text = terminal::escape(text).replace('&', "&amp;").replace('"', "&quot;");
    text.replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#39;")
}

/// A phrase of ours as a paragraph, with what stands in backticks as code.
pub fn paragraph(phrase: &str) -> String {
    format!("<p>{}.</p>", capitalized(&with_code(phrase)))
}

/// A text of ours, with what stands in backticks as code.
pub fn with_code(text: &str) -> String {
    let mut html = String::new();
    let mut is_code = false;
    for piece in escape(text).split('`') {
        if is_code {
            html += &format!("<code>{piece}</code>");
        } else {
            html += piece;
        }
        is_code = !is_code;
    }
    html
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

/// At most 200 characters of a text from outside, as HTML.
pub fn short(text: &str) -> String {
    escape(&text.chars().take(200).collect::<String>())
}

/// The class, and with it the colour, of a parameter that comes back in another leg.
pub fn class_of(name: &str) -> Option<&'static str> {
    match name {
        "state" => Some("state"),
        "code" => Some("code"),
        "code_challenge" | "code_verifier" => Some("pkce"),
        _ => None,
    }
}

/// A line of a message, with each such parameter in its colour.
pub fn coloured(line: &str) -> String {
    let mut html = String::new();
    let mut separator = "";
    for piece in line.split('&') {
        html += separator;
        separator = "&amp;";
        let pair = match piece.split_once('?') {
            Some((path, pair)) => {
                html += &escape(path);
                html.push('?');
                pair
            }
            None => piece,
        };
        let (name, _) = pair.split_once('=').unwrap_or_default();
        let text = escape(pair);
        match class_of(name) {
            None => html += &text,
            Some(class) => html += &format!("<span class=\"{class}\">{text}</span>"),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_parameter_that_comes_back_has_a_colour_wherever_it_stands_in_a_line() {
        for (line, html) in [
            ("", ""),
            ("Host: a&b", "Host: a&amp;b"),
            (
                "GET /callback?code=4f… (20 characters)&state=<x>&a=b HTTP/1.1",
                "GET /callback?<span class=\"code\">code=4f… (20 characters)</span>&amp;\
                 <span class=\"state\">state=&lt;x&gt;</span>&amp;a=b HTTP/1.1",
            ),
            ("<a>?<b>?c", "&lt;a&gt;?&lt;b&gt;?c"),
            (
                "code_challenge=E9&code_verifier=…",
                "<span class=\"pkce\">code_challenge=E9</span>&amp;\
                 <span class=\"pkce\">code_verifier=…</span>",
            ),
            ("a_state=b&Code=c&code", "a_state=b&amp;Code=c&amp;code"),
        ] {
            assert_eq!(coloured(line), html);
        }
    }
}
