//! A JSON object (RFC 8259 §4), its members in the order received: the answers of legs 3 to 5.
//!
//! ```text
//! {"access_token":"gho_…","scope":"read:user","token_type":"bearer"}
//! ```
//!
//! Left out: everything but the members at the top, whose values stay as they were written, digit by
//! digit. Shown by the tables below, and by `tests/suite/token.rs`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::ask::layout::{compact, shape_of};
use crate::secret::opaque;
use crate::show::terminal::{escape, escape_json};
use crate::wire::form::{Form, Problem};

/// RFC 8259 §9: "An implementation may set limits on the maximum depth of nesting."
const MAX_DEPTH: usize = 127;
/// No provider sends as many members, and each costs more than its bytes.
const MAX_MEMBERS: usize = 10_000;

/// An object. A map would keep the last of two members with one name; this keeps both.
#[derive(Clone, Default)]
pub struct Object {
    /// The whole object as JSON, as it was received.
    pub json: String,
    pub members: Vec<Member>,
}

// A value may be a token.
opaque!(Object);

/// A member of an object.
#[derive(Clone)]
pub struct Member {
    pub name: String,
    pub value: Value,
}

opaque!(Member);

/// The value of a member.
#[derive(Clone)]
pub enum Value {
    Null,
    Text(String),
    /// A number, `true`, `false`, an array or an object, as JSON writes it.
    Other(String),
}

opaque!(Value);

/// Why a text is no object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    Empty,
    NotUtf8,
    /// Other JSON.
    NotAnObject,
    /// JSON that is nested more than 127 levels deep.
    TooDeep,
    /// An object or a form of more than 10,000 members.
    TooLong,
    /// Something that isn't JSON.
    Broken,
}

impl Object {
    /// Reads an object of at most 10,000 members, nested at most 127 levels deep.
    pub fn parse(json: &[u8]) -> Result<Self, Unreadable> {
        let Ok(json) = std::str::from_utf8(json) else { return Err(Unreadable::NotUtf8) };
        let json = without_mark(json);
        if json.trim_ascii().is_empty() {
            return Err(Unreadable::Empty);
        }
        let shape = shape_of(json);
        if shape.depth > MAX_DEPTH {
            return Err(Unreadable::TooDeep);
        }
        if shape.commas >= MAX_MEMBERS {
            return Err(Unreadable::TooLong);
        }
        match serde_json::from_str(json) {
            Ok(Members(members)) => Ok(Self { json: json.to_owned(), members }),
            Err(error) if error.is_data() => Err(Unreadable::NotAnObject),
            Err(_) => Err(Unreadable::Broken),
        }
    }

    /// Reads a form, as the object that says the same.
    pub fn parse_form(form: &[u8]) -> Result<Self, Unreadable> {
        let Ok(form) = std::str::from_utf8(form) else { return Err(Unreadable::NotUtf8) };
        let form = without_mark(form).trim();
        if form.matches('&').count() >= MAX_MEMBERS {
            return Err(Unreadable::TooLong);
        }
        let mut members = Vec::new();
        let mut json = String::from("{");
        for (name, value) in Form::decode(form).pairs() {
            if !members.is_empty() {
                json += ",";
            }
            json += &format!("{}:{}", quoted(name), quoted(value));
            let value = Value::Text(value.to_owned());
            members.push(Member { name: name.to_owned(), value });
        }
        json += "}";
        Ok(Self { json, members })
    }

    /// The value of a member; none if it is missing.
    pub fn value(&self, name: &str) -> Result<Option<&Value>, Problem> {
        let mut found = None;
        for member in &self.members {
            if member.name != name {
                continue;
            }
            // RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once."
            if found.is_some() {
                return Err("a member that appears twice");
            }
            found = Some(&member.value);
        }
        Ok(found)
    }

    /// The text of a member; none if it is missing or null.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        match self.value(name)? {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Other(_)) => Err("a member that isn't text"),
        }
    }

    /// The whole number in a member; none if it is anything else.
    pub fn number(&self, name: &str) -> Option<u64> {
        match self.value(name) {
            Ok(Some(Value::Text(digits) | Value::Other(digits))) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The members as lines, `name: value`: texts bare, everything else as JSON on one line.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        for member in &self.members {
            let value = match &member.value {
                Value::Null => "null".to_owned(),
                Value::Text(text) => escape(text),
                Value::Other(json) => escape_json(&compact(json)),
            };
            lines += &format!("{}: {value}\n", escape(&member.name));
        }
        lines
    }
}

