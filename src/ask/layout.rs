//! The layout of a JSON text, which can be seen without reading the text: its depth, its members, its
//! white space.
//!
//! ```text
//! {"plan": {"name": "free", "seats": [1, 2]}}   three levels deep, one member
//! {"plan":{"name":"free","seats":[1,2]}}        without the white space
//! ```
//!
//! Left out: whether it is JSON. Shown by the tests below, and by those of `json.rs`.

/// The place where a reader of JSON stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    BetweenStrings,
    InString,
    AfterBackslash,
}

impl Place {
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::BetweenStrings, b'"') | (Self::AfterBackslash, _) => Self::InString,
            (Self::InString, b'\\') => Self::AfterBackslash,
            (Self::InString, b'"') => Self::BetweenStrings,
            (place, _) => place,
        }
    }
}

/// The figures that decide how much reading a text costs.
#[derive(Default)]
pub(super) struct Shape {
    /// How many levels deep it is nested.
    pub(super) depth: usize,
    /// How many commas separate the members at the top.
    pub(super) commas: usize,
}

/// The shape of a text, whether it is JSON or not.
pub(super) fn shape_of(json: &str) -> Shape {
    let mut shape = Shape::default();
    let mut place = Place::BetweenStrings;
    let mut depth: usize = 0;
    for byte in json.bytes() {
        if place == Place::BetweenStrings {
            match byte {
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                b',' if depth == 1 => shape.commas += 1,
                _ => {}
            }
        }
        shape.depth = shape.depth.max(depth);
        place = place.after(byte);
    }
    shape
}

/// The same JSON without the white space between its parts.
pub(super) fn compact(json: &str) -> String {
    let mut place = Place::BetweenStrings;
    let mut compact = String::with_capacity(json.len());
    for character in json.chars() {
        if place != Place::BetweenStrings || !character.is_ascii_whitespace() {
            compact.push(character);
        }
        // A character that isn't ASCII stands in a string, and ends none.
        let byte = u8::try_from(character).unwrap_or_default();
        place = place.after(byte);
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_no_part_of_the_shape() {
        for (json, depth, commas) in [
            ("", 0, 0),
            ("{}", 1, 0),
            (r#"{"a":1,"b":[1,2,[3]]}"#, 3, 1),
            (r#"{"[{,\"[{,":"\\","b":",,"}"#, 1, 1),
            ("]]]", 0, 0),
            ("[[[,", 3, 0),
        ] {
            let shape = shape_of(json);
            assert_eq!((shape.depth, shape.commas), (depth, commas), "{json}");
        }
    }

    #[test]
    fn white_space_goes_but_not_that_in_strings() {
        let json = "{ \"a b\" :\t[ 1 ,\r\n\" \\\" é \" ] }";
        assert_eq!(compact(json), "{\"a b\":[1,\" \\\" é \"]}");
    }
}
