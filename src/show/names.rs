//! Names that stand before secrets: of parameters, JSON members, and headers.
//!
//! ```text
//! GET /callback?code=4f2c8d1e90&state=…     the code
//! X-Auth-Token: 81c6f30d2                   the value of the header
//! ```
//!
//! Left out: names that say nothing, such as `key` or `value`. Shown by the tables below, and by
//! `tests/suite/masking.rs`.

use crate::show::coding::undo;

/// Whether a parameter, a member or a header of this name holds a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let singular = name.strip_suffix('s').unwrap_or(&name);
    ["token", "secret", "assertion", "password"].iter().any(|word| singular.ends_with(word))
}

/// The place of a value in a head that is secret by its name.
#[derive(Debug)]
pub struct Named {
    pub start: usize,
    pub end: usize,
    /// Whether it is a code or a token, which may show how it begins.
    pub is_temporary: bool,
}

/// The values in a message's head that are secret by their names.
pub fn secrets_by_name(head: &str) -> Vec<Named> {
    let mut found = Vec::new();
    let mut line_start = 0;
    for line in head.split_inclusive('\n') {
        match secret_header(line) {
            Some(value) => {
                let end = line_start + line.trim_end().len();
                found.push(Named { start: end - value.len(), end, is_temporary: false });
            }
            None => find_parameters(line, line_start, &mut found),
        }
        line_start += line.len();
    }
    found
}

/// The value of a header that is secret by its name.
fn secret_header(line: &str) -> Option<&str> {
    let (name, value) = line.split_once(':')?;
    let value = value.trim();
    let secret = match name.trim().to_ascii_lowercase().as_str() {
        "cookie" | "set-cookie" => value,
        "authorization" | "proxy-authorization" => credentials(value),
        name if is_secret_name(name) => value,
        _ => "",
    };
    if secret.is_empty() { None } else { Some(secret) }
}

/// RFC 9110 §11.4: "credentials = auth-scheme [ 1*SP ( token68 / #auth-param ) ]". The scheme is no secret,
/// but a lone word may be a token whose sender has forgotten the scheme.
fn credentials(value: &str) -> &str {
    match value.split_once([' ', '\t']) {
        Some((_, after_scheme)) => after_scheme.trim_start(),
        None => value,
    }
}

/// Finds `?code=4f2c…`, wherever it stands in a line.
fn find_parameters(line: &str, line_start: usize, found: &mut Vec<Named>) {
    let is_end = |sign: char| sign.is_whitespace() || matches!(sign, '?' | '&' | '#' | '"');
    let mut end = line_start;
    for piece in line.split_inclusive(is_end) {
        let pair = piece.trim_end_matches(is_end);
        let pair_end = end + pair.len();
        end += piece.len();
        let Some((name, value)) = pair.split_once('=') else { continue };
        let name = String::from_utf8_lossy(&undo(name.as_bytes())).into_owned();
        if name == "code" || is_secret_name(&name) {
            let start = pair_end - value.len();
            let is_temporary = name == "code" || name.to_ascii_lowercase().ends_with("token");
            found.push(Named { start, end: pair_end, is_temporary });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_that_a_secret_follows() {
        for name in [
            "token",
            "access_token",
            "accessToken",
            "tokens",
            "ID_TOKEN",
            "X-Auth-Token",
            "client_secret",
            "device_secret",
            "client_assertion",
            "password",
            "secrets",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in
            ["", "s", "token_type", "token_endpoint", "expires_in", "tokenizer", "secretary"]
        {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
