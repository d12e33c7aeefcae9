//! The purpose of a request, by its path and its method.

use super::metadata;
use super::redirect::ELSEWHERE;
use crate::wire::request::Request;

/// The purpose of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// Leg 1.
    AuthorizationRequest,
    /// Leg 2: the person's decision on the consent page.
    Decision,
    /// Leg 3.
    TokenRequest,
    /// Leg 4.
    ProfileRequest,
    /// Leg 5.
    Revocation,
    /// Where a redirect of leg 3 or 4 leads that a good client doesn't follow.
    Elsewhere,
    Board,
    Metadata,
    Nowhere,
}

impl Route {
    pub(super) fn of(request: &Request) -> Self {
        match request.path.as_str() {
            "/login/oauth/authorize" if request.method == "POST" => Self::Decision,
            "/login/oauth/authorize" => Self::AuthorizationRequest,
            "/login/oauth/access_token" => Self::TokenRequest,
            "/user" => Self::ProfileRequest,
            ELSEWHERE => Self::Elsewhere,
            "/" => Self::Board,
            metadata::PATH | metadata::OLDER_PATH => Self::Metadata,
            path if path.starts_with("/applications/") => Self::Revocation,
            _ => Self::Nowhere,
        }
    }

    /// The number of its leg, if it is part of a login.
    pub(super) fn leg(self) -> Option<u8> {
        match self {
            Self::AuthorizationRequest => Some(1),
            Self::Decision => Some(2),
            Self::TokenRequest => Some(3),
            Self::ProfileRequest => Some(4),
            Self::Revocation => Some(5),
            Self::Elsewhere | Self::Board | Self::Metadata | Self::Nowhere => None,
        }
    }

    /// The methods that are allowed; an empty list stands for any. RFC 9110 §9.3.2: a server answers HEAD
    /// as GET, and leaves the content out.
    pub(super) fn methods(self) -> &'static [&'static str] {
        match self {
            Self::AuthorizationRequest | Self::Decision => &["GET", "HEAD", "POST"],
            Self::TokenRequest => &["POST"],
            Self::Revocation => &["DELETE"],
            Self::ProfileRequest | Self::Board | Self::Metadata => &["GET", "HEAD"],
            Self::Elsewhere | Self::Nowhere => &[],
        }
    }
}
