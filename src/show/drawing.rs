//! A login as a drawing: a line for the browser, the client and the provider each, and an arrow for each
//! message, under its parameters. The lines are inline SVG, because a page has no script and loads nothing.
//!
//! ```text
//!  browser            client           provider
//!     │ Leg 2, browser to client: GET /callback
//!     │ code = 4f2c… (20 characters)       │
//!     │ state = 6GtQ… (43 characters)      │
//!     ├────────────────►│                  │
//! ```
//!
//! The text is HTML between them, so that it is as large on a phone as on a projector, and wraps. `state`,
//! `code`, and challenge and verifier have a colour each, and an arrow with a problem is red.
//!
//! Left out: masking, which comes before. Shown by the tables below, and in a browser by
//! `tests/browser.rs`.

use crate::secret::masked;
use crate::show::html::{class_of, escape, short, with_code};

/// The sides of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    Browser,
    Client,
    Provider,
}

/// How many arrows a drawing has, and how many parameters an arrow.
const MAX_ARROWS: usize = 40;
const MAX_PARAMETERS: usize = 12;

/// The three lines, and their names.
const BEGIN: &str = "<div class=\"drawing\" role=\"group\" aria-label=\"The login as a drawing\"><svg>\
    <line x1=\"11%\" x2=\"11%\" y2=\"100%\"/><line x1=\"50%\" x2=\"50%\" y2=\"100%\"/>\
    <line x1=\"89%\" x2=\"89%\" y2=\"100%\"/></svg><div><b class=\"browser\">browser</b>\
    <b class=\"client\">client</b><b class=\"provider\">provider</b></div>";

impl Party {
    /// Its name, which is also its class.
    pub fn name(self) -> &'static str {
        match self {
            Self::Browser => "browser",
            Self::Client => "client",
            Self::Provider => "provider",
        }
    }

    /// Where its line is, in percent of the width.
    fn place(self) -> u8 {
        match self {
            Self::Browser => 11,
            Self::Client => 50,
            Self::Provider => 89,
        }
    }
}

/// Whether a member of a token response, an error or a profile has to do with the login.
pub fn is_drawn(name: &str) -> bool {
    let is_of_a_token = matches!(name, "access_token" | "refresh_token" | "token_type" | "scope");
    is_of_a_token || matches!(name, "error" | "message" | "login" | "name")
}

/// A drawing that grows arrow by arrow.
#[derive(Debug, Default)]
pub struct Drawing {
    html: String,
    arrows: usize,
    parameters: usize,
}

impl Drawing {
    /// Adds an arrow for a message of this leg.
    pub fn arrow(&mut self, from: Party, to: Party, leg: &str, title: &str) {
        self.arrows += 1;
        self.parameters = 0;
        if self.is_full() {
            return;
        }
        let is_of_the_browser = from == Party::Browser || to == Party::Browser;
        let side = if is_of_the_browser { "left" } else { "right" };
        let tail = from.place();
        let head = to.place();
        let back = if head > tail { "-9" } else { " 9" };
        let from = from.name();
        let to = to.name();
        let title = short(title);
        // A paragraph ends where the next one begins.
        self.html += &format!(
            "<p class=\"{side}\"><svg><line x1=\"{tail}%\" x2=\"{head}%\" y1=\"5\" y2=\"5\"/><svg x=\"{head}%\" y=\"5\">\
             <path d=\"M0 0{back}-5v10z\"/></svg></svg><b>{leg}, {from} to {to}: {title}</b>\n"
        );
    }

    /// Adds a parameter to the last arrow. One that comes back is shown by its beginning, which is enough to
    /// compare it by.
    pub fn parameter(&mut self, name: &str, value: &str) {
        self.parameters += 1;
        if self.is_full() || self.parameters > MAX_PARAMETERS {
            return;
        }
        let class = class_of(name);
        let is_masked = value.contains('…');
        let value =
            if class.is_some() && !is_masked { escape(&masked(value, 4)) } else { short(value) };
        let class = class.unwrap_or_default();
        let name = short(name);
        self.html += &format!("<br><span class=\"{class}\">{name} = {value}</span>\n");
    }

    /// Says what went wrong at the last arrow.
    pub fn problem(&mut self, text: &str) {
        if self.arrows > 0 && !self.is_full() {
            let text = with_code(text);
            self.html += &format!("<br><em>{text}</em>\n");
        }
    }

    fn is_full(&self) -> bool {
        self.arrows > MAX_ARROWS
    }

