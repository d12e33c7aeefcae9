//! The parameters of a request, read as generously as they come.
//!
//! ```text
//! POST /login/oauth/access_token?client_id=…&client_secret=…                 in the address
//! {"client_id":"practice","client_secret":"…","code":"…"}                    as JSON
//! ```

use super::http::Message;
use crate::ask::json::{Object, Value};
use crate::wire::form::{self, Form};

/// How many parameters of a form or of a JSON object are read.
const MAX_PARAMETERS: usize = 100;
/// The memory that a parameter takes besides its text, in bytes.
const PARAMETER_SIZE: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) value: String,
}

impl Parameter {
    /// How much memory it takes.
    pub(super) fn size(&self) -> usize {
        self.name.len() + self.value.len() + PARAMETER_SIZE
    }
}

/// The first value of a parameter; none if it is empty.
pub(super) fn first<'a>(parameters: &'a [Parameter], name: &str) -> Option<&'a str> {
    let parameter = parameters.iter().find(|parameter| parameter.name == name)?;
    if parameter.value.is_empty() { None } else { Some(&parameter.value) }
}

/// The first parameter that stands there twice. RFC 8707 §2 allows that to `resource`.
pub(super) fn repeated(parameters: &[Parameter]) -> Option<&str> {
    for (at, parameter) in parameters.iter().enumerate() {
        let others = parameters.get(at + 1..).unwrap_or_default();
        let is_repeated = others.iter().any(|other| other.name == parameter.name);
        if is_repeated && parameter.name != "resource" {
            return Some(&parameter.name);
        }
    }
    None
}

/// The parameters of a form; none of a text that isn't one.
pub(super) fn decode(text: &str) -> Vec<Parameter> {
    let mut text = text;
    if let Some((end, _)) = text.match_indices('&').nth(MAX_PARAMETERS - 1) {
        (text, _) = text.split_at(end);
    }
    let mut parameters = Vec::new();
    for (name, value) in Form::decode(text).pairs() {
        parameters.push(Parameter { name: name.to_owned(), value: value.to_owned() });
    }
    parameters
}

/// A form of these parameters.
pub(super) fn encode(parameters: &[Parameter]) -> String {
    let mut pairs = Vec::new();
    for parameter in parameters {
        pairs.push((parameter.name.as_str(), parameter.value.as_str()));
    }
    form::encode(&pairs)
}

/// The parameters of a request: of its body, as a form or as JSON, and of its address if the body
/// has no code.
pub(super) fn parameters(request: &Message) -> Vec<Parameter> {
    let mut parameters = Vec::new();
    if let Ok(object) = Object::parse(request.body.as_bytes()) {
        for member in object.members.into_iter().take(MAX_PARAMETERS) {
            if let Value::Text(value) = member.value {
                parameters.push(Parameter { name: member.name, value });
            }
        }
    }
    if parameters.is_empty() {
        parameters = decode(&request.body);
    }
    if first(&parameters, "code").is_none() {
        parameters.extend(decode(request.query()));
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_parameters_are_read_and_no_more() {
        let form = "a=b&".repeat(MAX_PARAMETERS);
        let mut members = serde_json::Map::new();
        for number in 0..=MAX_PARAMETERS {
            members.insert(number.to_string(), "b".into());
        }
        let json = serde_json::Value::Object(members).to_string();
        for (body, count) in [
            (form.clone(), MAX_PARAMETERS),
            (format!("{form}code=c"), MAX_PARAMETERS),
            ("a=b&".repeat(MAX_PARAMETERS - 1), MAX_PARAMETERS - 1),
            (json, MAX_PARAMETERS),
        ] {
            let request = Message { start: String::new(), headers: Vec::new(), body };
            assert_eq!(parameters(&request).len(), count, "{}", request.body);
        }
    }

    #[test]
    fn a_parameter_is_found_wherever_it_stands() {
        for (start, body) in [
            ("POST / HTTP/1.1", "grant_type=x&code=a%2Bb"),
            ("POST / HTTP/1.1", "{\"grant_type\":\"x\",\"code\":\"a+b\"}"),
            ("POST /?code=a%2Bb HTTP/1.1", "grant_type=x"),
        ] {
            let start = start.to_owned();
            let request = Message { start, headers: Vec::new(), body: body.to_owned() };
            let parameters = parameters(&request);
            assert_eq!(first(&parameters, "code"), Some("a+b"), "{body}");
            assert_eq!(first(&parameters, "grant_type"), Some("x"), "{body}");
        }
    }
}
