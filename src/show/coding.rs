//! The codings in which a secret may stand in a text, and how they are undone.
//!
//! ```text
//! the secret   s/cr&t
//! in a form    s%2Fcr%26t
//! in JSON      s\/cr&t        s\u002fcr&t      in a string of JSON  s\\/cr&t
//! in HTML      s/cr&amp;t     s&#47;cr&t       s&#x2f;cr&t
//! ```
//!
//! Left out: encodings that change every character, such as Base64, and the names that HTML has for
//! all but a few characters. Shown by the tables below.

use crate::wire::form;

/// The secret as it is, as a form has it, and as JSON has it, where `/` may be `\/`.
pub(super) fn codings(secret: &str) -> Vec<String> {
    let quoted = serde_json::to_string(secret).unwrap_or_default();
    let json = quoted.get(1..quoted.len() - 1).unwrap_or_default();
    let mut codings = vec![secret.to_owned()];
    for coded in [form::encode_value(secret), json.to_owned(), json.replace('/', "\\/")] {
        if !codings.contains(&coded) {
            codings.push(coded);
        }
    }
    codings
}

/// A name or a value of a form, as far as it can be read.
pub(super) fn undo_form(text: &str) -> String {
    String::from_utf8_lossy(&form::undo_percent(&text.replace('+', " "))).into_owned()
}

/// The text with one layer of escapes undone, whichever coding each of them belongs to.
pub(super) fn undo(text: &[u8]) -> Vec<u8> {
    let mut undone = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let Some(escape) = read_escape(rest) else {
            undone.push(*first);
            rest = after;
            continue;
        };
        match escape.meaning {
            Meaning::Byte(byte) => undone.push(byte),
            Meaning::Character(character) => {
                undone.extend(character.encode_utf8(&mut [0; 4]).bytes());
            }
        }
        rest = escape.rest;
    }
    undone
}

/// An escape at the beginning of a text, and the text behind it.
struct Escape<'a> {
    meaning: Meaning,
    rest: &'a [u8],
}

enum Meaning {
    Byte(u8),
    Character(char),
}

fn read_escape(text: &[u8]) -> Option<Escape<'_>> {
    match text {
        [b'\\' | b'%', b'u', rest @ ..] => read_utf_16(rest),
        [b'\\', b'x', rest @ ..] | [b'%', rest @ ..] => read_byte(rest),
        [b'\\', mark, rest @ ..] => {
            let byte = match mark {
                b'"' | b'\'' | b'\\' | b'/' => *mark,
                b'b' => 8,
                b't' => b'\t',
                b'n' => b'\n',
                b'f' => 12,
                b'r' => b'\r',
                _ => return None,
            };
            Some(Escape { meaning: Meaning::Byte(byte), rest })
        }
        [b'&', b'#', b'x' | b'X', rest @ ..] => read_reference(rest, 16),
        [b'&', b'#', rest @ ..] => read_reference(rest, 10),
        [b'&', rest @ ..] => read_name(rest),
        _ => None,
    }
}

/// Two hexadecimal digits.
fn read_byte(text: &[u8]) -> Option<Escape<'_>> {
    let number = read_number(text, 16, 2);
    if number.digits != 2 {
        return None;
    }
    let byte = u8::try_from(number.value).ok()?;
    Some(Escape { meaning: Meaning::Byte(byte), rest: number.rest })
}

/// Four hexadecimal digits. A character beyond U+FFFF is two such escapes (RFC 8259 §7).
fn read_utf_16(text: &[u8]) -> Option<Escape<'_>> {
    let first = read_number(text, 16, 4);
    if first.digits != 4 {
        return None;
    }
    if let Some(character) = char::from_u32(first.value) {
        return Some(Escape { meaning: Meaning::Character(character), rest: first.rest });
    }
    let [b'\\' | b'%', b'u', rest @ ..] = first.rest else { return None };
    let second = read_number(rest, 16, 4);
    let is_pair = (0xd800..0xdc00).contains(&first.value)
        && (0xdc00..0xe000).contains(&second.value)
        && second.digits == 4;
    if !is_pair {
        return None;
    }
    let value = 0x1_0000 + ((first.value - 0xd800) << 10) + (second.value - 0xdc00);
    let character = char::from_u32(value)?;
    Some(Escape { meaning: Meaning::Character(character), rest: second.rest })
}

