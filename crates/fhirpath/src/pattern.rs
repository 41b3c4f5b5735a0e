//! Regular expressions of `matches()` and its like.

use crate::evaluation_error::EvaluationError;
use regex::{Regex, RegexBuilder};

/// Compiled size in bytes that a pattern may have.
const SIZE_LIMIT: usize = 1 << 20;

/// Compiles a pattern: `.` matches line ends too (FHIRPath `matches`), `whole` anchors it at both ends.
pub(crate) fn compile(pattern: &str, whole: bool) -> Result<Regex, EvaluationError> {
    let anchored;
    let text = if whole {
        anchored = format!("^(?:{pattern})$");
        &anchored
    } else {
        pattern
    };
    RegexBuilder::new(text)
        .dot_matches_new_line(true)
        .size_limit(SIZE_LIMIT)
        .build()
        .map_err(|failure| EvaluationError::BadPattern(format!("{pattern}: {}", brief(&failure))))
}

/// The last line of the library's message says what; the lines above draw where.
fn brief(failure: &regex::Error) -> String {
    failure.to_string().lines().last().unwrap_or_default().trim().to_owned()
}

/// Replaces all matches. `$1` and `${name}` in the substitution are groups; digits end a group's number.
pub(crate) fn replace_all(pattern: &Regex, text: &str, substitution: &str) -> String {
    let mut template = String::with_capacity(substitution.len() + 4);
    let mut rest = substitution;
    while let Some(at) = rest.find('$') {
        template.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if digits > 0 {
            template.push_str(&format!("${{{}}}", &rest[..digits]));
            rest = &rest[digits..];
        } else if rest.starts_with('{') {
            template.push('$');
        } else {
            template.push_str("$$");
        }
    }
    template.push_str(rest);
    pattern.replace_all(text, template.as_str()).into_owned()
}
