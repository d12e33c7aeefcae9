//! What must be a secret by its name or its form, though nobody knows it.
//!
//! ```text
//! "access_token": "gho_…"    <access_token>gho_…    ?code=4f2c…    Cookie: session=…
//! gho_…                    in any place
//! ```
//!
//! A trace needs it: an answer that can't be read holds a token that nobody has learned, a callback
//! that is refused the code of somebody else, and a browser's request the cookies of other programs
//! on this machine.
//!
//! Left out: tokens of a form that only their provider knows, under a name that only it knows.

use std::ops::Range;

use super::coding;

/// What the value of a member or parameter stands under.
const NAMES: [&str; 6] =
    ["access_token", "refresh_token", "id_token", "accessToken", "refreshToken", "idToken"];

/// The code, where parameters stand: in a head, or in a form. Elsewhere the word is common.
const CODE: [&str; 3] = ["?code=", "&code=", "\ncode="];

/// What GitHub's tokens begin with, and at least how many letters then follow.
const FORMS: [&str; 6] = ["gho_", "ghu_", "ghr_", "ghp_", "ghs_", "github_pat_"];
const SHORTEST: usize = 16;

/// Headers that hold what somebody else signs in with.
const HEADERS: [&str; 3] = ["cookie", "set-cookie", "proxy-authorization"];

/// The values in a message, in ASCII, that must be secrets: codes and tokens, and values of
/// headers.
pub(super) fn find(text: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let mut values = Vec::new();
    for name in NAMES {
        each(text, name, value_after_name, &mut values);
    }
    let (end, _) = coding::heads(text.as_bytes());
    let head = text.get(..end).unwrap_or_default();
    let is_form = head.to_ascii_lowercase().contains("application/x-www-form-urlencoded");
    for name in CODE {
        let place = if is_form { text } else { head };
        each(place, name, parameter, &mut values);
    }
    let token = |text: &str, end: usize| {
        let letters = letters(text.get(end..).unwrap_or_default());
        (letters >= SHORTEST).then_some(end..end + letters)
    };
    for form in FORMS {
        let known = values.len();
        each(text, form, token, &mut values);
        for value in values.iter_mut().skip(known) {
            value.start -= form.len();
        }
    }
    (values, headers(head))
}

/// Looks behind each place of a name, and goes on behind what was found there.
fn each(
    text: &str,
    name: &str,
    value: fn(&str, usize) -> Option<Range<usize>>,
    values: &mut Vec<Range<usize>>,
) {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find(name)) {
        let end = at + found + name.len();
        let value = value(text, end);
        at = value.as_ref().map_or(end, |value| value.end.max(end));
        values.extend(value);
    }
}

/// The value behind a name that ends here: of a parameter, of an element, or of a member, whose own
/// text may stand in another member.
fn value_after_name(text: &str, end: usize) -> Option<Range<usize>> {
    let rest = text.get(end..)?;
    match rest.as_bytes().first()? {
        b'=' => return parameter(text, end + 1),
        b'>' => return up_to(text, end + 1, |sign| sign == '<'),
        _ => {}
    }
    // `": "`, with as many backslashes as the text is deep.
    let is_sign = |sign: char| sign.is_ascii_whitespace() || matches!(sign, '\\' | '"' | '\'');
    let value = rest.trim_start_matches(is_sign).strip_prefix(':')?;
    let value = value.trim_start();
    if let Some(list) = value.strip_prefix('[') {
        return up_to(text, text.len() - list.len(), |sign| sign == ']');
    }
    let value = value.trim_start_matches('\\');
    let quote = value.chars().next().filter(|sign| matches!(sign, '"' | '\''))?;
    let start = text.len() - value.len() + 1;
    let is_deep = text.get(..start - 1)?.ends_with('\\');
    let mut is_escaped = false;
    up_to(text, start, |sign| {
        let is_end = sign == quote && !is_escaped || sign == '\\' && is_deep;
        is_escaped = sign == '\\' && !is_escaped;
        is_end
    })
}

fn parameter(text: &str, start: usize) -> Option<Range<usize>> {
    up_to(text, start, |sign| sign.is_ascii_whitespace() || matches!(sign, '&' | '"' | '<' | '#'))
}

/// From here up to a sign, or to the end; nothing where that is empty.
fn up_to(text: &str, start: usize, is_end: impl FnMut(char) -> bool) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    let length = rest.find(is_end).unwrap_or(rest.len());
    (length > 0).then_some(start..start + length)
}

fn letters(text: &str) -> usize {
    let is_letter = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    text.find(|sign| !is_letter(sign)).unwrap_or(text.len())
}

fn headers(head: &str) -> Vec<Range<usize>> {
    let mut values = Vec::new();
    let mut start = 0;
    for line in head.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        if let Some((name, value)) = line.split_once(':') {
            let (name, value) = (name.to_ascii_lowercase(), value.trim());
            let is_basic =
                value.get(..6).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic "));
            if HEADERS.contains(&name.as_str()) || name == "authorization" && is_basic {
                values.push(end - value.len()..end);
            }
        }
        start += line.len();
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let (values, headers) = find(text);
        let found = values.into_iter().chain(headers);
        found.map(|value| &text[value]).filter(|value| !value.is_empty()).collect()
    }

    #[test]
    fn values_are_found_by_their_name() {
        for (text, value) in [
            (r#"{"access_token" : "to\"ken", "#, r#"to\"ken"#),
            (r#"{"access_token":"token"#, "token"),
            ("access_token=token&scope=", "token"),
            ("{'accessToken': 'token'}", "token"),
            ("{accessToken: 'token'}", "token"),
            (r#""refresh_token": [ "a", "b" ]"#, r#" "a", "b" "#),
            (r#""{\"access_token\":\"token\",\"a\":1}""#, "token"),
            ("<access_token>token</access_token>", "token"),
            ("GET /cb?code=c%2Fo,d'e&state=a HTTP/1.1", "c%2Fo,d'e"),
            ("GET /cb?state=a&code=code HTTP/1.1", "code"),
            (
                "POST /cb HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\ncode=code&a",
                "code",
            ),
        ] {
            assert_eq!(found(text), [value], "{text}");
        }
    }

    #[test]
    fn what_only_has_such_a_name_in_it_is_none() {
        for text in [
            "POST /login/oauth/access_token HTTP/1.1",
            r#""refresh_token_expires_in":15897600,"token_type":"bearer""#,
            r#"{"error":"a","code":"invalid_grant"}"#,
            r#"{"access_token":"","refresh_token":null,"id_token":false,"token_type":"bearer"}"#,
            r#"{"properties":{"access_token":{"type":"string"}}}"#,
            "error_code=401 code_challenge=a",
            "Invalid access_token: token is expired, id_token = identity",
            "GET /callback?access_token= HTTP/1.1",
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"blog\":\"https://x.example/?code=rust&code=a\"}",
            "gho_short ghosts_and_more_than_sixteen_letters",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn githubs_tokens_are_found_by_their_form_and_headers_by_their_name() {
        assert_eq!(found("{\"value\": [\"gho_0123456789abcdef\"]}"), ["gho_0123456789abcdef"]);
        assert_eq!(
            found(
                "GET / HTTP/1.1\r\nCookie:  a=b; c=d \r\nAuthorization: basic YTpi\r\nAccept: a\r\n\r\nCookie: e"
            ),
            ["a=b; c=d", "basic YTpi"]
        );
        assert_eq!(found("GET / HTTP/1.1\r\nAuthorization: Bearer a\r\n\r\n"), [""; 0]);
    }
}