impl Value {
    /// At most `limit` elements of a list, the first ones; none if the value is anything else.
    pub fn elements(&self, limit: usize) -> Vec<Self> {
        let Self::Other(json) = self else { return Vec::new() };
        let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
        let mut values = Vec::new();
        for raw in elements.into_iter().take(limit) {
            values.push(read_value(raw));
        }
        values
    }

    /// The elements of a list of texts; none if the value is anything else.
    pub fn texts(&self) -> Option<Vec<String>> {
        let Self::Other(json) = self else { return None };
        let texts: Vec<Text> = serde_json::from_str(json).ok()?;
        Some(texts.into_iter().map(|text| text.0).collect())
    }
}

/// RFC 8259 §8.1: "implementations that parse JSON texts MAY ignore the presence of a byte order mark
/// rather than treating it as an error."
pub fn without_mark(json: &str) -> &str {
    json.strip_prefix('\u{feff}').unwrap_or(json)
}

/// A text as a JSON string.
pub fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

struct Members(Vec<Member>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Members;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(Text(name)) = map.next_key()? {
                    let value = read_value(map.next_value()?);
                    members.push(Member { name, value });
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

fn read_value(raw: &RawValue) -> Value {
    let json = raw.get();
    match serde_json::from_str(json) {
        Ok(Text(text)) => Value::Text(text),
        Err(_) if json == "null" => Value::Null,
        Err(_) => Value::Other(json.to_owned()),
    }
}

/// A JSON string. Half of a pair of escapes such as `\ud83d\ude00`, which stands for no character,
/// becomes U+FFFD: RFC 8259 §8.2 calls that "unpredictable", and one broken name must not end a login.
struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Text;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text, E> {
                let mut text = String::new();
                for chunk in bytes.utf8_chunks() {
                    text += chunk.valid();
                    // `serde_json` gives such a half as three bytes, of which this is the first.
                    if chunk.invalid() == [0xed] {
                        text.push(char::REPLACEMENT_CHARACTER);
                    }
                }
                Ok(Text(text))
            }
        }
        deserializer.deserialize_bytes(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Object {
        Object::parse(json.as_bytes()).expect(json)
    }

    #[test]
    fn an_object_is_shown_whole_and_in_its_order() {
        let json = r#" {"z":"text","a":null,"id":9007199254740993,"big":1.10,"e":1e5,"plan" : {"z" : [1,
             "a \" b\\"],"a":{ }},"site_admin":false,"":"","z":-0,"bi\no":"a\nb\u202e"}"#;
        let object = parse(json);
        assert_eq!(
            object.lines(),
            "z: text\na: null\nid: 9007199254740993\nbig: 1.10\ne: 1e5\n\
             plan: {\"z\":[1,\"a \\\" b\\\\\"],\"a\":{}}\nsite_admin: false\n: \nz: -0\nbi\\no: a\\nb\\u202e\n"
        );
        assert_eq!(object.json, json);
    }

    #[test]
    fn a_member_is_found_by_its_name_unless_it_appears_twice() {
        let object =
            parse(r#"{"a":"1","b":null,"c":2,"d":"3","d":"3","\u0065":"4","f":"f\u0000"}"#);
        assert_eq!(object.text("a"), Ok(Some("1")));
        assert_eq!(object.text("b"), Ok(None));
        assert_eq!(object.text("c"), Err("a member that isn't text"));
        assert_eq!(object.text("d"), Err("a member that appears twice"));
        assert_eq!(object.text("e"), Ok(Some("4")));
        assert_eq!(object.text("f"), Ok(Some("f\0")));
        assert_eq!(object.text("missing"), Ok(None));
    }

    #[test]
    fn half_a_character_becomes_a_replacement_character() {
        for (escaped, text) in [
            (r"\ud83d\ude00", "😀"),
            (r"a\ud83d", "a\u{fffd}"),
            (r"\ud83d\ud83d\ude00b", "\u{fffd}😀b"),
            (r"\ude00\ude00", "\u{fffd}\u{fffd}"),
            (r"\ud83d\u00e9\ufffd", "\u{fffd}é\u{fffd}"),
        ] {
            let object = parse(&format!(r#"{{"{escaped}":"{escaped}"}}"#));
            assert_eq!(object.text(text), Ok(Some(text)), "{escaped}");
            assert_eq!(object.lines(), format!("{text}: {text}\n"));
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_an_object() {
        assert_eq!(parse("\u{feff}{\"a\":\"b\"}").json, "{\"a\":\"b\"}");
    }

    #[test]
    fn a_text_that_is_no_object_is_told_apart() {
        let nested = |levels: usize| "[".repeat(levels - 1) + &"]".repeat(levels - 1);
        let deep = |levels| format!(r#"{{"a":"[[\"[{{[","b":{}}}"#, nested(levels));
        assert_eq!(parse(&deep(127)).members.len(), 2);
        for (json, problem) in [
            ("", Unreadable::Empty),
            (" \r\n\t", Unreadable::Empty),
            ("\u{feff}", Unreadable::Empty),
            ("[]", Unreadable::NotAnObject),
            ("\"gho_\"", Unreadable::NotAnObject),
            ("null", Unreadable::NotAnObject),
            (&deep(128), Unreadable::TooDeep),
            (&"[".repeat(100_000), Unreadable::TooDeep),
            (&"{\"a\":".repeat(100_000), Unreadable::TooDeep),
            ("{", Unreadable::Broken),
            ("}", Unreadable::Broken),
            ("<p>", Unreadable::Broken),
            ("{\"a\":\"\u{7}\"}", Unreadable::Broken),
            ("{\"a\":1} {}", Unreadable::Broken),
            ("{a:1}", Unreadable::Broken),
            (r#"{"a":"\ud8"}"#, Unreadable::Broken),
        ] {
            assert_eq!(Object::parse(json.as_bytes()).err(), Some(problem), "{json:.40}");
        }
        assert_eq!(Object::parse(b"{\"a\":\"\xff\"}").err(), Some(Unreadable::NotUtf8));
    }

    #[test]
    fn an_object_of_more_than_10_000_members_is_refused_wherever_it_is_read() {
        let long = |members: usize| {
            format!("{{\"a\":\",,\",\"b\":[1,2,3]{}}}", ",\"c\":{}".repeat(members - 2))
        };
        assert_eq!(parse(&long(10_000)).members.len(), 10_000);
        assert_eq!(Object::parse(long(10_001).as_bytes()).err(), Some(Unreadable::TooLong));
        // As a member it stays a text, until it is read as an object of its own.
        let outer = parse(&format!("{{\"error\":{},\"x\":1}}", long(10_001)));
        let Ok(Some(Value::Other(inner))) = outer.value("error") else { panic!("{}", outer.json) };
        assert_eq!(Object::parse(inner.as_bytes()).err(), Some(Unreadable::TooLong));
        // The smallest members, a mebibyte of them, are refused before any of them is read.
        let full = format!("{{{}\"\":0}}", "\"\":0,".repeat((1 << 20) / 5));
        assert_eq!(Object::parse(full.as_bytes()).err(), Some(Unreadable::TooLong));
    }

    #[test]
    fn a_form_is_the_same_as_an_object_of_texts() {
        let form = Object::parse_form(b"a=1+%22&b=&a=%C3%A9\r\n").unwrap();
        assert_eq!(form.json, r#"{"a":"1 \"","b":"","a":"é"}"#);
        assert_eq!(form.text("b"), Ok(Some("")));
        assert_eq!(Object::parse_form(b"a=\xff").err(), Some(Unreadable::NotUtf8));
        assert_eq!(Object::parse_form(&[b'&'; 9_999]).unwrap().json, "{}");
        assert_eq!(Object::parse_form(&[b'&'; 10_000]).err(), Some(Unreadable::TooLong));
    }

    #[test]
    fn a_list_of_texts_is_read_and_any_other_value_is_none() {
        let object =
            parse(r#"{"a":[],"b":["x y","\ud800"],"c":["x",1],"d":{"x":1},"e":"x","f":null}"#);
        let texts: Vec<_> = object.members.iter().map(|member| member.value.texts()).collect();
        let some = |texts: &[&str]| Some(texts.iter().map(ToString::to_string).collect());
        assert_eq!(texts, [some(&[]), some(&["x y", "\u{fffd}"]), None, None, None, None]);
    }
}
