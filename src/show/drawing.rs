//! A login as a drawing: browser, client and provider, and an arrow for each message, with its
//! parameters. Inline SVG, because a page has no script and loads nothing.
//!
//! ```text
//!  browser            client           provider
//!     │ Leg 2: GET /callback               │
//!     │ code=4f2c… (20 characters)         │
//!     │ state=6GtQ… (43 characters)        │
//!     ├────────────────►│                  │
//! ```
//!
//! Lengths are in percent of the page's width and in em, so that the text is never scaled: it is as large on
//! a phone as on a projector, and its lines are short enough for both. `state`, `code`, and challenge and
//! verifier have a colour each, and an arrow with a problem is red.
//!
//! Left out: masking, which comes before. Shown by the table below, and in a browser by
//! `tests/browser.rs`.

use crate::secret::masked;
use crate::show::html::{class, escape};

/// The sides of a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    Browser,
    Client,
    Provider,
}

/// A message, from one party to another.
#[derive(Debug)]
pub struct Arrow {
    pub from: Party,
    pub to: Party,
    pub title: String,
    pub parameters: Vec<Parameter>,
    /// The things that went wrong here.
    pub problems: Vec<String>,
}

/// A parameter of a message, with its value as it may be shown.
#[derive(Debug)]
pub struct Parameter {
    pub name: String,
    pub value: String,
}

/// The longest line, in characters: it fits a page of 400 pixels.
const LINE: usize = 48;
/// How many parameters an arrow has room for, and how many arrows a drawing has.
const MAX_PARAMETERS: usize = 12;
const MAX_ARROWS: usize = 40;
/// The height of a line, and of the gap below an arrow, in tenths of an em.
const HEIGHT: usize = 14;
const GAP: usize = 12;

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
    fn place(self) -> usize {
        match self {
            Self::Browser => 11,
            Self::Client => 50,
            Self::Provider => 89,
        }
    }
}

/// The drawing of these messages; nothing where there are none.
pub fn svg(arrows: &[Arrow]) -> String {
    if arrows.is_empty() {
        return String::new();
    }
    let mut inside = String::new();
    let mut y = 2 * HEIGHT + GAP;
    for arrow in arrows.iter().take(MAX_ARROWS) {
        let lines = lines(arrow);
        let class = if arrow.problems.is_empty() { "" } else { " class=\"bad\"" };
        let way = format!("{} to {}", arrow.from.name(), arrow.to.name());
        inside += &format!("<g{class} role=\"group\" aria-label=\"{way}\">");
        inside += &text(arrow, &lines, y);
        y += lines.len() * HEIGHT;
        inside += &shaft(arrow, y);
        inside += "</g>";
        y += GAP;
    }
    let height = em(y);
    let mut svg =
        format!("<svg role=\"group\" aria-label=\"The login as a drawing\" height=\"{height}\">");
    for party in [Party::Browser, Party::Client, Party::Provider] {
        let x = party.place();
        let name = party.name();
        svg += &format!(
            "<line x1=\"{x}%\" x2=\"{x}%\" y1=\"2em\" y2=\"{height}\"/><svg x=\"{x}%\">\
             <rect class=\"{name}\" x=\"-3.2em\" width=\"6.4em\" height=\"2em\"/><text y=\"1.4em\">{name}</text></svg>"
        );
    }
    svg + &inside + "</svg>"
}

/// A line of an arrow's text.
struct Line {
    class: &'static str,
    text: String,
}

fn lines(arrow: &Arrow) -> Vec<Line> {
    let mut lines = vec![Line { class: "title", text: cut(&arrow.title) }];
    for parameter in arrow.parameters.iter().take(MAX_PARAMETERS) {
        lines.push(line_of(parameter));
    }
    let left = arrow.parameters.len().saturating_sub(MAX_PARAMETERS);
    if left > 0 {
        lines.push(Line { class: "more", text: format!("and {left} more") });
    }
    for problem in &arrow.problems {
        for text in wrap(problem) {
            lines.push(Line { class: "bad", text });
        }
    }
    lines
}

/// A value that comes back is shown by its beginning, which is enough to compare it by.
fn line_of(parameter: &Parameter) -> Line {
    let Parameter { name, value } = parameter;
    let is_long = !value.contains('…');
    match class(name) {
        Some(class) if is_long => {
            Line { class, text: cut(&format!("{name} = {}", masked(value, 4))) }
        }
        Some(class) => Line { class, text: cut(&format!("{name} = {value}")) },
        None => Line { class: "plain", text: cut(&format!("{name} = {value}")) },
    }
}

/// The beginning of a text, as long as a line.
fn cut(text: &str) -> String {
    if text.chars().count() <= LINE {
        return text.to_owned();
    }
    let mut beginning: String = text.chars().take(LINE - 1).collect();
    beginning.push('…');
    beginning
}

