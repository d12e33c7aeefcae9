//! The one app that is registered at the provider, and the variables by which a client knows it.

use super::grants::{Registration, SharedGrants};
use super::provider::Provider;
use super::revoke;
use crate::error::Error;
use crate::secret::{ClientSecret, base64url, random};
use crate::wire::url::RedirectUri;

/// The one app.
pub(super) struct App {
    pub(super) client_id: String,
    pub(super) client_secret: ClientSecret,
    origin: String,
}

/// A program that reads lines which set variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shell {
    Sh,
    PowerShell,
}

impl Shell {
    /// The one that people have on this system.
    pub(super) fn usual() -> Self {
        if cfg!(windows) { Self::PowerShell } else { Self::Sh }
    }

    pub(super) fn other(self) -> Self {
        match self {
            Self::Sh => Self::PowerShell,
            Self::PowerShell => Self::Sh,
        }
    }

    /// The line above its lines.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Sh => "For sh, bash and zsh:",
            Self::PowerShell => "For PowerShell:",
        }
    }
}

/// An environment variable.
pub(super) struct Variable {
    pub(super) name: &'static str,
    pub(super) value: String,
}

impl App {
    /// An app with a new secret, at the provider with this origin.
    /// Errors: [`Error::System`] when the system gives no random bytes.
    pub(super) fn new(origin: &str) -> Result<Self, Error> {
        let client_secret = base64url::encode(&random::bytes().map_err(Error::System)?);
        Ok(Self {
            client_id: "practice".to_owned(),
            client_secret: ClientSecret::new(client_secret),
            origin: origin.to_owned(),
        })
    }

    /// Every variable that a client needs, in the order in which they are printed.
    pub(super) fn variables(&self, redirect_uri: &str) -> Vec<Variable> {
        let origin = &self.origin;
        let list = [
            ("CLIENT_ID", self.client_id.clone()),
            ("CLIENT_SECRET", self.client_secret.expose().to_owned()),
            ("AUTH_URL", format!("{origin}/login/oauth/authorize")),
            ("TOKEN_URL", format!("{origin}/login/oauth/access_token")),
            ("USER_URL", format!("{origin}/user")),
            ("ISSUER", format!("{origin}/login/oauth")),
            ("REDIRECT_URI", redirect_uri.to_owned()),
            ("REVOKE_URL", format!("{origin}{}", revoke::path(&self.client_id))),
        ];
        list.map(|(name, value)| Variable { name, value }).into()
    }

    /// Every variable, a line each, as this shell reads it.
    pub(super) fn exports(&self, uri: &RedirectUri, shell: Shell) -> String {
        let mut exports = String::new();
        for Variable { name, value } in self.variables(&uri.text) {
            exports += &match shell {
                Shell::Sh => format!("export {name}='{}'\n", value.replace('\'', "'\\''")),
                Shell::PowerShell => format!("$env:{name}='{}'\n", value.replace('\'', "''")),
            };
        }
        exports
    }

    /// The memory of a provider that begins.
    pub(super) fn grants(&self, provider: &Provider, uri: &RedirectUri) -> SharedGrants {
        provider.grants(Registration {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            redirect_uri: uri.clone(),
        })
    }
}
