//! The provider's metadata: RFC 8414 §2, also where older clients look for it.

use serde_json::json;

use super::books::Books;

/// The document, with all that the exam looks at.
pub(super) fn metadata(books: &Books) -> String {
    let issuer = books.issuer();
    let origin = &books.origin;
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/access_token"),
        "userinfo_endpoint": format!("{origin}/user"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "token_endpoint_auth_methods_supported":
            ["client_secret_post", "client_secret_basic", "none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    })
    .to_string()
}