/// The words of a text in lines.
fn wrap(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > LINE {
            lines.push(line);
            line = String::new();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += &cut(word);
    }
    lines.push(line);
    lines
}

/// The lines, from this height on. On a wide page they begin where the arrow does.
fn text(arrow: &Arrow, lines: &[Line], y: usize) -> String {
    let is_of_the_browser = arrow.from == Party::Browser || arrow.to == Party::Browser;
    let side = if is_of_the_browser { "left" } else { "right" };
    let mut text = format!("<text class=\"{side}\" y=\"{}\">", em(y));
    let height = em(HEIGHT);
    for Line { class, text: line } in lines {
        let line = escape(line);
        text += &format!("<tspan class=\"{class}\" x=\"0\" dy=\"{height}\">{line}</tspan>\n");
    }
    text + "</text>"
}

/// The line with the arrow's head, below its text.
fn shaft(arrow: &Arrow, y: usize) -> String {
    let from = arrow.from.place();
    let to = arrow.to.place();
    let y = em(y + GAP / 2);
    let back = if to > from { "-9" } else { " 9" };
    format!(
        "<line x1=\"{from}%\" x2=\"{to}%\" y1=\"{y}\" y2=\"{y}\"/>\
         <svg x=\"{to}%\" y=\"{y}\"><path d=\"M0 0{back}-5v10z\"/></svg>"
    )
}

/// Tenths of an em.
fn em(tenths: usize) -> String {
    format!("{}.{}em", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, value: &str) -> Parameter {
        Parameter { name: name.to_owned(), value: value.to_owned() }
    }

    fn arrow(from: Party, to: Party, parameters: Vec<Parameter>) -> Arrow {
        Arrow { from, to, title: "Leg 2: GET /cb".to_owned(), parameters, problems: Vec::new() }
    }

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
            let svg = svg(&[arrow(from, to, Vec::new())]);
            for part in [
                format!("<g role=\"group\" aria-label=\"{way}\"><text class=\"{side}\""),
                "<tspan class=\"title\" x=\"0\" dy=\"1.4em\">Leg 2: GET /cb</tspan>".to_owned(),
                format!("<line {shaft} "),
                format!("<path d=\"M0 0{head}-5v10z\"/>"),
            ] {
                assert!(svg.contains(&part), "{part} isn't in {svg}");
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
            ("scope", "read:user", "plain", "scope = read:user"),
            ("a<b>", "\u{202e}&\"", "plain", "a&lt;b&gt; = \\u202e&amp;&quot;"),
        ] {
            let svg = svg(&[arrow(Party::Browser, Party::Client, vec![parameter(name, value)])]);
            let line = format!("<tspan class=\"{class}\" x=\"0\" dy=\"1.4em\">{line}</tspan>");
            assert!(svg.contains(&line), "{line} isn't in {svg}");
        }
    }

    #[test]
    fn an_arrow_with_a_problem_is_red_and_no_other_is() {
        let right = arrow(Party::Browser, Party::Client, Vec::new());
        let mut wrong = arrow(Party::Provider, Party::Client, Vec::new());
        wrong.problems.push("it has <no> state".to_owned());
        let svg = svg(&[right, wrong]);
        assert!(svg.contains("<g role=\"group\" aria-label=\"browser to client\">"), "{svg}");
        assert!(
            svg.contains("<g class=\"bad\" role=\"group\" aria-label=\"provider to client\">"),
            "{svg}"
        );
        assert!(svg.contains(">it has &lt;no&gt; state</tspan>"), "{svg}");
    }

    #[test]
    fn a_drawing_is_bounded_in_every_direction() {
        assert_eq!(svg(&[]), "");
        let mut arrows = Vec::new();
        for _ in 0..100 {
            let parameters = (0..100).map(|_| parameter(&"n".repeat(99), &"v".repeat(99)));
            arrows.push(arrow(Party::Client, Party::Provider, parameters.collect()));
            arrows.last_mut().unwrap().problems.push("word ".repeat(30) + &"w".repeat(99));
        }
        let svg = svg(&arrows);
        assert_eq!(svg.matches("<g ").count(), MAX_ARROWS);
        assert_eq!(svg.matches("class=\"plain\"").count(), MAX_ARROWS * MAX_PARAMETERS);
        assert_eq!(svg.matches(">and 88 more<").count(), MAX_ARROWS);
        let lines: Vec<_> =
            svg.lines().filter_map(|line| line.split("dy=\"1.4em\">").nth(1)).collect();
        assert!(lines.len() > MAX_ARROWS * MAX_PARAMETERS);
        for line in lines {
            let line = line.strip_suffix("</tspan>").unwrap();
            assert!(line.chars().count() <= LINE, "{line}");
        }
    }
}
