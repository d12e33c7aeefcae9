//! The provider's reply to a request, and the mischief that may come first.

use crate::wire::response::Response;

/// The bytes that go back over the connection, or none.
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