    /// The whole drawing; nothing if it has no arrow.
    pub fn html(&self) -> String {
        if self.arrows == 0 { String::new() } else { format!("{BEGIN}{}</div>", self.html) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_goes_from_one_line_to_another_with_its_text_where_it_begins_on_the_left() {
        for (from, to, way, side, shaft, head) in [
            (
                Party::Browser,
                Party::Client,
                "browser to client",
                "left",
                "x1=\"11%\" x2=\"50%\"",
                "-9",
            ),
            (
                Party::Browser,
                Party::Provider,
                "browser to provider",
                "left",
                "x1=\"11%\" x2=\"89%\"",
                "-9",
            ),
            (
                Party::Client,
                Party::Provider,
                "client to provider",
                "right",
                "x1=\"50%\" x2=\"89%\"",
                "-9",
            ),
            (
                Party::Provider,
                Party::Client,
                "provider to client",
                "right",
                "x1=\"89%\" x2=\"50%\"",
                " 9",
            ),
            (
                Party::Provider,
                Party::Browser,
                "provider to browser",
                "left",
                "x1=\"89%\" x2=\"11%\"",
                " 9",
            ),
        ] {
            let mut drawing = Drawing::default();
            drawing.arrow(from, to, "Leg 2", "GET /<b>");
            let html = drawing.html();
            for part in [
                format!("<p class=\"{side}\"><svg><line {shaft} "),
                format!("<path d=\"M0 0{head}-5v10z\"/>"),
                format!("<b>Leg 2, {way}: GET /&lt;b&gt;</b>"),
            ] {
                assert!(html.contains(&part), "{part} isn't in {html}");
            }
        }
    }

    #[test]
    fn a_value_that_comes_back_has_its_colour_and_is_shown_by_its_beginning() {
        for (name, value, class, line) in [
            ("state", "0123456789", "state", "state = 0123… (10 characters)"),
            ("state", "0123… (43 characters)", "state", "state = 0123… (43 characters)"),
            ("code", "c0de… (20 characters)", "code", "code = c0de… (20 characters)"),
            ("code", "c0de", "code", "code = … (4 characters)"),
            ("code_challenge", "E9Melhoa2Owv", "pkce", "code_challenge = E9Me… (12 characters)"),
            ("code_verifier", "… (43 characters)", "pkce", "code_verifier = … (43 characters)"),
            ("scope", "read:user", "", "scope = read:user"),
            ("a<b>", "\u{202e}&\"", "", "a&lt;b&gt; = \\u202e&amp;&quot;"),
        ] {
            let mut drawing = Drawing::default();
            drawing.arrow(Party::Browser, Party::Client, "Leg 2", "GET /cb");
            drawing.parameter(name, value);
            let html = drawing.html();
            let line = format!("<br><span class=\"{class}\">{line}</span>");
            assert!(html.contains(&line), "{line} isn't in {html}");
        }
    }

    #[test]
    fn a_problem_belongs_to_the_arrow_before_it() {
        let mut drawing = Drawing::default();
        drawing.problem("nothing has happened yet");
        assert_eq!(drawing.html(), "");
        drawing.arrow(Party::Browser, Party::Client, "Leg 2", "GET /a");
        drawing.problem("it has <no> state");
        drawing.arrow(Party::Browser, Party::Client, "Leg 2", "GET /b");
        let html = drawing.html();
        let (first, second) = html.rsplit_once("<p ").unwrap();
        assert!(first.contains("GET /a</b>\n<br><em>it has &lt;no&gt; state</em>"), "{html}");
        assert!(second.ends_with("GET /b</b>\n</div>"), "{html}");
    }

    #[test]
    fn a_drawing_is_bounded_in_every_direction() {
        let mut drawing = Drawing::default();
        for _ in 0..100 {
            drawing.arrow(Party::Client, Party::Provider, "Leg 3", &"t".repeat(999));
            for _ in 0..100 {
                drawing.parameter(&"n".repeat(999), &"v".repeat(999));
            }
            drawing.problem("p");
        }
        let html = drawing.html();
        assert_eq!(html.matches("<p ").count(), MAX_ARROWS);
        assert_eq!(html.matches("<em>").count(), MAX_ARROWS);
        assert_eq!(html.matches("<span ").count(), MAX_ARROWS * MAX_PARAMETERS);
        assert!(html.len() < MAX_ARROWS * MAX_PARAMETERS * 500, "{}", html.len());
    }
}
