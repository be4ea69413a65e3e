//! What a holder lets the public see of a credential.
//!
//! The credential itself is found by whoever knows its address: that is what an address is for. Whose it is, and whether search engines
//! may know the address, is the holder's to say; until they do, nobody learns either.

use serde::{Deserialize, Serialize};

/// What the page about a credential shows, and to whom. Nothing, unless its holder said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Visibility {
    /// Whether the page shows the holder's name to everybody.
    pub shows_name: bool,
    /// Whether search engines may list it.
    pub is_listed: bool,
}
