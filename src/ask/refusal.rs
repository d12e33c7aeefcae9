//! A provider's refusal, wherever it stands in an answer.
//!
//! ```text
//! {"error":"invalid_grant","error_description":"…"}                  RFC 6749 §5.2, and GitHub in leg 3
//! {"message":"Bad credentials","documentation_url":"…"}              GitHub in legs 4 and 5
//! {"error":{"type":"OAuthException","code":100,"message":"…"}}       Facebook and Google
//! {"title":"…","detail":"…","status":403}                            RFC 9457
//! {"errors":["…",{"message":"…"}]}                                   others
//! www-authenticate: Bearer error="invalid_token"                     RFC 6750 §3
//! ```
//!
//! Left out: words in other languages, in XML and in HTML. Shown by the table below.

use crate::ask::json::{Object, Value};

/// The members that explain a refusal, the best first.
const WORDS: [&str; 7] =
    ["error_description", "message", "detail", "description", "title", "errorSummary", "reason"];
/// The members of an `error` that is an object, of which one may be its code.
const CODES: [&str; 3] = ["type", "status", "code"];
/// A list may hold a list, and so on. Nobody explains a refusal deeper than this.
const MAX_DEPTH: usize = 3;
/// At most this many elements of a list are quoted.
const MAX_ELEMENTS: usize = 5;

/// The words of an answer about a refusal.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The error code, such as `invalid_grant`.
    pub(super) code: Option<String>,
    /// The explanation.
    pub(super) words: Option<String>,
}

impl Refusal {
    /// Reads an object, whether it is a refusal or not.
    pub(super) fn read(object: &Object) -> Self {
        read(object, MAX_DEPTH)
    }
}

/// Whether an object is a refusal even where the status is a success. GitHub differs: its refusals in
/// leg 3 have the status 200. In a profile, `message` or `title` may be the person's.
pub(super) fn is_refusal(object: &Object) -> bool {
    let has_token = meaningful_member(object, "access_token").is_some();
    meaningful_member(object, "error").is_some()
        || (meaningful_member(object, "errors").is_some() && !has_token)
}

fn read(object: &Object, depth: usize) -> Refusal {
    let mut refusal = match meaningful_member(object, "error") {
        None => Refusal::default(),
        Some(Value::Other(json)) if json.starts_with('{') && depth > 0 => {
            read_error(json, depth - 1)
        }
        Some(value) => Refusal { code: in_words(value, depth), words: None },
    };
    for name in WORDS {
        if refusal.words.is_none() {
            refusal.words = member_in_words(object, name, depth);
        }
    }
    if refusal.words.is_none() {
        refusal.words = member_in_words(object, "errors", depth);
    }
    refusal
}

/// An `error` that is an object.
fn read_error(json: &str, depth: usize) -> Refusal {
    let Ok(error) = Object::parse(json.as_bytes()) else {
        // An object of more than 10,000 members is quoted as it is, and the quotation cut.
        return Refusal { code: None, words: Some(json.to_owned()) };
    };
    let mut refusal = read(&error, depth);
    for name in CODES {
        if refusal.code.is_none() {
            refusal.code = member_in_words(&error, name, depth);
        }
    }
    refusal
}

/// The first member of this name that means something: neither null, nor false, nor empty, nor 0.
fn meaningful_member<'a>(object: &'a Object, name: &str) -> Option<&'a Value> {
    for member in &object.members {
        if member.name == name && means_something(&member.value) {
            return Some(&member.value);
        }
    }
    None
}

fn means_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Text(text) => !text.trim().is_empty(),
        Value::Other(json) => {
            let inside = json.trim_matches(['[', ']', '{', '}']).trim();
            !matches!(inside, "" | "false" | "0" | "null" | "\"\"")
        }
    }
}

fn member_in_words(object: &Object, name: &str, depth: usize) -> Option<String> {
    in_words(meaningful_member(object, name)?, depth)
}

