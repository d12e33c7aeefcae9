//! The steps of a login on the page after `--explain`, for a class that looks at one window: the drawing,
//! and then each step in words, with its bytes folded.
//!
//! ```text
//! <svg>…</svg><h2>Leg 3: …</h2><p>…</p><details><summary>As the terminal shows it</summary><pre>…
//! ```
//!
//! Shown by `tests/suite/lesson.rs`, and in a browser by `tests/browser.rs`.

use crate::ask::json::{Object, Value};
use crate::ask::shown::{Direction, Message};
use crate::ask::step::{Said, ShownStep};
use crate::show::drawing::{Drawing, Party, is_drawn};
use crate::show::html::{class_of, coloured, escape, with_code};
use crate::wire::form::Form;

/// The steps, and why the login failed, if it did: that is a problem of its last message.
pub(super) fn html(steps: &[ShownStep], failure: Option<&str>) -> String {
    let mut drawing = Drawing::default();
    let mut text = String::new();
    for step in steps {
        draw(step, &mut drawing);
        text += &words(step);
    }
    if let Some(failure) = failure {
        drawing.problem(failure);
    }
    drawing.html() + &text
}

/// A step in words, and what was said in it.
fn words(step: &ShownStep) -> String {
    let heading = escape(step.lesson.heading);
    let words = with_code(&step.lesson.words.replace('\n', " "));
    let mut html = format!("<h2>{heading}</h2><p>{words}</p>");
    if step.said.is_empty() {
        return html;
    }
    html += "<details><summary>As the terminal shows it</summary><pre>";
    for said in &step.said {
        match said {
            Said::Line(line) => html += &lines(line.trim_start()),
            Said::Parameter { name, value, purpose } => {
                let class = class_of(name).unwrap_or_default();
                let name = escape(name);
                let value = escape(value);
                html += &format!("  <span class=\"{class}\">{name} = {value}</span> ({purpose})\n");
            }
            Said::Message(message) => {
                let class = match message.direction {
                    Direction::Sent => "sent",
                    Direction::Received => "received",
                };
                html += &format!("<span class=\"{class}\">{}</span>", lines(&message.lines()));
            }
        }
    }
    html + "</pre></details>"
}

fn lines(text: &str) -> String {
    let mut html = String::new();
    for line in text.lines() {
        html += &coloured(line.trim_end_matches('\r'));
        html.push('\n');
    }
    html
}

/// Draws the messages of a step. That of leg 1 goes from the browser to the provider, so that this program
/// has only its parameters.
fn draw(step: &ShownStep, drawing: &mut Drawing) {
    let leg = step.lesson.leg();
    let mut is_asked = false;
    for said in &step.said {
        match said {
            Said::Line(_) => {}
            Said::Parameter { name, value, .. } => {
                if !is_asked {
                    drawing.arrow(
                        Party::Browser,
                        Party::Provider,
                        leg,
                        "GET the authorization URL",
                    );
                    is_asked = true;
                }
                drawing.parameter(name, value);
            }
            Said::Message(message) => draw_message(leg, message, drawing),
        }
    }
}

/// Draws a message that the browser, this program or the provider has sent, secrets masked.
fn draw_message(leg: &str, message: &Message, drawing: &mut Drawing) {
    let mut rest = message.shown.text.as_str();
    let mut first = "";
    let mut authorization = "";
    while let Some((line, after)) = rest.split_once('\n') {
        rest = after;
        let line = line.strip_suffix('\r').unwrap_or(line);
        // RFC 9110 §15.2: interim responses may come before the final one.
        if line.is_empty() && !first.starts_with("HTTP/1.1 1") {
            break;
        }
        if first.is_empty() || line.starts_with("HTTP/1.1 ") {
            first = line;
        }
        if let Some(value) = line.strip_prefix("authorization: ") {
            authorization = value;
        }
    }
    let (from, to) = match message.direction {
        Direction::Sent => (Party::Client, message.peer),
        Direction::Received => (message.peer, Party::Client),
    };
    if let Some(status) = first.strip_prefix("HTTP/1.1 ") {
        drawing.arrow(from, to, leg, status);
    } else {
        let target = first.strip_suffix(" HTTP/1.1").unwrap_or(first);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        drawing.arrow(from, to, leg, path);
        draw_form(query, drawing);
    }
    if !authorization.is_empty() {
        drawing.parameter("authorization", authorization);
    }
    if rest.starts_with('{') {
        draw_members(rest, drawing);
    } else if message.direction == Direction::Sent {
        draw_form(rest, drawing);
    }
    if let Some(problem) = message.problem {
        drawing.problem(problem);
    }
}

fn draw_form(text: &str, drawing: &mut Drawing) {
    for (name, value) in Form::decode(text).pairs() {
        drawing.parameter(name, value);
    }
}

/// Draws the members of an answer that have to do with the login.
fn draw_members(json: &str, drawing: &mut Drawing) {
    let Ok(object) = Object::parse(json.as_bytes()) else { return };
    for member in &object.members {
        if !is_drawn(&member.name) {
            continue;
        }
        if let Value::Text(text) = &member.value {
            drawing.parameter(&member.name, text);
        }
    }
}
