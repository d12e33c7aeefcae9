//! What the provider says it can do: RFC 8414 §2, also where older clients look for it.

use super::books::Books;

/// The document, with all that the exam looks at.
pub(super) fn metadata(books: &Books) -> String {
    let issuer = books.issuer();
    let origin = &books.origin;
    let auth_url = &books.auth_url;
    let token_url = &books.token_url;
    format!(
        "{{\"issuer\":\"{issuer}\",\"authorization_endpoint\":\"{auth_url}\",\
        \"token_endpoint\":\"{token_url}\",\"userinfo_endpoint\":\"{origin}/user\",\
        \"response_types_supported\":[\"code\"],\"grant_types_supported\":[\"authorization_code\"],\
        \"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"client_secret_basic\",\
        \"none\"],\"code_challenge_methods_supported\":[\"S256\"],\
        \"authorization_response_iss_parameter_supported\":true}}"
    )
}
