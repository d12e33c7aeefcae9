//! What the provider does with a request: what goes back over the connection, and what it does first.

use crate::wire::response::Response;

/// What goes back over the connection.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    /// A response.
    Response(Response),
    /// A response that comes a second later.
    Late(Response),
    /// Nothing. The connection stays open.
    Silence,
    /// A response that doesn't end.
    Endless,
}

/// What the provider does to the client's callback port before it replies.
#[derive(Clone)]
pub(super) enum Mischief {
    /// Brings this callback to it, once more.
    DeliverAgain { callback: String },
    /// Opens connections to this redirect URI, and says nothing on them.
    StaySilent { redirect_uri: String },
}

// The callback holds a code.
crate::secret::opaque!(Mischief);
