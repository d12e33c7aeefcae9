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
use crate::ask::step::{Said, Step};
use crate::show::drawing::{self, Arrow, Parameter, Party};
use crate::show::html::{class, coloured, escape, with_code};
use crate::wire::form::Form;

/// The members of an answer that are drawn.
const DRAWN: [&str; 12] = [
    "access_token",
    "token_type",
    "expires_in",
    "refresh_token",
    "scope",
    "error",
    "error_description",
    "message",
    "login",
    "name",
    "sub",
    "email",
];

/// The steps, and why the login failed, if it did: that is a problem of its last message.
pub(super) fn html(steps: &[Step], failure: Option<&str>) -> String {
    let mut arrows = Vec::new();
    let mut text = String::new();
    for step in steps {
        add_arrows(step, &mut arrows);
        text += &words(step);
    }
    if let (Some(failure), Some(last)) = (failure, arrows.last_mut()) {
        last.problems.push(failure.replace('`', ""));
    }
    drawing::svg(&arrows) + &text
}

/// A step in words, and what was said in it.
fn words(step: &Step) -> String {
    let (heading, words) = step.words.split_once('\n').unwrap_or((step.words, ""));
    let heading = escape(heading);
    let words = with_code(&words.replace('\n', " "));
    let mut html = format!("<h2>{heading}</h2><p>{words}</p>");
    if step.said.is_empty() {
        return html;
    }
    html += "<details><summary>As the terminal shows it</summary><pre>";
    for said in &step.said {
        match said {
            Said::Line(line) => html += &lines(line.trim_start()),
            Said::Parameter { name, value, purpose } => {
                let class = class(name).unwrap_or("plain");
                let name = escape(name);
                let value = escape(value);
                html += &format!("  <code class=\"{class}\">{name} = {value}</code> ({purpose})\n");
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

/// The messages of a step, as arrows. That of leg 1 goes from the browser to the provider, so that this
/// program has only its parameters.
fn add_arrows(step: &Step, arrows: &mut Vec<Arrow>) {
    let (leg, _) = step.words.split_once(':').unwrap_or_default();
    let mut asked = Vec::new();
    for said in &step.said {
        if let Said::Parameter { name, value, .. } = said {
            asked.push(Parameter { name: name.clone(), value: value.clone() });
        }
    }
    if !asked.is_empty() {
        arrows.push(Arrow {
            from: Party::Browser,
            to: Party::Provider,
            title: format!("{leg}: GET the authorization URL"),
            parameters: asked,
            problems: Vec::new(),
        });
    }
    for said in &step.said {
        if let Said::Message(message) = said {
            arrows.push(arrow(leg, message));
        }
    }
}

/// A message as the browser, this program or the provider has sent it, secrets masked.
fn arrow(leg: &str, message: &Message) -> Arrow {
    let mut parameters = Vec::new();
    let mut first = "";
    let mut lines = message.shown.text.lines();
    for line in lines.by_ref() {
        // RFC 9110 §15.2: interim responses may come before the final one.
        if line.is_empty() && !first.starts_with("HTTP/1.1 1") {
            break;
        }
        if first.is_empty() || line.starts_with("HTTP/") {
            first = line;
        }
        if let Some(("authorization", value)) = line.split_once(": ") {
            add("authorization", value, &mut parameters);
        }
    }
    let title = if let Some(status) = first.strip_prefix("HTTP/1.1 ") {
        status
    } else {
        let (target, _) = first.rsplit_once(' ').unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        add_form(query, &mut parameters);
        path
    };
    let mut body = String::new();
    for line in lines {
        body += line;
    }
    if body.starts_with('{') {
        add_members(&body, &mut parameters);
    } else if message.direction == Direction::Sent {
        add_form(&body, &mut parameters);
    }
    let mut problems = Vec::new();
    if let Some(problem) = message.problem {
        problems.push(problem.to_owned());
    }
    let title = format!("{leg}: {title}");
    match message.direction {
        Direction::Sent => {
            Arrow { from: Party::Client, to: message.peer, title, parameters, problems }
        }
        Direction::Received => {
            Arrow { from: message.peer, to: Party::Client, title, parameters, problems }
        }
    }
}

fn add(name: &str, value: &str, parameters: &mut Vec<Parameter>) {
    parameters.push(Parameter { name: name.to_owned(), value: value.to_owned() });
}

fn add_form(text: &str, parameters: &mut Vec<Parameter>) {
    let Ok(form) = Form::decode(text) else { return };
    for (name, value) in form.pairs() {
        add(name, value, parameters);
    }
}

fn add_members(json: &str, parameters: &mut Vec<Parameter>) {
    let Ok(object) = Object::parse(json.as_bytes()) else { return };
    for member in &object.members {
        if !DRAWN.contains(&member.name.as_str()) {
            continue;
        }
        match &member.value {
            Value::Null => {}
            Value::Text(text) | Value::Other(text) => add(&member.name, text, parameters),
        }
    }
}
