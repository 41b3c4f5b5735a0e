//! A line that somebody typed into a form, and what is wrong with it.

/// What is wrong with a field of a form, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The name of the field.
    pub field: &'static str,
    /// What to do about it, for people.
    pub message: String,
}

impl Mistake {
    /// What is wrong with a field.
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }
}

/// The most that one line may have, in bytes.
const BYTES_MAX: usize = 1_000;

/// A line as it is kept: the space around it goes.
///
/// # Errors
/// When it is longer than a line is, or has characters that are none (FHIR forbids them in a string).
pub fn line(field: &'static str, text: &str) -> Result<String, Mistake> {
    let text = text.trim();
    if text.len() > BYTES_MAX {
        return Err(Mistake::new(
            field,
            format!("this has {BYTES_MAX} characters at most; write it shorter"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Mistake::new(field, "this has characters that cannot be shown; type it once more"));
    }
    Ok(text.to_owned())
}

/// A line that may not be empty.
///
/// # Errors
/// As [`line`], and with the remedy when it is empty.
pub fn needed(field: &'static str, text: &str, remedy: &str) -> Result<String, Mistake> {
    match line(field, text)? {
        empty if empty.is_empty() => Err(Mistake::new(field, remedy)),
        text => Ok(text),
    }
}
