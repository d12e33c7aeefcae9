//! The advice for a refusal, by its error code: those of RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1,
//! RFC 7009, RFC 8707, RFC 9396 and RFC 9470, of OIDC Core 1.0 §3.1.2.6 and OIDC Unmet Authentication
//! Requirements 1.0, and GitHub's.
//!
//! Left out: codes of the device flow and of refreshing, which this program doesn't do.

/// The remedy for an error code, if it is one that a standard or GitHub defines.
pub fn remedy(error: &str) -> Option<&'static str> {
    let remedy = match error {
        "access_denied" => "run this again and choose Authorize",
        "server_error" | "temporarily_unavailable" => {
            "the provider has a problem of its own; try again later"
        }
        "invalid_scope" => {
            "check `SCOPE`: the provider doesn't know one of these scopes, or won't grant it"
        }
        "incorrect_client_credentials" => "check `CLIENT_ID` and `CLIENT_SECRET`",
        // RFC 6749 §5.2: "unknown client, no client authentication included, or unsupported authentication
        // method".
        "invalid_client" => "check `CLIENT_ID`, `CLIENT_SECRET` and `CLIENT_AUTH`",
        "invalid_grant" | "bad_verification_code" => {
            "a code works only once, and only for a few minutes; run this again"
        }
        "invalid_request" => {
            "check the endpoints and `CLIENT_AUTH` against the provider's documentation"
        }
        "unauthorized_client" | "unsupported_response_type" | "unsupported_grant_type" => {
            "allow the authorization code flow for this app at the provider"
        }
        "redirect_uri_mismatch" => {
            "set `REDIRECT_URI` to the callback URL that is registered for the app"
        }
        "application_suspended" => "ask GitHub Support about the app",
        "unverified_user_email" => "verify the email address of the account first",
        "login_required"
        | "interaction_required"
        | "account_selection_required"
        | "consent_required" => {
            "the provider wants to ask you something; run this again, without `prompt=none` in `AUTH_URL`"
        }
        "invalid_request_uri"
        | "invalid_request_object"
        | "request_not_supported"
        | "request_uri_not_supported"
        | "registration_not_supported" => {
            "take the parameters that the provider doesn't support out of `AUTH_URL`"
        }
        "unmet_authentication_requirements" | "insufficient_user_authentication" => {
            "sign in at the provider in the way that it demands, and run this again"
        }
        "invalid_token" => "check that all endpoints belong to one provider",
        "insufficient_scope" => "ask for more in `SCOPE`",
        "invalid_target" => "check the `resource` in the query of `AUTH_URL` or `TOKEN_URL`",
        "invalid_authorization_details" => {
            "check the `authorization_details` in the query of `AUTH_URL`"
        }
        "unsupported_token_type" => "the provider can't revoke such a token; it expires by itself",
        _ => return None,
    };
    Some(remedy)
}

#[cfg(test)]
mod tests {
    use super::remedy;

    #[test]
    fn each_standard_error_code_has_a_remedy() {
        for error in [
            // RFC 6749 §4.1.2.1
            "invalid_request",
            "unauthorized_client",
            "access_denied",
            "unsupported_response_type",
            "invalid_scope",
            "server_error",
            "temporarily_unavailable",
            // RFC 6749 §5.2
            "invalid_client",
            "invalid_grant",
            "unsupported_grant_type",
            // OpenID Connect Core 1.0 §3.1.2.6
            "interaction_required",
            "login_required",
            "account_selection_required",
            "consent_required",
            "invalid_request_uri",
            "invalid_request_object",
            "request_not_supported",
            "request_uri_not_supported",
            "registration_not_supported",
            // RFC 6750 §3.1
            "invalid_token",
            "insufficient_scope",
            // RFC 7009 §2.2.1, RFC 8707 §2, RFC 9396 §5, RFC 9470 §3, and OIDC Unmet Authentication
            // Requirements 1.0
            "unsupported_token_type",
            "invalid_target",
            "invalid_authorization_details",
            "insufficient_user_authentication",
            "unmet_authentication_requirements",
            // GitHub
            "application_suspended",
            "redirect_uri_mismatch",
            "incorrect_client_credentials",
            "bad_verification_code",
            "unverified_user_email",
        ] {
            assert!(remedy(error).is_some(), "{error}");
        }
        assert_eq!(remedy("a_new_one"), None);
    }

    #[test]
    fn a_problem_of_the_providers_own_is_worth_another_try() {
        for error in ["server_error", "temporarily_unavailable"] {
            assert!(remedy(error).unwrap().ends_with("try again later"));
        }
    }
}
