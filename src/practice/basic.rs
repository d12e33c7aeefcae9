//! HTTP Basic, RFC 7617, by which a client may say who it is in legs 3 and 5.
//!
//! ```text
//! authorization: Basic T3YyM2xp…          client_id:client_secret, in Base64
//! ```
//!
//! RFC 6749 §2.3.1 form-encodes both before they are joined, RFC 7617 doesn't, and clients do either. Both
//! are taken. Left out: reading the header; it is compared. Shown by the tests below.

use super::grants::Registration;
use crate::protocol::client_auth;
use crate::secret::base64url::base64;

/// Whether an Authorization header is HTTP Basic at all.
pub(super) fn is_basic(header: &str) -> bool {
    match header.split_once(' ') {
        Some((scheme, _)) => scheme.eq_ignore_ascii_case("basic"),
        None => false,
    }
}

/// Whether an Authorization header has the app's credentials.
pub(super) fn is_of(app: &Registration, header: &str) -> bool {
    let Some((_, given)) = header.split_once(' ') else { return false };
    let encoded = client_auth::basic(&app.client_id, &app.client_secret);
    let plain = base64(format!("{}:{}", app.client_id, app.client_secret.expose()).as_bytes());
    let is_right = encoded.strip_prefix("Basic ") == Some(given) || plain == given;
    is_basic(header) && is_right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::ClientSecret;
    use crate::wire::url::RedirectUri;

    #[test]
    fn credentials_are_known_form_encoded_and_plain_and_the_scheme_in_any_case() {
        let app = Registration {
            client_id: "a:b".to_owned(),
            client_secret: ClientSecret::new("c d/".to_owned()),
            redirect_uri: RedirectUri::parse("http://localhost/").unwrap(),
        };
        // a%3Ab:c+d%2F and a:b:c d/
        for header in ["Basic YSUzQWI6YytkJTJG", "basic YSUzQWI6YytkJTJG", "BASIC YTpiOmMgZC8="] {
            assert!(is_of(&app, header), "{header}");
        }
        for header in ["", "Basic", "Basic ", "Bearer YTpiOmMgZC8=", "Basic YTpi", "YTpiOmMgZC8="] {
            assert!(!is_of(&app, header), "{header}");
        }
    }
}
