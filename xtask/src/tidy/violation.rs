//! A broken rule: where, what, and how to mend it.

use std::fmt;

/// One place that breaks a rule.
#[derive(Debug)]
pub struct Violation {
    pub path: String,
    /// Counted from 1.
    pub line: usize,
    /// The named thing inside the file, such as a function, when the file alone does not say it.
    pub item: Option<String>,
    pub message: String,
    /// What to do about it.
    pub mend: String,
}

impl Violation {
    /// A violation of the line as a whole.
    pub fn new(path: &str, line: usize, message: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, item: None, message: message.into(), mend: mend.into() }
    }

    /// How the exceptions file names the place: `path` or `path#item`.
    pub fn place(&self) -> String {
        match &self.item {
            Some(item) => format!("{}#{item}", self.path),
            None => self.path.clone(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}, {}", self.path, self.line, self.message, self.mend)
    }
}
