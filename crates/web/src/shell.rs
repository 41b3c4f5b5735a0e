//! What stands around every page: who is signed in, and which style and script.

use crate::assets;
use record::Session;

/// The frame of a page.
pub(crate) struct Shell {
    /// The signed-in user's name; empty when nobody is.
    pub user: String,
    /// Where the style is.
    pub style: &'static str,
    /// Where the script is.
    pub script: &'static str,
}

impl Shell {
    pub(crate) fn of(session: Option<&Session>) -> Self {
        Self {
            user: session.map(|session| session.actor().name.clone()).unwrap_or_default(),
            style: assets::style_path(),
            script: assets::script_path(),
        }
    }
}
