//! GitHub's scopes, in words that a person understands.

/// A scope that an app may ask for.
pub(super) struct Scope {
    pub(super) name: &'static str,
    /// The things that the app could then do.
    pub(super) allows: &'static str,
    /// Whether that can't be undone.
    pub(super) is_dangerous: bool,
}

/// The scopes that the consent page knows.
pub(super) static SCOPES: [Scope; 12] = [
    harmless("read:user", "read your profile"),
    harmless("user:email", "read your email addresses, private ones too"),
    harmless("user:follow", "follow people for you"),
    harmless("user", "read and change your profile"),
    harmless("gist", "write gists in your name"),
    harmless("notifications", "read your notifications, and mark them as read"),
    harmless("public_repo", "write to your public repositories"),
    harmless("repo", "read and write all your repositories, private ones too"),
    harmless("workflow", "change what your repositories run on GitHub's machines"),
    harmless("read:org", "see which organizations you belong to"),
    dangerous("admin:public_key", "add keys, with which somebody else can push in your name"),
    dangerous("delete_repo", "delete your repositories"),
];

const fn harmless(name: &'static str, allows: &'static str) -> Scope {
    Scope { name, allows, is_dangerous: false }
}

const fn dangerous(name: &'static str, allows: &'static str) -> Scope {
    Scope { name, allows, is_dangerous: true }
}

/// GitHub: this scope asks for a refresh token, which apps get anyhow. The person isn't asked for it, and
/// the client isn't told that it was granted.
pub(super) const OFFLINE_ACCESS: &str = "offline_access";

/// The scopes that a person is asked for. GitHub differs: it takes commas, where RFC 6749 §3.3 has spaces.
pub(super) fn asked(scope: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for name in scope.split([' ', ',']) {
        if !name.is_empty() && name != OFFLINE_ACCESS {
            names.push(name);
        }
    }
    names
}

/// The same, each once and in order, so that two requests can be compared.
pub(super) fn granted(scope: &str) -> Vec<&str> {
    let mut names = asked(scope);
    names.sort_unstable();
    names.dedup();
    names
}
