//! The provider's reply to a request, and the mischief that may come first.

use super::html_page::HtmlPage;
use crate::wire::response::Response;

/// The bytes that go back over the connection, or none.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// A response.
    Response(Response),
    /// A page for a browser.
    Page(HtmlPage),
    /// A response that comes a second later.
    Late(Response),
    /// Nothing. The connection stays open.
    Silence,
    /// A response that doesn't end.
    Endless,
}

impl Reply {
    /// Its status, if it has one.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Response(response) | Self::Late(response) => Some(response.status),
            Self::Page(page) => Some(page.status),
            Self::Silence | Self::Endless => None,
        }
    }

    /// As the log and the drawing name it: by its status, if it has one.
    pub(super) fn outcome(&self) -> String {
        match self {
            Self::Response(response) | Self::Late(response) => response.status.to_string(),
            Self::Page(page) => page.status.to_string(),
            Self::Silence => "no answer".to_owned(),
            Self::Endless => "an answer without end".to_owned(),
        }
    }
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

impl From<HtmlPage> for Reply {
    fn from(page: HtmlPage) -> Self {
        Self::Page(page)
    }
}

/// An attack on the client's callback port, before the reply.
#[derive(Clone)]
pub(super) enum Mischief {
    /// Brings this callback to it, once more.
    DeliverAgain { callback: String },
    /// Opens connections to this redirect URI, and says nothing on them.
    StaySilent { redirect_uri: String },
}

// The callback holds a code.
crate::secret::opaque!(Mischief);