/// A value in words.
fn in_words(value: &Value, depth: usize) -> Option<String> {
    if !means_something(value) {
        return None;
    }
    let json = match value {
        Value::Null => return None,
        Value::Text(text) => return Some(text.clone()),
        Value::Other(json) => json,
    };
    if depth == 0 {
        return Some(json.clone());
    }
    if json.starts_with('[') {
        let mut all = Vec::new();
        for element in value.elements(MAX_ELEMENTS) {
            if let Some(words) = in_words(&element, depth - 1) {
                all.push(words);
            }
        }
        return Some(all.join("; "));
    }
    if json.starts_with('{') {
        let Refusal { code, words } = read_error(json, depth - 1);
        return words.or(code).or_else(|| Some(json.clone()));
    }
    Some(json.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_found_wherever_a_provider_puts_it() {
        for (json, code, words) in [
            (r#"{"error":"a","error_description":"b","message":"c"}"#, "a", "b"),
            (r#"{"error":"a"}"#, "a", ""),
            (r#"{"error":"a","error_description":7}"#, "a", "7"),
            (r#"{"error":"a","error_description":"","message":"c"}"#, "a", "c"),
            (r#"{"error":{"message":"b","type":"a","code":100}}"#, "a", "b"),
            (r#"{"error":{"code":400,"message":"b","status":"A"}}"#, "A", "b"),
            (r#"{"error":{"code":100}}"#, "100", ""),
            (r#"{"error":{"message":"b"},"message":"c"}"#, "", "b"),
            (r#"{"error":{"error":"a","error_description":"b"}}"#, "a", "b"),
            (r#"{"error":["a","b"]}"#, "a; b", ""),
            (r#"{"error":true,"message":"b"}"#, "true", "b"),
            (r#"{"message":"b","status":"401"}"#, "", "b"),
            (r#"{"message":["b","c"],"error":"a","statusCode":400}"#, "a", "b; c"),
            (r#"{"detail":"b","title":"c","type":"https://x"}"#, "", "b"),
            (r#"{"title":"c"}"#, "", "c"),
            // Okta and Zoom.
            (r#"{"errorCode":"E0000022","errorSummary":"b"}"#, "", "b"),
            (r#"{"reason":"b","error":"a"}"#, "a", "b"),
            (r#"{"errors":["b","c"]}"#, "", "b; c"),
            (r#"{"errors":[{"message":"b"},{"code":"c"},{"x":1}]}"#, "", "b; c; {\"x\":1}"),
            (r#"{"errors":{"code":"b"}}"#, "", "b"),
            (r#"{"errors":"b"}"#, "", "b"),
            (r#"{"error":false,"errors":[],"message":null,"title":" "}"#, "", ""),
            (r#"{"error":{},"errors":[ ],"detail":[[]],"message":0}"#, "", ""),
            (r#"{"error":[[[["a"]]]]}"#, "[\"a\"]", ""),
            ("{}", "", ""),
        ] {
            let refusal = Refusal::read(&Object::parse(json.as_bytes()).unwrap());
            assert_eq!(refusal.code.unwrap_or_default(), code, "{json}");
            assert_eq!(refusal.words.unwrap_or_default(), words, "{json}");
        }
    }

    #[test]
    fn an_error_of_more_than_10_000_members_is_quoted_as_it_is() {
        let error = format!(r#"{{"message":"a"{}}}"#, r#","b":0"#.repeat(10_000));
        let json = format!(r#"{{"error":{error}}}"#);
        let refusal = Refusal::read(&Object::parse(json.as_bytes()).unwrap());
        assert_eq!(refusal, Refusal { code: None, words: Some(error) });
    }

    #[test]
    fn with_a_status_that_says_yes_only_an_error_that_means_something_is_a_refusal() {
        for (json, refused) in [
            (r#"{"error":"a"}"#, true),
            (r#"{"error":{"message":"b"}}"#, true),
            (r#"{"errors":[{"message":"b"}]}"#, true),
            (r#"{"error":true}"#, true),
            (r#"{"error":"a","access_token":"b"}"#, true),
            (r#"{"errors":["a"],"access_token":"b"}"#, false),
            (r#"{"error":false}"#, false),
            (r#"{"error":null,"errors":[]}"#, false),
            (r#"{"error":"","errors":{}}"#, false),
            (r#"{"error":[],"message":"b","title":"c","detail":"d"}"#, false),
            (r#"{"error":0}"#, false),
        ] {
            assert_eq!(is_refusal(&Object::parse(json.as_bytes()).unwrap()), refused, "{json}");
        }
    }
}
