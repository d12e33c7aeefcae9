//! A JSON object (RFC 8259 §4), its members in the order received: the answers of legs 3 to 5.
//!
//! ```text
//! {"access_token":"gho_…","scope":"read:user","token_type":"bearer"}
//! ```
//!
//! Left out: everything but the members at the top, which stay as `serde_json` has them. Shown by
//! `tests/suite/token.rs`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::secret::opaque;
use crate::wire::form::{Form, Problem};

/// The members of an object. A map would keep the last of two with one name; this keeps both.
pub struct Object(pub Vec<(String, Value)>);

// A value may be a token.
opaque!(Object);

impl Object {
    /// Reads an object, nested at most 127 levels deep.
    pub fn parse(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }

    /// The object that says the same as a form.
    pub fn from_form(form: &Form) -> Self {
        let mut members = Vec::new();
        for (name, value) in form.pairs() {
            members.push((name.to_owned(), Value::from(value)));
        }
        Self(members)
    }

    /// The object as JSON.
    pub fn to_json(&self) -> String {
        Value::Object(self.0.iter().cloned().collect()).to_string()
    }

    /// The text of a member; none if it is missing or null.
    pub fn text(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
        let value = values.next();
        // RFC 6749 §3.2: "Request and response parameters MUST NOT be included more than once."
        if values.next().is_some() {
            return Err("a member that appears twice");
        }
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err("a member that isn't text"),
        }
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(Members)
    }
}
