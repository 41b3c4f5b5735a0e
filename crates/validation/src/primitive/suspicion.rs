//! Values that are well-formed and that somebody may still not want: text with markup, addresses of examples, canonicals
//! that nobody can find.

use super::Primitive;
use crate::extension::is_absolute;
use crate::rule::{self, Rule};
use crate::settings::Settings;

/// The domains that exist for examples only (RFC 2606, section 3).
const EXAMPLE_DOMAINS: [&str; 3] = ["example.org", "example.com", "example.net"];

impl Primitive {
    /// The rule that a well-formed value breaks by the settings, and how to mend it, to stand behind the value.
    pub fn suspicion(self, value: &str, settings: &Settings) -> Option<(Rule, &'static str)> {
        match self {
            Self::String | Self::Markdown if settings.refuses_markup && has_markup(value) => {
                Some((rule::MARKUP, "looks like HTML; write < as a word or leave the tags out"))
            }
            Self::Uri | Self::Url | Self::Canonical if settings.refuses_examples && is_example(value) => {
                Some((rule::EXAMPLE_ADDRESS, "is an address for examples; write the real one"))
            }
            Self::Canonical if settings.is_thorough && !value.starts_with('#') && !is_absolute(value) => {
                Some((rule::CANONICAL_RELATIVE, "is not absolute; write the canonical URL whole"))
            }
            _ => None,
        }
    }
}

/// Whether a `<` begins what a browser would take for a tag.
fn has_markup(text: &str) -> bool {
    text.match_indices('<').any(|(at, _)| {
        let behind = text[at + 1..].trim_start_matches('/');
        behind.starts_with(|letter: char| letter.is_ascii_alphabetic())
    })
}

fn is_example(address: &str) -> bool {
    let Some((_, behind)) = address.split_once("://") else { return false };
    let host = behind.split(['/', ':', '?', '#', '|']).next().unwrap_or_default();
    EXAMPLE_DOMAINS.iter().any(|domain| {
        host.strip_suffix(domain).is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}
