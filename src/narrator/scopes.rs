//! The scopes that were granted, beside those that were requested.
//!
//! ```text
//! requested  read:user gist         RFC 6749 §3.3: separated by spaces
//! granted    gist,read:user         GitHub differs: separated by commas
//! ```

use crate::protocol::token::Scope;

/// The scopes of an answer whose `scope` can't be read.
const UNKNOWN: &str = "unknown, because `scope` is neither text nor a list of texts";

/// The scopes that were granted, if they differ from those that were requested. RFC 6749 §3.3: "If the
/// issued access token scope is different from the one requested by the client, the authorization server
/// MUST include the "scope" response parameter to inform the client of the actual scope granted."
/// GitHub differs: its list leaves out a scope that a wider one includes, so it may be shorter and mean
/// the same.
pub(super) fn other_than(requested: &str, granted: &Scope) -> Option<String> {
    let requested = sorted(requested);
    if requested.is_empty() {
        return None;
    }
    let granted = match granted {
        Scope::AsRequested => return None,
        Scope::Unknown => return Some(UNKNOWN.to_owned()),
        Scope::Named(granted) => sorted(granted),
    };
    if granted == requested {
        None
    } else if granted.is_empty() {
        Some("nothing".to_owned())
    } else {
        Some(granted)
    }
}

/// The scopes, sorted. `offline_access` is left out: it asks for a refresh token, and isn't a scope of
/// the access token.
pub(super) fn sorted(scopes: &str) -> String {
    let mut scopes: Vec<&str> = scopes.split([' ', ',']).collect();
    scopes.retain(|scope| !scope.is_empty() && *scope != "offline_access");
    scopes.sort_unstable();
    scopes.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_and_offline_access_is_not_one() {
        let named = |scopes: &str| Scope::Named(scopes.to_owned());
        for (requested, granted, told) in [
            ("read:user gist", named("gist,read:user"), None),
            ("read:user gist", named("read:user gist"), None),
            ("read:user gist", Scope::AsRequested, None),
            ("read:user offline_access", named("read:user"), None),
            ("", named("read:user"), None),
            ("read:user gist", named("gist"), Some("gist")),
            ("read:user", named(""), Some("nothing")),
            ("read:user", Scope::Unknown, Some(UNKNOWN)),
        ] {
            assert_eq!(other_than(requested, &granted).as_deref(), told, "{requested}");
        }
    }
}
