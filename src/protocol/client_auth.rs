//! How this client proves who it is in legs 3 and 5, RFC 6749 §2.3.1.
//!
//! ```text
//! client_id=Ov23li…&client_secret=…          CLIENT_AUTH=post: in the body
//! authorization: Basic T3YyM2xp…             CLIENT_AUTH=basic: in a header
//! client_id=Ov23li…                          a public client has no secret: it only says its name
//! ```
//!
//! Left out: signed assertions (RFC 7523) and certificates (RFC 8705).
//!
//! Shown by `tests/suite/anywhere.rs` and `tests/suite/certified.rs`.

use crate::ask::request::Request;
use crate::secret::ClientSecret;
use crate::secret::base64url::base64;
use crate::setup::config::{ClientAuth, Config};
use crate::wire::form::encode_value;

/// Adds the client's credentials to a form: in the header or in the body, as the configuration says.
pub fn add(request: &mut Request<'_>, config: &Config) {
    match &config.client_secret {
        // RFC 6749 §2.3: "MUST NOT use more than one authentication method in each request."
        Some(secret) if config.client_auth == ClientAuth::Basic => {
            request.authorize(&basic(&config.client_id, secret));
        }
        Some(secret) => {
            request.parameter("client_id", &config.client_id);
            request.secret_parameter("client_secret", secret.expose());
        }
        // RFC 8252 §8.5: "Secrets that are statically included as part of an app distributed to
        // multiple users should not be treated as confidential secrets". PKCE ties the code to this
        // program, and doesn't prove which client it is.
        None => request.parameter("client_id", &config.client_id),
    }
}

/// The credentials as HTTP Basic (RFC 7617 §2).
pub fn basic(client_id: &str, secret: &ClientSecret) -> String {
    // RFC 6749 §2.3.1: "The client identifier is encoded using the
    // "application/x-www-form-urlencoded" encoding algorithm per Appendix B, and the encoded value
    // is used as the username; the client password is encoded using the same algorithm and used as
    // the password."
    let credentials = encode_value(client_id) + ":" + &encode_value(secret.expose());
    format!("Basic {}", base64(credentials.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_form_encodes_the_credentials_before_it_joins_them() {
        for (id, secret, credentials) in [
            // RFC 6749 §2.3.1.
            (
                "s6BhdRkqt3",
                "7Fjfp0ZBr1KtDRbnfVdmIw",
                "czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3",
            ),
            // a%3Ab:c+d%2F
            ("a:b", "c d/", "YSUzQWI6YytkJTJG"),
        ] {
            let basic = basic(id, &ClientSecret::new(secret.to_owned()));
            assert_eq!(basic, format!("Basic {credentials}"));
        }
    }
}
