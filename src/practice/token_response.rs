//! The token endpoint's answers, as JSON or as a form: RFC 6749 §5.1 and §5.2, with GitHub's names.
//!
//! ```text
//! {"access_token":"gho_…","expires_in":28800,…,"token_type":"bearer"}        as JSON
//! access_token=gho_…&expires_in=28800&…&token_type=bearer                    as a form
//! error=bad_verification_code&error_description=…&error_uri=…                with the status 200
//! ```
//!
//! Shown by the tests of token.rs, and by `tests/suite/provider.rs`.

use serde_json::{Value, json};

use crate::secret::opaque;
use crate::wire::form::encode;
use crate::wire::response::Response;

/// How the answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Form,
}

impl Format {
    /// GitHub differs: JSON must be asked for.
    pub(super) fn asked_by(accept: Option<&str>) -> Self {
        match accept {
            Some(accept) if accept.contains("application/json") => Self::Json,
            _ => Self::Form,
        }
    }
}

/// Why no token is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenError {
    InvalidRequest,
    InvalidGrant,
    UnsupportedGrantType,
    IncorrectClientCredentials,
    BadVerificationCode,
    BadRefreshToken,
    RedirectUriMismatch,
    UnverifiedUserEmail,
}

impl TokenError {
    /// GitHub differs: `bad_verification_code` and `bad_refresh_token` are its names for `invalid_grant`,
    /// and `incorrect_client_credentials` is its name for `invalid_client`.
    fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::IncorrectClientCredentials => "incorrect_client_credentials",
            Self::BadVerificationCode => "bad_verification_code",
            Self::BadRefreshToken => "bad_refresh_token",
            Self::RedirectUriMismatch => "redirect_uri_mismatch",
            Self::UnverifiedUserEmail => "unverified_user_email",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::InvalidRequest => "The request has a parameter twice, or is not UTF-8.",
            Self::InvalidGrant | Self::BadVerificationCode => {
                "The code passed is incorrect or expired."
            }
            Self::BadRefreshToken => "The refresh token passed is incorrect or expired.",
            Self::UnsupportedGrantType => {
                "Only the grant types authorization_code and refresh_token are supported."
            }
            Self::IncorrectClientCredentials => {
                "The client_id and/or client_secret passed are incorrect."
            }
            Self::RedirectUriMismatch => {
                "The redirect_uri is not the one of the authorization request."
            }
            Self::UnverifiedUserEmail => "The user must have a verified primary email.",
        }
    }

    /// The answer. GitHub differs: a refusal has the status 200, not 400.
    pub(super) fn response(self, status: u16, format: Format) -> Response {
        let members = json!({
            "error": self.name(),
            "error_description": self.description(),
            "error_uri": "https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-oauth-app-access-token-request-errors",
        });
        write(status, &members, format)
    }
}

/// RFC 6749 §5.1, with the members that GitHub's answer has for apps whose tokens expire. A fault of
/// leg 3 may change it.
pub(super) struct TokenResponse {
    pub(super) access_token: String,
    pub(super) expires_in: u64,
    pub(super) refresh_token: String,
    pub(super) refresh_token_expires_in: u64,
    /// GitHub differs: commas, where RFC 6749 §3.3 has spaces.
    pub(super) scope: String,
    pub(super) token_type: &'static str,
}

opaque!(TokenResponse);

impl TokenResponse {
    /// The answer that hands the tokens out.
    pub(super) fn response(&self, format: Format) -> Response {
        let members = json!({
            "access_token": self.access_token,
            "expires_in": self.expires_in,
            "refresh_token": self.refresh_token,
            "refresh_token_expires_in": self.refresh_token_expires_in,
            "scope": self.scope,
            "token_type": self.token_type,
        });
        write(200, &members, format)
    }
}

fn write(status: u16, members: &Value, format: Format) -> Response {
    if format == Format::Json {
        return Response::new(status, "application/json; charset=utf-8", members.to_string());
    }
    let mut body = String::new();
    for (name, value) in members.as_object().into_iter().flatten() {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !body.is_empty() {
            body.push('&');
        }
        body.push_str(&encode(&[(name, &text)]));
    }
    Response::new(status, "application/x-www-form-urlencoded; charset=utf-8", body)
}
