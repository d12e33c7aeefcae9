//! What must be a secret by its name or its form, though nobody knows it.
//!
//! ```text
//! "access_token": "gho_…"    <access_token>gho_…    ?code=4f2c…    Cookie: session=…
//! gho_… in any other place
//! ```
//!
//! A trace needs it: an answer that can't be read holds a token that nobody has learned, a callback
//! that is refused the code of somebody else, and a browser's request the cookies of other programs
//! on this machine.
//!
//! Left out: tokens of a form that only their provider knows, under a name that only it knows.

use std::ops::Range;

/// What the value of a member or parameter stands under. The code is one only in an address.
const NAMES: [&str; 8] = [
    "access_token",
    "refresh_token",
    "id_token",
    "accessToken",
    "refreshToken",
    "idToken",
    "?code=",
    "&code=",
];

/// What GitHub's tokens begin with, and at least how many letters then follow.
const FORMS: [&str; 6] = ["gho_", "ghu_", "ghr_", "ghp_", "ghs_", "github_pat_"];
const SHORTEST: usize = 16;

/// Headers that hold what somebody else signs in with.
const HEADERS: [&str; 3] = ["cookie", "set-cookie", "proxy-authorization"];

/// The values in an ASCII text that must be secrets: codes and tokens, and values of headers.
pub(super) fn find(text: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let mut values = Vec::new();
    for name in NAMES {
        each(text, name, value_after_name, &mut values);
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
    (values, headers(text))
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

/// What stands behind a name that ends here, up to its own end.
fn value_after_name(text: &str, end: usize) -> Option<Range<usize>> {
    let rest = text.get(end..)?;
    let signs = |sign: char| sign.is_ascii_whitespace() || "\"':=>[".contains(sign);
    let value = rest.trim_start_matches(signs);
    let between = rest.get(..rest.len() - value.len())?;
    let is_code = text.get(..end)?.ends_with('=');
    if !is_code && !between.contains([':', '=', '>']) {
        return None;
    }
    let (value, between) = if is_code {
        (rest, "")
    } else {
        (value, between)
    };
    let quote = between
        .chars()
        .rev()
        .find(|sign| matches!(sign, '"' | '\''));
    let mut is_escaped = false;
    let length = value.find(|sign: char| {
        let is_end = match quote {
            Some(quote) if between.ends_with(quote) => sign == quote && !is_escaped,
            _ => sign.is_ascii_whitespace() || "&<\"',]}".contains(sign),
        };
        is_escaped = sign == '\\' && !is_escaped;
        is_end
    });
    let start = end + between.len();
    Some(start..start + length.unwrap_or(value.len()))
}

fn letters(text: &str) -> usize {
    let is_letter = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    text.find(|sign| !is_letter(sign)).unwrap_or(text.len())
}

fn headers(text: &str) -> Vec<Range<usize>> {
    let head = text.split("\n\r\n").next().unwrap_or_default();
    let mut values = Vec::new();
    let mut start = 0;
    for line in head.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        if let Some((name, value)) = line.split_once(':') {
            let value = value.trim();
            let name = name.to_ascii_lowercase();
            let is_basic = name == "authorization" && value.starts_with("Basic ");
            if is_basic || HEADERS.contains(&name.as_str()) {
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
        found
            .map(|value| &text[value])
            .filter(|value| !value.is_empty())
            .collect()
    }

    #[test]
    fn values_are_found_by_their_name_in_any_punctuation() {
        for (text, value) in [
            (r#"{"access_token" : "to\"ken", "#, r#"to\"ken"#),
            (r#"{"access_token":"token"#, "token"),
            ("access_token=token&scope=", "token"),
            ("access_token: token\r\n", "token"),
            ("{'accessToken': 'token'}", "token"),
            (r#""refresh_token": [ "token" ]"#, "token"),
            ("<access_token>token</access_token>", "token"),
            ("GET /cb?code=c%2Fode&state=a HTTP/1.1", "c%2Fode"),
            ("GET /cb?state=a&code=code HTTP/1.1", "code"),
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
            "error_code=401 code_challenge=a",
            "gho_short ghosts_and_more_than_sixteen_letters",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn githubs_tokens_are_found_by_their_form_and_headers_by_their_name() {
        assert_eq!(
            found("{\"value\": [\"gho_0123456789abcdef\"]}"),
            ["gho_0123456789abcdef"]
        );
        assert_eq!(
            found(
                "GET / HTTP/1.1\r\nCookie:  a=b; c=d \r\nAuthorization: Basic YTpi\r\nAccept: a\r\n\r\nCookie: e"
            ),
            ["a=b; c=d", "Basic YTpi"]
        );
        assert_eq!(
            found("GET / HTTP/1.1\r\nAuthorization: Bearer a\r\n\r\n"),
            [""; 0]
        );
    }
}
