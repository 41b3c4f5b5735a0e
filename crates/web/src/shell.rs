//! What stands around every page: who is signed in, and which style and script.

use crate::{assets, moment, words};
use record::Session;

/// The frame of a page.
pub(crate) struct Shell {
    /// The signed-in user's name; empty when nobody is.
    pub user: String,
    /// Today on the practice's wall; empty when nobody is signed in.
    pub today: String,
    /// Where the style is.
    pub style: &'static str,
    /// Where the script is.
    pub script: &'static str,
}

impl Shell {
    pub(crate) fn of(session: Option<&Session>) -> Self {
        Self {
            user: session.map(|session| session.actor().name.clone()).unwrap_or_default(),
            today: session.map(|session| today(session.record().now_ms())).unwrap_or_default(),
            style: assets::style_path(),
            script: assets::script_path(),
        }
    }
}

fn today(now_ms: i64) -> String {
    moment::today(now_ms)
        .map(|day| format!("{} {}", moment::weekday(day), words::date(&day.to_string())))
        .unwrap_or_default()
}
