//! Who agreed to an authorization request.

/// The people who have an account at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    /// The person at the consent page, who is signed in there.
    Octocat,
    /// Somebody else, whose code a forged callback brings.
    Mallory,
}

impl Account {
    /// The name in the profile.
    pub(super) fn login(self) -> &'static str {
        match self {
            Self::Octocat => "octocat",
            Self::Mallory => "mallory",
        }
    }

    /// The profile, which is octocat's with other names.
    pub(super) fn profile(self, octocats: &str) -> String {
        match self {
            Self::Octocat => octocats.to_owned(),
            Self::Mallory => {
                octocats.replace("octocat", "mallory").replace("The Octocat", "Mallory")
            }
        }
    }
}