/// The number of a character in HTML. Browsers don't insist on the semicolon.
fn read_reference(text: &[u8], base: u32) -> Option<Escape<'_>> {
    let number = read_number(text, base, 16);
    if number.digits == 0 {
        return None;
    }
    let character = char::from_u32(number.value)?;
    let rest = number.rest.strip_prefix(b";").unwrap_or(number.rest);
    Some(Escape { meaning: Meaning::Character(character), rest })
}

/// The name that HTML has for a character which codings use, or which secrets often have.
fn read_name(text: &[u8]) -> Option<Escape<'_>> {
    const LONGEST: usize = "percnt;".len();
    let end = text.iter().take(LONGEST).position(|&byte| byte == b';')?;
    let (name, rest) = text.split_at_checked(end)?;
    let byte = match name {
        b"amp" | b"AMP" => b'&',
        b"quot" | b"QUOT" => b'"',
        b"apos" => b'\'',
        b"lt" | b"LT" => b'<',
        b"gt" | b"GT" => b'>',
        b"num" => b'#',
        b"percnt" => b'%',
        b"plus" => b'+',
        b"period" => b'.',
        b"sol" => b'/',
        b"semi" => b';',
        b"equals" => b'=',
        b"bsol" => b'\\',
        b"lowbar" => b'_',
        _ => return None,
    };
    Some(Escape { meaning: Meaning::Byte(byte), rest: rest.strip_prefix(b";")? })
}

/// A number at the beginning of a text, and the text behind it.
struct Number<'a> {
    value: u32,
    digits: usize,
    rest: &'a [u8],
}

fn read_number(text: &[u8], base: u32, most_digits: usize) -> Number<'_> {
    let mut number = Number { value: 0, digits: 0, rest: text };
    while let [first, after @ ..] = number.rest {
        let Some(digit) = char::from(*first).to_digit(base) else { break };
        if number.digits == most_digits {
            break;
        }
        number.value = number.value.saturating_mul(base).saturating_add(digit);
        number.digits += 1;
        number.rest = after;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_up_to_four_codings() {
        assert_eq!(codings("plain"), ["plain"]);
        assert_eq!(codings("a/b \"c"), ["a/b \"c", "a%2Fb+%22c", "a/b \\\"c", "a\\/b \\\"c"]);
        assert_eq!(codings("é\\"), ["é\\", "%C3%A9%5C", "é\\\\"]);
        assert_eq!(codings(""), [""]);
    }

    #[test]
    fn one_layer_of_escapes_is_undone_whatever_its_coding() {
        for (text, undone) in [
            ("plain +", "plain +"),
            ("%73%5a%5A", "sZZ"),
            ("%C3%A9", "é"),
            ("%2573", "%73"),
            ("%u0073\\u0073\\x73", "sss"),
            ("\\u00e9\\u20AC\\ud83d\\ude00", "é€😀"),
            ("\\\" \\\\ \\/ \\n\\t\\'", "\" \\ / \n\t'"),
            ("\\\\u0073 \\ud83d\\u0073", "\\u0073 \\ud83ds"),
            ("&#115;&#x73;&#X73;&#0115;&#115 ", "sssss "),
            ("&amp;&lt;&gt;&quot;&apos;&sol;&equals;&lowbar;", "&<>\"'/=_"),
            ("&amp;#115;", "&#115;"),
            ("&#128512;", "😀"),
        ] {
            assert_eq!(String::from_utf8(undo(text.as_bytes())).unwrap(), undone, "{text}");
        }
    }

    #[test]
    fn text_without_an_escape_stays() {
        for text in [
            "%",
            "%7",
            "%zz",
            "%+1",
            "\\",
            "\\u",
            "\\u007",
            "\\ud83d",
            "\\ud83dx",
            "\\ude00\\ud83d",
            "\\q",
            "\\x7",
            "&",
            "&#",
            "&#;",
            "&#x;",
            "&#xg;",
            "&#99999999999;",
            "&;",
            "&nobody;",
            "&amp",
            "&#55357;",
        ] {
            assert_eq!(String::from_utf8(undo(text.as_bytes())).unwrap(), text);
        }
    }
}
