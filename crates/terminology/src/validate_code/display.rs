//! Whether a display is one of those that a concept has.

use crate::code_system::concept::{Concept, Designation};
use crate::code_system::header::Header;

/// What is wrong with a display.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DisplayFault {
    /// Only the blanks differ; the text says what would be right.
    Blanks(String),
    /// It is another text.
    Wrong(String),
    /// It is the system's own display, and there is none in the languages asked for.
    OtherLanguage,
}

/// Displays of a concept with their language (empty when unknown), the system's own first.
pub(crate) fn displays<'c>(header: Option<&'c Header>, concept: &'c Concept) -> Vec<(&'c str, &'c str)> {
    let language = header.map_or("", |header| header.language.as_str());
    let own = Some((concept.display.as_str(), language)).filter(|(text, _)| !text.is_empty());
    let others = concept.designations.iter().filter(|one| is_display(one));
    own.into_iter().chain(others.map(|one| (one.value.as_str(), one.language.as_str()))).collect()
}

/// True for designations that may stand as a display: all but definitions and the like.
fn is_display(designation: &Designation) -> bool {
    designation.use_code != "definition"
}

/// Compares a display with those that are right in the languages asked for.
pub(crate) fn check_display(
    given: &str,
    displays: &[(&str, &str)],
    languages: &[String],
) -> Result<(), DisplayFault> {
    let fits = |language: &str| {
        languages.is_empty()
            || language.is_empty()
            || languages.iter().any(|wanted| wanted == "*" || speaks(language, wanted))
    };
    let mut right: Vec<(&str, &str)> =
        displays.iter().copied().filter(|(_, language)| fits(language)).collect();
    let is_given = |(text, _): &(&str, &str)| text.to_lowercase() == given.to_lowercase();
    let is_other_language = right.is_empty();
    if is_other_language {
        right = displays.first().copied().into_iter().collect();
        if right.iter().any(is_given) {
            return Err(DisplayFault::OtherLanguage);
        }
    }
    if right.is_empty() || right.iter().any(is_given) {
        return Ok(());
    }
    let choices = choices(&right, languages);
    let blanks_differ = right.iter().any(|(text, _)| fold(text) == fold(given));
    Err(if blanks_differ { DisplayFault::Blanks(choices) } else { DisplayFault::Wrong(choices) })
}

/// True when a text in `language` serves one who asks for `wanted`.
pub(crate) fn speaks(language: &str, wanted: &str) -> bool {
    let base = |tag: &str| tag.split('-').next().unwrap_or_default().to_lowercase();
    language.eq_ignore_ascii_case(wanted) || (base(language) == base(wanted) && !wanted.contains('-'))
}

fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn choices(right: &[(&str, &str)], languages: &[String]) -> String {
    let one = |(text, language): &(&str, &str)| match language.is_empty() {
        true => format!("'{text}'"),
        false => format!("'{text}' ({language})"),
    };
    let mut texts: Vec<String> = right.iter().map(one).collect();
    texts.dedup();
    let for_languages = if languages.is_empty() { "--".to_owned() } else { languages.join(", ") };
    let list = match texts.as_slice() {
        [single] => single.clone(),
        [start @ .., last] => format!("one of {} choices: {} or {last}", texts.len(), start.join(", ")),
        [] => String::new(),
    };
    format!("Valid display is {list} (for the language(s) '{for_languages}')")
}
