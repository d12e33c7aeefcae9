//! Leg 3's scope: what was granted of what was asked for. RFC 6749 §3.3.
//!
//! ```text
//! asked    read:user user:email gist
//! granted  gist,user                    (GitHub: `user` includes the other two)
//! ```
//!
//! Left out: the whole tree of GitHub's scopes. Here stand its rules and the exceptions in `repo`;
//! one that is missing here is said to be missing, and the login goes on.

/// The scope tokens that were asked for and not granted.
#[must_use]
pub fn missing(asked: &str, granted: &str) -> Vec<String> {
    // GitHub differs: it separates by commas what RFC 6749 §3.3 separates by spaces.
    let granted: Vec<&str> = granted.split([' ', ',']).filter(|scope| !scope.is_empty()).collect();
    let covered = |asked: &str| granted.iter().any(|granted| covers(granted, asked));
    asked
        .split([' ', ','])
        .filter(|asked| !asked.is_empty() && !covered(asked))
        .map(str::to_owned)
        .collect()
}

/// The scopes in `repo` that do not begin with its name.
const IN_REPO: [&str; 3] = ["public_repo", "repo_deployment", "security_events"];

/// Whether a granted scope includes the one asked for. GitHub differs: it leaves a scope out of its
/// answer when a wider one includes it, so that `user` stands for `user read:user user:email`.
fn covers(granted: &str, asked: &str) -> bool {
    let (verb, noun) = asked.split_once(':').unwrap_or(("", asked));
    let wider: &[&str] = match verb {
        "read" => &["write", "admin"],
        "write" => &["admin"],
        _ => &[],
    };
    granted == asked
        || (granted == "repo" && IN_REPO.contains(&asked))
        || (verb == granted && !verb.is_empty())
        || (matches!(verb, "read" | "write") && granted == noun)
        || wider.iter().any(|wider| granted.split_once(':') == Some((wider, noun)))
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn a_scope_is_missing_when_neither_it_nor_a_wider_one_was_granted() {
        for (asked, granted, expected) in [
            ("read:user", "read:user", ""),
            ("read:user gist", "gist,read:user", ""),
            ("read:user gist", "gist read:user extra", ""),
            ("read:user,gist", "read:user", "gist"),
            ("read:user", "", "read:user"),
            ("read:user user:email", "user", ""),
            ("read:user", "user:email", "read:user"),
            ("user", "read:user", "user"),
            ("repo:status public_repo", "repo", ""),
            ("repo security_events repo_deployment", "repo", ""),
            ("read:org", "write:org", ""),
            ("read:org write:org", "admin:org", ""),
            ("write:org", "read:org", "write:org"),
            ("admin:org", "write:org", "admin:org"),
            ("openid profile", "openid", "profile"),
            ("read:org", "read:user", "read:org"),
            ("repo", "public_repo", "repo"),
        ] {
            assert_eq!(missing(asked, granted).join(" "), expected, "{asked} {granted}");
        }
    }
}
